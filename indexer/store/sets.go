package store

import "github.com/cespare/xxhash/v2"

// keySet is a set of hashes. They are kept in bags by some of their bits, with repetitions,
// and each bag's are made unique by a table small enough for the processor's first cache:
// one table for all would be looked up in memory for each hash. The hashes that came last
// are remembered, since most come again soon.
type keySet struct {
	recent [1 << 10]uint64
	bags   [keyBags][]uint64
	full   [keyBags]int // when a bag has so many, it is made unique
	table  []uint64
}

const (
	keyBags   = 64
	bagAtOnce = 4096
)

func (s *keySet) reset() {
	clear(s.recent[:])
	for i := range s.bags {
		s.bags[i], s.full[i] = s.bags[i][:0], bagAtOnce
	}
}

func (s *keySet) add(h uint64) {
	last := &s.recent[h>>32&(1<<10-1)]
	if *last == h && h != 0 {
		return
	}
	*last = h
	n := h >> 48 & (keyBags - 1)
	bag := append(s.bags[n], h)
	s.bags[n] = bag
	if len(bag) >= s.full[n] {
		s.bags[n] = s.unique(bag)
		s.full[n] = max(bagAtOnce, 2*len(s.bags[n]))
	}
}

// unique drops the repetitions of a bag.
func (s *keySet) unique(bag []uint64) []uint64 {
	size := 64
	for size < 2*len(bag) {
		size *= 2
	}
	if len(s.table) < size {
		s.table = make([]uint64, size)
	}
	table := s.table[:size]
	clear(table)
	mask := uint64(size - 1)
	out, zero := bag[:0], false
next:
	for _, h := range bag {
		if h == 0 {
			if !zero {
				zero, out = true, append(out, 0)
			}
			continue
		}
		i := h & mask
		for ; table[i] != 0; i = (i + 1) & mask {
			if table[i] == h {
				continue next
			}
		}
		table[i], out = h, append(out, h)
	}
	return out
}

// list appends the hashes to dst, each once.
func (s *keySet) list(dst []uint64) []uint64 {
	for n, bag := range s.bags {
		s.bags[n] = s.unique(bag)
		dst = append(dst, s.bags[n]...)
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
