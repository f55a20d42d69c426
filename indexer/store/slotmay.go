package store

import (
	"bytes"
	"math"
	"strconv"

	"foghorn/pipeline/query"
)

// MayHold says whether a word that was taken out of one of a pattern's lines may be what w
// asks for, going by what the columns have in common. It is false only where none is. Where
// the lines may be anything, it is true.
func (b *Block) MayHold(pattern int, w CondWord) bool {
	l := &b.sealed.lines
	p := &l.patterns[pattern]
	if len(p.text) == 1 && p.slots == 1 {
		return true
	}
	h, textAt := &decoder{b: l.heads, off: p.heads}, p.textAt
	for range p.slots {
		c := h.column()
		if c.may(w, l.text[textAt:textAt+c.size]) {
			return true
		}
		textAt += c.size
	}
	return false
}

// may says whether a value of the column may be what w asks for; text is the column's own.
func (c *slotHead) may(w CondWord, text []byte) bool {
	var room [128]byte
	need := query.Need{Kind: query.Kind(w.Kind), Text: w.Text}
	switch c.kind {
	case slotsSame, slotsChoice:
		d := c.known
		for range c.values {
			if need.Met(query.Fold(room[:0], d.bytes(d.uvarint()))) {
				return true
			}
		}
		return false
	case slotsText:
		// The lengths between the values are no part of one; what is found may still be.
		return bytes.Contains(query.Fold(make([]byte, 0, len(text)), text), []byte(w.Text))
	case slotsHex:
		return c.packedMay(w, int(c.digits), int(c.digits), func(b byte) bool { return hexDigit[b] < 16 })
	}
	if w.Kind == Whole && !c.inRange(w.Text) {
		return false
	}
	least, most := 1, maxDigits
	if c.digits > 0 {
		least, most = int(c.digits), int(c.digits)
	}
	return c.packedMay(w, least, most, func(b byte) bool { return b-'0' < 10 })
}

// packedMay says whether a word made of the column's prefix, least to most digits, and its
// suffix, may be what w asks for: if Text is the prefix's or the suffix's, or a piece of
// the prefix, digits, and a piece of the suffix.
func (c *slotHead) packedMay(w CondWord, least, most int, digit func(byte) bool) bool {
	prefix, suffix := query.Fold(nil, c.prefix), query.Fold(nil, c.suffix)
	text := []byte(w.Text)
	start, end := w.Kind == Whole || w.Kind == Prefix, w.Kind == Whole || w.Kind == Suffix
	switch {
	case !end && start && bytes.HasPrefix(prefix, text), !start && end && bytes.HasSuffix(suffix, text):
		return true
	case !end && !start && (bytes.Contains(prefix, text) || bytes.Contains(suffix, text)):
		return true
	}
	for i := range text {
		if a := text[:i]; start && !bytes.Equal(prefix, a) || !bytes.HasSuffix(prefix, a) {
			continue
		}
		for j := i; j < len(text) && j-i < most && digit(text[j]); j++ {
			b := text[j+1:]
			if end && !bytes.Equal(suffix, b) || !bytes.HasPrefix(suffix, b) {
				continue
			}
			// Between ends that are there, all digits are.
			if all := (start || i > 0) && (end || len(b) > 0); !all || j+1-i >= least {
				return true
			}
		}
	}
	return false
}

// inRange says whether a whole word may be a number of the column, going by its value.
func (c *slotHead) inRange(word string) bool {
	prefix, suffix := len(query.Fold(nil, c.prefix)), len(query.Fold(nil, c.suffix))
	if c.kind != slotsNumber || len(word) <= prefix+suffix || c.width >= 64 {
		return true
	}
	n, err := strconv.ParseUint(word[prefix:len(word)-suffix], 10, 64)
	most := uint64(math.MaxUint64)
	if room := uint64(1)<<c.width - 1; c.base <= most-room {
		most = c.base + room
	}
	return err != nil || n >= c.base && n <= most
}
