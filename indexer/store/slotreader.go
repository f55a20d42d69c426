package store

import (
	"encoding/binary"
	"strconv"
)

// slotHead is the head of a column of slots.
type slotHead struct {
	kind           byte
	digits, width  uint8 // of slotsNumber and slotsDelta; digits of slotsHex
	prefix, suffix []byte
	base           uint64
	step           int64
	known          decoder // at the values of slotsSame and slotsChoice ...
	values         int     // ... and how many they are
	size           int     // bytes of text
}

// column reads the head of a column.
func (d *decoder) column() slotHead {
	var c slotHead
	if k := d.bytes(1); k != nil {
		c.kind = k[0]
	}
	switch c.kind {
	case slotsSame, slotsChoice:
		c.values = 1
		if c.kind == slotsChoice {
			c.values = int(d.byte())
		}
		c.known = *d
		for range c.values {
			d.bytes(d.uvarint())
		}
	case slotsText:
		if n := d.uvarint(); n <= maxGroup {
			c.size = int(n)
		} else {
			d.fail("impossible size of text")
		}
	case slotsNumber, slotsDelta, slotsHex:
		c.prefix, c.suffix = d.bytes(d.uvarint()), d.bytes(d.uvarint())
		if c.digits = d.byte(); c.kind == slotsHex {
			break
		}
		if c.width = d.byte(); c.width > 64 || c.digits > maxDigits {
			d.fail("impossible width of numbers")
			break
		}
		if c.base = d.uvarint(); c.kind == slotsDelta {
			c.step = d.varint()
		}
	default:
		d.fail("unknown kind of column")
	}
	return c
}

// packedSize is how many bytes a column of rows values takes of the packed numbers.
func (c *slotHead) packedSize(rows int) int {
	switch c.kind {
	case slotsHex:
		return rows * ((int(c.digits) + 1) / 2)
	case slotsDelta:
		rows--
	}
	return (rows*int(c.width) + 7) / 8
}

// most is about how long the values are, or a little more.
func (c *slotReader) most(rows int) int {
	switch n := len(c.prefix) + len(c.suffix); c.kind {
	case slotsSame, slotsChoice:
		for _, k := range c.known {
			n = max(n, len(k))
		}
		return n
	case slotsText:
		return c.size/rows + 1
	case slotsHex:
		return n + int(c.digits)
	default:
		last := c.base
		if c.width < 64 {
			last += 1<<c.width - 1
		}
		return n + max(int(c.digits), len(strconv.FormatUint(last, 10)))
	}
}

// slotReader gives back the values of a column of slots, one after the other.
type slotReader struct {
	slotHead
	started bool
	known   [][]byte // of slotsSame, slotsChoice and slotsText
	choices []byte
	text    decoder
	at      int // in packed: the next bit; of slotsHex the next byte
}

// lineSections are where columns of slots read from.
type lineSections struct {
	heads, text, choices decoder
	packed               []byte // and eight bytes more
	packedEnd            int    // how much of it columns have taken
}

func (s *lineSections) err() error {
	if s.heads.err == nil && (s.text.err != nil || s.choices.err != nil) {
		s.heads.fail("short columns")
	}
	return s.heads.err
}

// column makes the next column of rows values readable.
func (s *lineSections) column(rows int) slotReader {
	c := slotReader{slotHead: s.heads.column()}
	switch c.kind {
	case slotsSame, slotsChoice:
		known := c.slotHead.known
		c.known = make([][]byte, c.values)
		for i := range c.known {
			c.known[i] = known.bytes(known.uvarint())
		}
		if c.kind == slotsChoice {
			c.choices = s.choices.bytes(uint64(rows))
		}
	case slotsText:
		c.text.b = s.text.bytes(uint64(c.size))
	case slotsHex:
		c.at = s.take(c.packedSize(rows))
	default:
		c.at = s.take(c.packedSize(rows)) * 8
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

// alike returns the length of all values, or -1.
func (c *slotReader) alike() int {
	n := len(c.prefix) + len(c.suffix)
	switch {
	case c.kind == slotsSame:
		return len(c.known[0])
	case c.kind == slotsHex, c.kind == slotsNumber && c.digits > 0, c.kind == slotsDelta && c.digits > 0:
		return n + int(c.digits)
	}
	return -1
}

// skip is next for the length of the value alone.
func (c *slotReader) skip(s *lineSections) int {
	if c.kind != slotsNumber && c.kind != slotsDelta {
		var room [64]byte
		return len(c.next(room[:0], s))
	}
	n, digits := c.number(s), 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return len(c.prefix) + digits + len(c.suffix)
}

// number is the next number.
func (c *slotReader) number(s *lineSections) uint64 {
	n := c.base
	if c.kind == slotsNumber {
		n += c.bits(s.packed)
	} else if c.started {
		c.base = uint64(int64(c.base) + c.step + int64(c.bits(s.packed)))
		n = c.base
	}
	c.started = true
	return n
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
	n, start := c.number(s), len(dst)
	dst = strconv.AppendUint(dst, n, 10)
	for k := int(c.digits) - (len(dst) - start); k > 0; k-- {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = '0'
	}
	return append(dst, c.suffix...)
}
