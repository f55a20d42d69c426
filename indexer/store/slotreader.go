package store

import (
	"encoding/binary"
	"strconv"
)

// slotReader gives back the values of a column of slots, one after the other.
type slotReader struct {
	kind           byte
	digits, width  uint8 // of slotsNumber and slotsDelta; digits of slotsHex
	prefix, suffix []byte
	base           uint64
	step           int64
	started        bool
	known          [][]byte // of slotsSame, slotsChoice and slotsText
	choices        []byte
	text           decoder
	at             int // in packed: the next bit; of slotsHex the next byte
}

// lineSections are where columns of slots read from.
type lineSections struct {
	heads, text, choices decoder
	packed               []byte // and eight bytes more
	packedEnd            int    // how much of it columns have taken
}

// column reads the head of a column of rows values.
func (s *lineSections) column(rows int) slotReader {
	h := &s.heads
	c := slotReader{}
	if k := h.bytes(1); k != nil {
		c.kind = k[0]
	}
	switch c.kind {
	case slotsSame:
		c.known = [][]byte{h.bytes(h.uvarint())}
	case slotsChoice:
		n := h.bytes(1)
		if n == nil {
			return c
		}
		c.known = make([][]byte, n[0])
		for i := range c.known {
			c.known[i] = h.bytes(h.uvarint())
		}
		c.choices = s.choices.bytes(uint64(rows))
	case slotsText:
		c.text.b = s.text.bytes(h.uvarint())
	case slotsNumber, slotsDelta, slotsHex:
		c.prefix, c.suffix = h.bytes(h.uvarint()), h.bytes(h.uvarint())
		b := h.bytes(1)
		if b == nil {
			return c
		}
		if c.digits = b[0]; c.kind == slotsHex {
			c.at = s.take(rows * ((int(c.digits) + 1) / 2))
			return c
		}
		if b = h.bytes(1); b == nil {
			return c
		}
		if c.width = b[0]; c.width > 64 || c.digits > maxDigits {
			h.fail("impossible width of numbers")
			return c
		}
		c.base = h.uvarint()
		if c.kind == slotsDelta {
			c.step = h.varint()
			rows--
		}
		c.at = s.take((rows*int(c.width)+7)/8) * 8
	default:
		h.fail("unknown kind of column")
	}
	return c
}

// take returns where the next n packed bytes are.
func (s *lineSections) take(n int) int {
	at := s.packedEnd
	if n < 0 || n > len(s.packed)-packedRoom-at {
		s.heads.fail("packed numbers are cut")
		return 0
	}
	s.packedEnd += n
	return at
}

// packedRoom is how many bytes stand behind the packed numbers, for reading them by eights.
const packedRoom = 8

// bits reads a number of c.width bits.
func (c *slotReader) bits(packed []byte) uint64 {
	w := int(c.width)
	i, shift := c.at/8, c.at%8
	c.at += w
	v := binary.LittleEndian.Uint64(packed[i:]) >> shift
	if shift+w > 64 {
		v |= uint64(packed[i+8]) << (64 - shift)
	}
	if w < 64 {
		v &= 1<<w - 1
	}
	return v
}

const hexText = "0123456789abcdef"

// next appends the next value to dst. What cannot be told fails s.heads.
func (c *slotReader) next(dst []byte, s *lineSections) []byte {
	switch c.kind {
	case slotsSame:
		return append(dst, c.known[0]...)
	case slotsChoice:
		i := int(c.choices[0])
		c.choices = c.choices[1:]
		if i >= len(c.known) {
			s.heads.fail("choice beyond the values")
			return dst
		}
		return append(dst, c.known[i]...)
	case slotsText:
		ref := c.text.uvarint()
		if ref == 0 {
			c.known = append(c.known, c.text.bytes(c.text.uvarint()))
			ref = uint64(len(c.known))
		}
		if ref > uint64(len(c.known)) || c.text.err != nil {
			s.heads.fail("reference beyond the values")
			return dst
		}
		return append(dst, c.known[ref-1]...)
	case slotsHex:
		dst = append(dst, c.prefix...)
		for n := c.digits; n > 0; {
			b := s.packed[c.at]
			c.at++
			dst = append(dst, hexText[b>>4])
			if n--; n > 0 {
				dst = append(dst, hexText[b&15])
				n--
			}
		}
		return append(dst, c.suffix...)
	}
	dst = append(dst, c.prefix...)
	n := c.base
	if c.kind == slotsNumber {
		n += c.bits(s.packed)
	} else if c.started {
		c.base = uint64(int64(c.base) + c.step + int64(c.bits(s.packed)))
		n = c.base
	}
	c.started = true
	start := len(dst)
	dst = strconv.AppendUint(dst, n, 10)
	for k := int(c.digits) - (len(dst) - start); k > 0; k-- {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = '0'
	}
	return append(dst, c.suffix...)
}
