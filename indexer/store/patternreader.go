package store

import (
	"bytes"
	"slices"
	"sync/atomic"
)

// blockLines are the lines of a block as they are stored: patterns, and columns of the words
// that were taken out of the lines. What is needed is decoded when it is asked for: the
// patterns first, then which row has which, then the lines of one pattern after the other.
type blockLines struct {
	plain    bool // version 1: one pattern stands for all lines
	n        int
	size     uint64 // bytes of all lines
	patterns []patternReader
	heads    []byte // of the columns
	text     []byte // of those of kind slotsText
	rest     []byte // compressed frames: choices, and packed if there is anything
	// Bytes of the choices, and of the packed numbers.
	numChoices, numPacked int

	choices     []byte
	packed      []byte // with packedRoom
	places      atomic.Pointer[linePlaces]
	lengths     []uint32 // of the lines of patterns that are measured
	loaded      int      // patterns
	loadedBytes uint64
}

// linePlaces tells where rows are.
type linePlaces struct {
	of           []uint32 // pattern of each row
	order        []uint32 // rows, by pattern
	starts, ends []uint32 // of each row in its pattern's lines, once these are there
}

// patternReader is a pattern, and where its columns are.
type patternReader struct {
	text  []byte
	slots int
	heads int // where those of its columns start
	rows  int
	first int // of its rows in order
	// Where its columns start.
	textAt, choicesAt, packedAt int

	lines    atomic.Pointer[[]byte] // put together
	measured bool
}

// whole takes the n lines of version 1.
func (l *blockLines) whole(lines []byte, n int) {
	l.plain, l.n, l.size = true, n, uint64(len(lines))
	l.patterns = make([]patternReader, 1)
	l.patterns[0].lines.Store(&lines)
}

// open reads the first frame of the lines group of n rows, which has size bytes.
func (l *blockLines) open(group []byte, size, n int) error {
	first, rest, err := firstFrame(group)
	if err != nil {
		return err
	}
	dec, err := zstdDecoder()
	if err != nil {
		return err
	}
	data, err := dec.DecodeAll(first, nil)
	if err != nil {
		return corrupt("%v", err)
	}
	behind, err := l.decode(data, n)
	if err != nil {
		return err
	}
	if l.numPacked = size - len(data) - l.numChoices; len(behind) > 0 || l.numPacked < 0 {
		return corrupt("%d bytes of text, and %d of %d behind", len(data), len(behind), size)
	}
	l.rest = bytes.Clone(rest) // frees the first frame
	return nil
}

// decode reads what is in the first frame, and returns what is behind it.
func (l *blockLines) decode(data []byte, n int) (behind []byte, err error) {
	d := &decoder{b: data}
	l.n, l.size = n, d.uvarint()
	count, texts := d.count(), d.uvarint()
	heads, text, choices := d.uvarint(), d.uvarint(), d.uvarint()
	sizes := *d
	for range count {
		d.uvarint()
	}
	all := &decoder{b: d.bytes(texts)}
	l.heads, l.text = d.bytes(heads), d.bytes(text)
	if d.err != nil || n > 0 && count == 0 || l.size > maxGroup || choices > maxGroup {
		d.fail("short data")
		return nil, d.err
	}
	if l.numChoices = int(choices); n*planes(count) > l.numChoices {
		return nil, corrupt("patterns of %d lines in %d bytes", n, choices)
	}
	l.patterns = make([]patternReader, count)
	h := &decoder{b: l.heads}
	textAt := uint64(0)
	for i := range l.patterns {
		p := &l.patterns[i]
		p.text, p.slots, p.heads, p.textAt = all.bytes(sizes.uvarint()), h.count(), h.off, int(textAt)
		if bytes.Count(p.text, []byte{slotMark}) != p.slots {
			return nil, corrupt("pattern %d has not %d slots", i, p.slots)
		}
		for range p.slots {
			c := h.column()
			if textAt += uint64(c.size); c.size > len(l.text) || textAt > text {
				return nil, corrupt("text of pattern %d is cut", i)
			}
		}
		if h.err != nil || all.err != nil {
			return nil, corrupt("pattern %d is cut", i)
		}
	}
	return data[d.off:], nil
}

// planes is how many bytes the number of each line's pattern takes.
func planes(patterns int) int {
	n := 1
	for (patterns-1)>>(8*n) > 0 {
		n++
	}
	return n
}

// place finds out which row has which pattern.
func (l *blockLines) place() error {
	if l.places.Load() != nil || l.plain {
		return nil
	}
	if l.choices == nil {
		frame, rest, err := firstFrame(l.rest)
		if err != nil {
			return err
		}
		if l.choices, err = unpack(frame, l.numChoices); err != nil {
			return err
		}
		l.rest = rest
	}
	all, count := make([]uint32, 4*l.n), len(l.patterns)
	of := all[:l.n:l.n]
	num := l.choices[len(l.choices)-l.n*planes(count):]
	for i := range l.n {
		p := 0
		for k := range planes(count) {
			p |= int(num[k*l.n+i]) << (8 * k)
		}
		if p >= count {
			return corrupt("line %d has pattern %d of %d", i, p, count)
		}
		of[i] = uint32(p)
	}
	if err := l.placeColumns(of); err != nil {
		return err
	}
	places := &linePlaces{of: of, order: all[l.n : 2*l.n], starts: all[2*l.n : 3*l.n], ends: all[3*l.n:]}
	next := make([]uint32, count)
	for i := range next {
		next[i] = uint32(l.patterns[i].first)
	}
	for i, p := range of {
		places.order[next[p]] = uint32(i)
		next[p]++
	}
	l.places.Store(places)
	return nil
}

