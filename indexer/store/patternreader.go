package store

import "bytes"

// patternReader is a pattern with its columns.
type patternReader struct {
	pieces [][]byte // of its text, around the slots
	slots  []slotReader
}

// decodeLines reads the lines group of n rows: the lines, where each ends, and which
// pattern it has.
func (b *Block) decodeLines(data []byte, n int) error {
	d := &decoder{b: data}
	size := d.uvarint()
	count, texts := d.count(), d.uvarint()
	heads, text, choices := d.uvarint(), d.uvarint(), d.uvarint()
	sizes := make([]uint64, count)
	for i := range sizes {
		sizes[i] = d.uvarint()
	}
	all := &decoder{b: d.bytes(texts)}
	s := &lineSections{
		heads: decoder{b: d.bytes(heads)}, text: decoder{b: d.bytes(text)}, choices: decoder{b: d.bytes(choices)},
	}
	s.packed = append(data[d.off:len(data):len(data)], make([]byte, packedRoom)...)
	if d.err != nil || n > 0 && count == 0 || size > maxGroup {
		d.fail("short data")
		return d.err
	}
	planes := 1
	for (count-1)>>(8*planes) > 0 {
		planes++
	}
	if uint64(n*planes) > choices {
		return corrupt("patterns of %d lines in %d bytes", n, choices)
	}
	b.patterns, b.numPatterns = make([]uint32, n), count
	rows := make([]int, count)
	of := s.choices.b[len(s.choices.b)-n*planes:]
	for i := range n {
		p := 0
		for k := range planes {
			p |= int(of[k*n+i]) << (8 * k)
		}
		if p >= count {
			return corrupt("line %d has pattern %d of %d", i, p, count)
		}
		b.patterns[i] = uint32(p)
		rows[p]++
	}
	patterns := make([]patternReader, count)
	for i := range patterns {
		p := &patterns[i]
		slots := s.heads.count()
		p.pieces = bytes.Split(all.bytes(sizes[i]), []byte{slotMark})
		if len(p.pieces) != slots+1 || slots > 0 && rows[i] == 0 {
			return corrupt("pattern %d has %d pieces and %d slots", i, len(p.pieces), slots)
		}
		p.slots = make([]slotReader, slots)
		for k := range p.slots {
			p.slots[k] = s.column(rows[i])
		}
	}
	if s.heads.err != nil || s.choices.err != nil || s.text.err != nil || all.err != nil {
		s.heads.fail("short columns")
		return s.heads.err
	}
	b.ends = make([]uint32, n)
	lines := make([]byte, 0, min(size, mergeBlockBytes)+packedRoom)
	for i := range n {
		p := &patterns[b.patterns[i]]
		lines = append(lines, p.pieces[0]...)
		for k := range p.slots {
			lines = p.slots[k].next(lines, s)
			lines = append(lines, p.pieces[k+1]...)
		}
		if uint64(len(lines)) > size {
			return corrupt("more than %d bytes of lines", size)
		}
		b.ends[i] = uint32(len(lines))
	}
	if s.heads.err == nil && uint64(len(lines)) != size {
		s.heads.fail("lines are short")
	}
	b.lines = lines
	return s.heads.err
}
