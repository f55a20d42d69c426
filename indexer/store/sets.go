package store

import "github.com/cespare/xxhash/v2"

// keySet is a set of hashes in a table of open addressing. The hashes that came last are
// kept in a small table too, since most come again soon.
type keySet struct {
	recent [1 << 10]uint64
	table  []uint64
	n      int
	zero   bool
}

func (s *keySet) reset() {
	clear(s.recent[:])
	clear(s.table)
	s.n, s.zero = 0, false
}

// add reports whether h is new.
func (s *keySet) add(h uint64) bool {
	if h == 0 {
		fresh := !s.zero
		s.zero = true
		return fresh
	}
	last := &s.recent[h>>32&(1<<10-1)]
	if *last == h {
		return false
	}
	*last = h
	if 2*s.n >= len(s.table) {
		s.grow()
	}
	mask := uint64(len(s.table) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.table[i] {
		case h:
			return false
		case 0:
			s.table[i] = h
			s.n++
			return true
		}
	}
}

func (s *keySet) grow() {
	old := s.table
	s.table = make([]uint64, max(1024, 2*len(old)))
	mask := uint64(len(s.table) - 1)
	for _, h := range old {
		if h == 0 {
			continue
		}
		i := h & mask
		for s.table[i] != 0 {
			i = (i + 1) & mask
		}
		s.table[i] = h
	}
}

// list appends the hashes to dst.
func (s *keySet) list(dst []uint64) []uint64 {
	for _, h := range s.table {
		if h != 0 {
			dst = append(dst, h)
		}
	}
	if s.zero {
		dst = append(dst, 0)
	}
	return dst
}

// interner keeps one string per distinct text and remembers in which block it was last
// seen.
type interner struct {
	table   []uint32 // index into entries, plus 1
	entries []internEntry
}

type internEntry struct {
	hash uint64
	text string
	seen uint32
}

func (t *interner) reset() {
	clear(t.table)
	clear(t.entries)
	t.entries = t.entries[:0]
}

// intern returns the string equal to b, and whether this block had it not before.
func (t *interner) intern(b []byte, block uint32) (string, bool) {
	if 2*len(t.entries) >= len(t.table) {
		t.grow()
	}
	h := xxhash.Sum64(b)
	mask := uint64(len(t.table) - 1)
	i := h & mask
	for ; t.table[i] != 0; i = (i + 1) & mask {
		e := &t.entries[t.table[i]-1]
		if e.hash == h && e.text == string(b) {
			if e.seen == block {
				return e.text, false
			}
			e.seen = block
			return e.text, true
		}
	}
	t.entries = append(t.entries, internEntry{hash: h, text: string(b), seen: block})
	t.table[i] = uint32(len(t.entries))
	return t.entries[len(t.entries)-1].text, true
}

func (t *interner) grow() {
	t.table = make([]uint32, max(4096, 2*len(t.table)))
	mask := uint64(len(t.table) - 1)
	for n := range t.entries {
		i := t.entries[n].hash & mask
		for t.table[i] != 0 {
			i = (i + 1) & mask
		}
		t.table[i] = uint32(n + 1)
	}
}