// placeColumns finds the rows and the columns of each pattern.
func (l *blockLines) placeColumns(of []uint32) error {
	for i := range l.patterns {
		l.patterns[i].rows = 0
	}
	for _, p := range of {
		l.patterns[p].rows++
	}
	h := &decoder{b: l.heads}
	first, choices, packed := 0, 0, 0
	for i := range l.patterns {
		p := &l.patterns[i]
		p.first, p.choicesAt, p.packedAt = first, choices, packed
		first += p.rows
		if p.slots > 0 && p.rows == 0 {
			return corrupt("pattern %d has no line", i)
		}
		h.off = p.heads
		for range p.slots {
			c := h.column()
			switch {
			case c.kind == slotsChoice:
				choices += p.rows
			case c.kind != slotsSame && c.kind != slotsText:
				packed += c.packedSize(p.rows)
			}
			if choices > l.numChoices || packed > l.numPacked {
				return corrupt("columns of pattern %d are cut", i)
			}
		}
	}
	return nil
}

// sections returns where the columns of a pattern are, once its rows are known.
func (l *blockLines) sections(p *patternReader) (*lineSections, error) {
	if l.packed == nil {
		packed, err := unpack(l.rest, l.numPacked)
		if err != nil {
			return nil, err
		}
		l.packed, l.rest = append(packed, make([]byte, packedRoom)...), nil
	}
	return &lineSections{
		heads: decoder{b: l.heads, off: p.heads}, text: decoder{b: l.text, off: p.textAt},
		choices: decoder{b: l.choices, off: p.choicesAt}, packed: l.packed, packedEnd: p.packedAt,
	}, nil
}

// load puts the lines of a pattern together.
func (l *blockLines) load(pattern int) error {
	p := &l.patterns[pattern]
	if p.lines.Load() != nil {
		return nil
	}
	if err := l.place(); err != nil {
		return err
	}
	s, err := l.sections(p)
	if err != nil {
		return err
	}
	at, slots := l.places.Load(), make([]slotReader, p.slots)
	for k := range slots {
		slots[k] = s.column(p.rows)
	}
	pieces := bytes.Split(p.text, []byte{slotMark})
	if err := s.err(); err != nil {
		return err
	}
	room := len(p.text)
	for k := range slots {
		room += slots[k].most(p.rows)
	}
	lines := make([]byte, 0, min(uint64(room)*uint64(p.rows), l.size-l.loadedBytes))
	for _, row := range at.order[p.first : p.first+p.rows] {
		at.starts[row] = uint32(len(lines))
		lines = append(lines, pieces[0]...)
		for k := range slots {
			lines = slots[k].next(lines, s)
			lines = append(lines, pieces[k+1]...)
		}
		if uint64(len(lines))+l.loadedBytes > l.size {
			return corrupt("more than %d bytes of lines", l.size)
		}
		at.ends[row] = uint32(len(lines))
	}
	if err := s.err(); err != nil {
		return err
	}
	if cap(lines)-len(lines) > len(lines)/4 {
		lines = slices.Clip(bytes.Clone(lines))
	}
	p.lines.Store(&lines)
	l.loadedBytes += uint64(len(lines))
	if l.loaded++; l.loaded < len(l.patterns) {
		return nil
	}
	l.choices, l.packed, l.lengths = nil, nil, nil // they are not needed any more
	if l.loadedBytes != l.size {
		return corrupt("%d bytes of lines, want %d", l.loadedBytes, l.size)
	}
	return nil
}

func (l *blockLines) loadAll() error {
	if err := l.place(); err != nil {
		return err
	}
	for p := range l.patterns {
		if err := l.load(p); err != nil {
			return err
		}
	}
	return nil
}

// has says whether the line of a row is there.
func (l *blockLines) has(row int) bool {
	at := l.places.Load()
	return at != nil && (l.plain || l.patterns[at.of[row]].lines.Load() != nil)
}

// body returns the line of a row, or nothing while its pattern is not loaded.
func (l *blockLines) body(row int) []byte {
	at := l.places.Load()
	if at == nil {
		return nil
	}
	p := 0
	if !l.plain {
		p = int(at.of[row])
	}
	lines := l.patterns[p].lines.Load()
	if lines == nil {
		return nil
	}
	return (*lines)[at.starts[row]:at.ends[row]:at.ends[row]]
}

// bytes is about how much memory is held.
func (l *blockLines) bytes() int64 {
	n := len(l.patterns)*128 + len(l.heads) + len(l.text) + len(l.rest) + len(l.choices) + len(l.packed) +
		16*l.n + 4*len(l.lengths) + int(l.loadedBytes)
	for i := range l.patterns {
		n += len(l.patterns[i].text)
	}
	if l.plain {
		n += int(l.size)
	}
	return int64(n)
}

// decodeLines reads a lines group of n rows that is not compressed.
func (b *Block) decodeLines(data []byte, n int) error {
	b.n, b.sealed = n, new(sealedBlock)
	l := &b.sealed.lines
	behind, err := l.decode(data, n)
	if err != nil {
		return err
	}
	if l.numPacked = len(behind) - l.numChoices; l.numPacked < 0 {
		return corrupt("choices are cut")
	}
	l.choices = behind[:l.numChoices:l.numChoices]
	l.packed = append(behind[l.numChoices:len(behind):len(behind)], make([]byte, packedRoom)...)
	return l.loadAll()
}
