package query

import "bytes"

// literalSet finds any of many texts in one pass over a line: it looks at width bytes at a
// time, in a bit set first, and compares only the texts that start with them.
type literalSet struct {
	width  int
	bits   [1 << 10]uint64
	starts map[uint32][][]byte
	always bool // one of the texts is empty
}

// manyLiterals is from how many texts on one pass with a set beats a search for each.
const manyLiterals = 8

func newLiteralSet(texts []string, fold bool) *literalSet {
	s := &literalSet{width: 4, starts: make(map[uint32][][]byte)}
	for _, t := range texts {
		s.width = min(s.width, len(t))
	}
	if s.width == 0 {
		s.always = true
		return s
	}
	for _, t := range texts {
		b := []byte(t)
		if fold {
			b = Fold(nil, b)
		}
		key := s.key(b)
		h := key * 0x9E3779B1 >> 16
		s.bits[h>>6] |= 1 << (h & 63)
		s.starts[key] = append(s.starts[key], b)
	}
	return s
}

func (s *literalSet) key(b []byte) uint32 {
	switch s.width {
	case 4:
		return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	case 3:
		return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
	case 2:
		return uint32(b[0]) | uint32(b[1])<<8
	}
	return uint32(b[0])
}

// in reports whether text holds one of the set's texts, as whole words if words.
func (s *literalSet) in(text []byte, words bool) bool {
	if s.always {
		return !words
	}
	for i := 0; i+s.width <= len(text); i++ {
		key := s.key(text[i:])
		h := key * 0x9E3779B1 >> 16
		if s.bits[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, t := range s.starts[key] {
			if bytes.HasPrefix(text[i:], t) && (!words || !wordBefore(text, i) && !wordAt(text, i+len(t))) {
				return true
			}
		}
	}
	return false
}

// findSet looks for one of many texts, or of many words in any case.
type findSet struct {
	set   *literalSet
	words bool
}

func (f findSet) match(l *line) bool {
	if f.words {
		return f.set.in(l.fold(), true)
	}
	return f.set.in(l.body, false)
}

func (findSet) cost() int { return 8 }
