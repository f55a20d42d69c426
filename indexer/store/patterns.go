package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// lineWriter encodes the lines of a block, see FORMAT.md: each as the number of its pattern,
// and the words that are taken out in columns, a column per slot of a pattern. The values
// of one slot are alike, so that numbers are packed as numbers.
type lineWriter struct {
	splitter
	table    []uint32 // by hash: number of the pattern, plus 1
	patterns []pattern
	texts    []byte // of the patterns
	rows     []lineRow
	words    []byte // that were taken out of the rows, one after the other
	ends     []uint32
	bytes    uint64

	order  []uint32 // rows, by pattern
	rank   []uint32 // of the patterns, by how many lines they have
	values [][]byte
	column columnEncoder
}

// pattern is what lines have in common.
type pattern struct {
	hash       uint64
	start, end uint32 // of its text in texts
	slots      int
	rows       int
	number     uint32 // its rank: the more lines, the smaller
	first      int    // of its rows in order
	layout     uint32 // the newest of its layouts, plus 1, see layoutWriter
	used       uint32 // that of its last row, plus 1
}

// slotKind says what the values of a column of slots are.
type slotKind uint8

const (
	slotWord   slotKind = iota // words
	slotDigits                 // words of digits alone
	slotText                   // whole lines, maybe of many words
)

// lineRow is a line of the block.
type lineRow struct {
	pattern uint32
	slots   uint32 // number of its first
}

func (w *lineWriter) reset() {
	clear(w.table)
	w.patterns, w.texts, w.rows, w.bytes = w.patterns[:0], w.texts[:0], w.rows[:0], 0
	w.words, w.ends = w.words[:0], append(w.ends[:0], 0)
}

// add takes the next line and returns its pattern. Its slots are in slots until the next
// call.
func (w *lineWriter) add(body []byte) uint32 {
	w.split(body)
	p := w.find()
	w.patterns[p].rows++
	w.rows = append(w.rows, lineRow{p, uint32(len(w.ends) - 1)})
	for _, s := range w.slots {
		w.words = append(w.words, body[s.start:s.end]...)
		w.ends = append(w.ends, uint32(len(w.words)))
	}
	w.bytes += uint64(len(body))
	return p
}

func (w *lineWriter) find() uint32 {
	if 2*len(w.patterns) >= len(w.table) {
		w.grow()
	}
	h := xxhash.Sum64(w.pattern)
	mask := uint64(len(w.table) - 1)
	i := h & mask
	for ; w.table[i] != 0; i = (i + 1) & mask {
		p := &w.patterns[w.table[i]-1]
		if p.hash == h && bytes.Equal(w.texts[p.start:p.end], w.pattern) {
			return w.table[i] - 1
		}
	}
	start := uint32(len(w.texts))
	w.texts = append(w.texts, w.pattern...)
	w.patterns = append(w.patterns, pattern{hash: h, start: start, end: uint32(len(w.texts)), slots: len(w.slots)})
	w.table[i] = uint32(len(w.patterns))
	return uint32(len(w.patterns) - 1)
}

func (w *lineWriter) grow() {
	w.table = make([]uint32, max(1024, 2*len(w.table)))
	mask := uint64(len(w.table) - 1)
	for n := range w.patterns {
		i := w.patterns[n].hash & mask
		for w.table[i] != 0 {
			i = (i + 1) & mask
		}
		w.table[i] = uint32(n + 1)
	}
}

// slot returns a word that was taken out of a row.
func (w *lineWriter) slot(r *lineRow, i int) []byte {
	at := w.ends[int(r.slots)+i:]
	return w.words[at[0]:at[1]]
}

// numberPatterns orders the patterns by how many lines they have, and the rows by them.
func (w *lineWriter) numberPatterns() {
	w.rank = w.rank[:0]
	for i := range w.patterns {
		w.rank = append(w.rank, uint32(i))
	}
	slices.SortStableFunc(w.rank, func(a, b uint32) int { return cmp.Compare(w.patterns[b].rows, w.patterns[a].rows) })
	first := 0
	for n, i := range w.rank {
		p := &w.patterns[i]
		p.number, p.first = uint32(n), first
		first += p.rows
	}
	w.order = slices.Grow(w.order[:0], len(w.rows))[:len(w.rows)]
	for i := range w.rows {
		p := &w.patterns[w.rows[i].pattern]
		w.order[p.first] = uint32(i)
		p.first++
	}
}

// encode returns the sections of the lines group: text, what is chosen from few, and
// packed numbers; each is best compressed by itself. They are valid until the next call.
// index is called with the words of each column, of which some may come again.
func (w *lineWriter) encode(index func(kind slotKind, words [][]byte)) (text, choices, packed []byte) {
	w.numberPatterns()
	c := &w.column
	c.reset()
	for _, i := range w.rank {
		p := &w.patterns[i]
		c.heads = binary.AppendUvarint(c.heads, uint64(p.slots))
		for s := range p.slots {
			w.values = w.values[:0]
			for _, r := range w.order[p.first-p.rows : p.first] {
				w.values = append(w.values, w.slot(&w.rows[r], s))
			}
			words, kind := c.encode(w.values), slotWord
			switch {
			case p.end-p.start == 1:
				kind = slotText
			case c.digits:
				kind = slotDigits
			}
			index(kind, words)
		}
	}
	// Which pattern a line has, in planes of bytes.
	for shift := 0; shift == 0 || (len(w.patterns)-1)>>shift > 0; shift += 8 {
		for i := range w.rows {
			c.choices = append(c.choices, byte(w.patterns[w.rows[i].pattern].number>>shift))
		}
	}
	b := c.out[:0]
	patterns := uint64(len(w.patterns))
	for _, n := range []uint64{w.bytes, patterns, uint64(len(w.texts)), uint64(len(c.heads)), uint64(len(c.text)), uint64(len(c.choices))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, i := range w.rank {
		p := &w.patterns[i]
		b = binary.AppendUvarint(b, uint64(p.end-p.start))
	}
	for _, i := range w.rank {
		p := &w.patterns[i]
		b = append(b, w.texts[p.start:p.end]...)
	}
	b = append(append(b, c.heads...), c.text...)
	c.out = b
	return b, c.choices, c.packed
}
