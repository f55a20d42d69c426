package store

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"foghorn/pipeline/query"
)

// Retention bounds what is kept. The zero value keeps all.
//
// Time and size count days of indexing: the day on which a line was committed, in UTC. The
// day in use is always kept.
type Retention struct {
	// RetainAge is how long a day is kept after its end; 0 is without bound.
	RetainAge time.Duration
	// RetainBytes is how large the store may become on disk before its oldest days go, with
	// all lines that are left in them; 0 is without bound. What RetainAge takes goes first.
	RetainBytes int64
	// RetainKeep tells which lines outlive RetainAge: those that match a rule whose own age
	// has not passed. When all have passed, or no line matches, the day goes whole.
	RetainKeep []KeepRule
}

// KeepRule keeps the lines of events that match Query until their day has ended Age ago;
// 0 is without bound. An event of several lines stays or goes as a whole.
type KeepRule struct {
	Query query.Node
	Age   time.Duration
}

// Validate reports every fault.
func (r *Retention) Validate() error { return errors.Join(r.faults()...) }

func (r *Retention) faults() (errs []error) {
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(r.RetainAge >= 0, "store: retain age: %s is negative", r.RetainAge)
	bad(r.RetainBytes >= 0, "store: retain bytes: %d is negative", r.RetainBytes)
	bad(len(r.RetainKeep) == 0 || r.RetainAge != 0, "store: retain keep: all lines are kept without retain age")
	for i, k := range r.RetainKeep {
		bad(k.Query != nil, "store: retain keep %d: no query", i)
		bad(k.Age == 0 || k.Age > r.RetainAge, "store: retain keep %d: age: %s is not more than retain age, %s", i, k.Age, r.RetainAge)
	}
	return errs
}

// SetRetention changes what is kept, from the next check on. What is gone does not come back.
func (s *Store) SetRetention(r Retention) error {
	if err := r.Validate(); err != nil {
		return err
	}
	r.RetainKeep = slices.Clone(r.RetainKeep)
	s.mu.Lock()
	s.retention = r
	s.changes++
	s.thinFault = nil
	s.mu.Unlock()
	s.mergeSoon()
	return nil
}

// ended says that a day of indexing ended an age ago, or longer; never of a bad name.
func ended(day string, age time.Duration, now time.Time) bool {
	start, err := time.Parse(time.DateOnly, day)
	return err == nil && now.Sub(start.AddDate(0, 0, 1)) >= age
}

// due says that not all lines of a day are kept any more.
func (r *Retention) due(day string, now time.Time) bool {
	return r.RetainAge > 0 && ended(day, r.RetainAge, now)
}

// inForce lists the rules that still keep lines of a day.
func (r *Retention) inForce(day string, now time.Time) (rules []KeepRule) {
	for _, k := range r.RetainKeep {
		if k.Age == 0 || !ended(day, k.Age, now) {
			rules = append(rules, k)
		}
	}
	return rules
}

// longest is the longest of the ages that have an end.
func (r *Retention) longest() time.Duration {
	age := r.RetainAge
	for _, k := range r.RetainKeep {
		age = max(age, k.Age)
	}
	return age
}

// textsOf are the queries of rules, as a segment's footer has them.
func textsOf(rules []KeepRule) []string {
	texts := make([]string, 0, len(rules))
	for _, k := range rules {
		texts = append(texts, k.Query.String())
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// keptBy says that all lines that are left in a segment match one of some queries. Its
// footer's Keep has a list of queries for each time that it was thinned: what is left matched
// one of each.
func (f *footer) keptBy(texts []string) bool {
	if len(f.Keep) == 0 {
		return f.Rows == 0
	}
	return slices.ContainsFunc(f.Keep, func(queries []string) bool { return within(queries, texts) })
}

// thinnedTo returns Keep when what is left is thinned to what matches one of some queries;
// lists that say less than that are left out.
func thinnedTo(keep [][]string, texts []string) [][]string {
	keep = slices.DeleteFunc(slices.Clone(keep), func(queries []string) bool { return within(texts, queries) })
	return append(keep, texts)
}

// within says that all of some texts are among others.
func within(some, others []string) bool {
	for _, s := range some {
		if !slices.Contains(others, s) {
			return false
		}
	}
	return true
}
