package rules

import (
	"fmt"
	"sort"
	"sync/atomic"
	"time"
)

// Set is a set of rules with unique ids. It is immutable.
type Set struct {
	rules []*Rule
	byID  map[string]*Rule
}

// NewSet returns a set of rules, ordered by id. Two rules with one id are an error that
// names both places.
func NewSet(list ...*Rule) (*Set, error) {
	s := &Set{byID: make(map[string]*Rule, len(list))}
	for _, r := range list {
		if other, ok := s.byID[r.ID]; ok {
			return nil, fmt.Errorf("%s:%d: rule id %q is taken by the rule at %s:%d", r.File, r.Line, r.ID, other.File, other.Line)
		}
		s.byID[r.ID] = r
		s.rules = append(s.rules, r)
	}
	sort.Slice(s.rules, func(i, j int) bool { return s.rules[i].ID < s.rules[j].ID })
	return s, nil
}

// Rules returns the rules ordered by id; none for a nil Set. The slice must not be
// changed.
func (s *Set) Rules() []*Rule {
	if s == nil {
		return nil
	}
	return s.rules
}

// ByID returns a rule, or nil.
func (s *Set) ByID(id string) *Rule { return s.byID[id] }

// Memory returns how long an event can matter to any rule of the set, lateness aside: the
// longest of window plus keep-firing time.
func (s *Set) Memory() time.Duration {
	var longest time.Duration
	for _, r := range s.rules {
		longest = max(longest, r.Window+r.KeepFiring)
	}
	return longest
}

// Live holds the set in force and lets it be swapped while others read it. Use NewLive.
type Live struct{ set atomic.Pointer[Set] }

// NewLive returns a Live that holds set.
func NewLive(set *Set) *Live {
	l := &Live{}
	l.set.Store(set)
	return l
}

// Load returns the set in force.
func (l *Live) Load() *Set { return l.set.Load() }

// Swap puts another set in force; readers see it with their next batch.
func (l *Live) Swap(set *Set) { l.set.Store(set) }
