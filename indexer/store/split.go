package store

import (
	"bytes"

	"foghorn/pipeline/query"
)

// maxSlots bounds the words that are taken out of a line; the rest of them stay in its
// pattern.
const maxSlots = 250

// slotMark stands in a pattern where a word was.
const slotMark = 0

// span is a part of a line.
type span struct{ start, end uint32 }

// splitter takes lines apart: the words that hold a digit (what changes from line to line),
// and the pattern that is left, with slotMark in each one's place. Words are those of
// query.Words, so the words of a pattern are the line's words without digits. A line that
// holds slotMark itself is one slot.
type splitter struct {
	pattern []byte
	slots   []span
}

// Classes of a line's bytes.
const (
	classOther = iota
	classLetter
	classDigit
	classHigh // part of a character that query.Words must look at, or slotMark
)

var splitClass = splitClasses()

func splitClasses() (t [256]uint8) {
	for b := range t {
		switch {
		case b >= 0x80, b == slotMark:
			t[b] = classHigh
		case '0' <= b && b <= '9':
			t[b] = classDigit
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_':
			t[b] = classLetter
		}
	}
	return t
}

// split fills pattern and slots, which are valid until the next call.
func (s *splitter) split(line []byte) {
	s.slots, s.pattern = s.slots[:0], s.pattern[:0]
	last := 0
	for i := 0; i < len(line); {
		class := splitClass[line[i]]
		if class == classOther {
			i++
			continue
		}
		start, digit := i, false
		for class == classLetter || class == classDigit {
			digit = digit || class == classDigit
			if i++; i == len(line) {
				break
			}
			class = splitClass[line[i]]
		}
		if class == classHigh {
			s.splitText(line)
			return
		}
		if digit && len(s.slots) < maxSlots {
			s.pattern = append(append(s.pattern, line[last:start]...), slotMark)
			s.slots = append(s.slots, span{uint32(start), uint32(i)})
			last = i
		}
	}
	s.pattern = append(s.pattern, line[last:]...)
}

// splitText splits a line that is not all ASCII.
func (s *splitter) splitText(line []byte) {
	s.slots, s.pattern = s.slots[:0], s.pattern[:0]
	if bytes.IndexByte(line, slotMark) >= 0 {
		s.pattern = append(s.pattern, slotMark)
		s.slots = append(s.slots, span{0, uint32(len(line))})
		return
	}
	last := 0
	query.Words(line, func(start, end int) bool {
		if !bytes.ContainsAny(line[start:end], "0123456789") {
			return true
		}
		s.pattern = append(append(s.pattern, line[last:start]...), slotMark)
		s.slots = append(s.slots, span{uint32(start), uint32(end)})
		last = end
		return len(s.slots) < maxSlots
	})
	s.pattern = append(s.pattern, line[last:]...)
}
