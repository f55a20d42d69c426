package redact

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
)

// Redactor applies rules. It may be used by any number of goroutines at once.
type Redactor struct {
	rules []counted
}

type counted struct {
	name  string
	steps []step
	found *atomic.Int64
}

// step replaces what it finds in a line without line feeds. With no finds it returns the
// line itself.
type step interface {
	apply(line []byte) (out []byte, found int)
}

// New returns a Redactor for rules, or all that is wrong with them. Two rules of one name
// are counted apart. No rules make a Redactor that leaves every line as it is.
func New(rules []Rule) (*Redactor, error) {
	r := &Redactor{}
	var errs []error
	for i := range rules {
		rule := &rules[i]
		if err := rule.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("redact[%d]: %w", i, err))
			continue
		}
		steps, err := stepsOf(rule)
		if err != nil {
			errs = append(errs, fmt.Errorf("redact[%d]: %w", i, err))
			continue
		}
		r.rules = append(r.rules, counted{rule.Name, steps, new(atomic.Int64)})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return r, nil
}

func stepsOf(r *Rule) ([]step, error) {
	if r.Pattern != "" {
		replace := r.Replace
		if replace == "" {
			replace = "<" + r.Name + ">"
		}
		p, err := newPattern(r.Pattern, replace, nil)
		return []step{p}, err
	}
	switch r.Name {
	case "email":
		return []step{email{}}, nil
	case "card":
		return []step{card{}}, nil
	case "ipv4":
		return []step{ipv4{}}, nil
	case "bearer":
		return patterns(bearer)
	default:
		return patterns(password)
	}
}

// Line returns raw with all finds replaced, in memory of its own, or raw itself when there
// are none. raw may hold several lines joined by line feeds. A nil Redactor finds nothing.
func (r *Redactor) Line(raw []byte) []byte {
	if r == nil || len(r.rules) == 0 {
		return raw
	}
	if i := bytes.IndexByte(raw, '\n'); i >= 0 {
		return r.lines(raw, i)
	}
	for i := range r.rules {
		c := &r.rules[i]
		for _, s := range c.steps {
			var n int
			if raw, n = s.apply(raw); n > 0 {
				c.found.Add(int64(n))
			}
		}
	}
	return raw
}

// lines treats each line alone; the first line feed is at i.
func (r *Redactor) lines(raw []byte, i int) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/8)
	rest, same := raw, true
	for ; i >= 0; i = bytes.IndexByte(rest, '\n') {
		line := r.Line(rest[:i:i])
		same = same && equal(line, rest[:i])
		out = append(append(out, line...), '\n')
		rest = rest[i+1:]
	}
	line := r.Line(rest)
	if same && equal(line, rest) {
		return raw
	}
	return append(out, line...)
}

// equal says whether a is b: a line without finds is the same slice.
func equal(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// Count is how often a rule has replaced something.
type Count struct {
	Rule  string
	Found int64
}

// Counts tells of each rule, in the order of the rules.
func (r *Redactor) Counts() []Count {
	if r == nil {
		return nil
	}
	out := make([]Count, len(r.rules))
	for i, c := range r.rules {
		out[i] = Count{c.name, c.found.Load()}
	}
	return out
}
