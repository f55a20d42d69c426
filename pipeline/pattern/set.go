package pattern

import (
	"sync/atomic"
)

// Set is what pattern files define. It is immutable; a nil Set is empty.
type Set struct {
	grok     *Grok
	formats  []*Format
	revision uint64
}

// Grok returns the named patterns, with the known ones behind them.
func (s *Set) Grok() *Grok {
	if s == nil {
		return nil
	}
	return s.grok
}

// Formats returns the formats in the order in which they are tried: by file, and as they
// stand in it. The slice must not be changed.
func (s *Set) Formats() []*Format {
	if s == nil {
		return nil
	}
	return s.formats
}

// Format returns the format of a name, or nil.
func (s *Set) Format(name string) *Format {
	for _, f := range s.Formats() {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Names returns how many named patterns of one's own there are.
func (s *Set) Names() int {
	if s == nil {
		return 0
	}
	return len(s.grok.own)
}

// Revision is a hash of the files as written.
func (s *Set) Revision() uint64 {
	if s == nil {
		return 0
	}
	return s.revision
}

// Live holds the set in force and lets it be swapped while others read it. The zero
// value, and nil, hold an empty set.
type Live struct{ set atomic.Pointer[Set] }

// NewLive returns a Live that holds set.
func NewLive(set *Set) *Live {
	l := &Live{}
	l.set.Store(set)
	return l
}

// Load returns the set in force, which may be nil.
func (l *Live) Load() *Set {
	if l == nil {
		return nil
	}
	return l.set.Load()
}

// Swap puts another set in force; readers see it with their next line.
func (l *Live) Swap(set *Set) { l.set.Store(set) }
