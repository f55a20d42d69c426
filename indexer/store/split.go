package store

import (
	"bytes"
	"encoding/binary"
	"math/bits"

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
	// A bit per byte of the line: part of a word, digit.
	words, digits []uint64
}

// split fills pattern and slots, which are valid until the next call.
func (s *splitter) split(line []byte) {
	s.slots, s.pattern = s.slots[:0], s.pattern[:0]
	if !s.classify(line) {
		s.splitText(line)
		return
	}
	last := 0
	for at := nextBit(s.digits, 0, 0); at < len(line) && len(s.slots) < maxSlots; {
		start, end := wordStart(s.words, at), nextBit(s.words, at, ^uint64(0))
		s.pattern = append(append(s.pattern, line[last:start]...), slotMark)
		s.slots = append(s.slots, span{uint32(start), uint32(end)})
		last, at = end, nextBit(s.digits, end, 0)
	}
	s.pattern = append(s.pattern, line[last:]...)
}

// classify fills words and digits. It is false where the line holds bytes that query.Words
// must look at, or slotMark.
func (s *splitter) classify(line []byte) bool {
	s.words, s.digits = s.words[:0], s.digits[:0]
	for len(line) > 0 {
		var word, digit uint64
		n := min(64, len(line))
		for i := 0; i < n; i += 8 {
			var x uint64
			if rest := line[i:]; len(rest) >= 8 {
				x = binary.LittleEndian.Uint64(rest)
			} else {
				b := [8]byte{' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}
				copy(b[:], rest)
				x = binary.LittleEndian.Uint64(b[:])
			}
			w, d, plain := classes(x)
			if !plain {
				return false
			}
			word |= w << i
			digit |= d << i
		}
		s.words, s.digits = append(s.words, word), append(s.digits, digit)
		line = line[n:]
	}
	return true
}

// Eight bytes at once: each of them, and its highest bit.
const (
	each    = 0x0101010101010101
	highest = 0x80 * each
)

// classes tells of eight bytes which are letters, digits or underscores, and which digits,
// a bit for each; plain says that all are ASCII and none is slotMark. A byte below 0x80
// is n or more when its sum with 0x80-n has the highest bit.
func classes(x uint64) (word, digit uint64, plain bool) {
	if (x|(x-each)&^x)&highest != 0 {
		return 0, 0, false
	}
	small := x | 0x20*each
	d := (x + (0x80-'0')*each) &^ (x + (0x80-'9'-1)*each)
	w := d | (small+(0x80-'a')*each)&^(small+(0x80-'z'-1)*each) | ^(x ^ '_'*each + 0x7f*each)
	return gather(w), gather(d), true
}

// gather returns the highest bits of eight bytes as a byte.
func gather(x uint64) uint64 { return (x & highest >> 7) * 0x0102040810204080 >> 56 }

// nextBit returns the place of the first bit at or after from that is set in mask, or, with
// all ones as flip, that is not; where there is none, a place behind the mask.
func nextBit(mask []uint64, from int, flip uint64) int {
	i := from / 64
	if i >= len(mask) {
		return 64 * len(mask)
	}
	m := (mask[i] ^ flip) >> (from % 64) << (from % 64)
	for m == 0 {
		if i++; i == len(mask) {
			return 64 * i
		}
		m = mask[i] ^ flip
	}
	return 64*i + bits.TrailingZeros64(m)
}

// wordStart returns where the word that at is a part of begins.
func wordStart(words []uint64, at int) int {
	i := at / 64
	m := ^words[i] << (63 - at%64)
	if m != 0 {
		return at + 1 - bits.LeadingZeros64(m)
	}
	for i--; i >= 0; i-- {
		if m = ^words[i]; m != 0 {
			return 64*(i+1) - bits.LeadingZeros64(m)
		}
	}
	return 0
}

// splitText splits a line that is not all ASCII.
func (s *splitter) splitText(line []byte) {
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
