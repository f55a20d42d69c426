package store

import (
	"foghorn/pipeline"
)

// Block is a run of lines of one part, decoded for reading. A row is an original line, with
// the fields of the event that it is a part of; the rows of one event follow each other. It never changes and is safe
// for concurrent use, fields included once LoadFields has returned.
type Block struct {
	rows   []*row // of a head; the rest but joined is nil then
	joined bool   // there may be events of several rows

	times, observed, offsets, sizes []int64
	flags, severity                 []byte
	ends                            []uint32
	lines                           []byte
	sources                         []blockSource // of the rows, in order
	service                         stringRefs
	columns                         [numStringColumns]stringRefs
	attrs                           []pipeline.Attr
	attrRows                        []attrRange
	hasFields                       bool
}

// blockSource says which source and generation the rows up to end belong to.
type blockSource struct {
	source     string
	generation uint64
	end        int
}

// attrRange says which attributes a row has.
type attrRange struct{ from, to uint32 }

type stringRefs struct {
	all  string // when refs is nil
	dict []string
	refs []uint32
}

func (c *stringRefs) at(i int) string {
	if c.refs == nil {
		return c.all
	}
	return c.dict[c.refs[i]]
}

// Len is how many lines the block has.
func (b *Block) Len() int {
	if b.rows != nil {
		return len(b.rows)
	}
	return len(b.times)
}

// Body returns the raw line of row i, which must not be changed.
func (b *Block) Body(i int) []byte {
	if b.rows != nil {
		return b.rows[i].event.Body
	}
	start := uint32(0)
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.lines[start:b.ends[i]:b.ends[i]]
}

// Time returns the event time of row i in Unix nanoseconds.
func (b *Block) Time(i int) int64 {
	if b.rows != nil {
		return b.rows[i].event.Timestamp
	}
	return b.times[i]
}

// Event fills e with row i. Without fields (a block read for its text) only identity,
// times, severity, service and line are set. e shares the block's memory and must not be changed.
func (b *Block) Event(i int, e *pipeline.Event) {
	if b.rows != nil {
		*e = b.rows[i].event
		return
	}
	src := b.sourceAt(i)
	*e = pipeline.Event{
		ID:        pipeline.LineID{Source: src.source, Generation: src.generation, Offset: b.offsets[i]},
		Size:      b.sizes[i],
		Truncated: b.flags[i]&flagTruncated != 0, TimeObserved: b.flags[i]&flagTimeObserved != 0,
		Timestamp: b.times[i], Observed: b.observed[i],
		Severity: pipeline.Severity(b.severity[i]), Service: b.service.at(i),
		Body: b.Body(i),
	}
	if !b.hasFields {
		return
	}
	e.SeverityText = b.columns[0].at(i)
	e.Host = b.columns[1].at(i)
	e.Path = b.columns[2].at(i)
	e.Template = b.columns[3].at(i)
	e.ErrorClass = b.columns[4].at(i)
	e.TraceID = b.columns[5].at(i)
	e.SpanID = b.columns[6].at(i)
	a := b.attrRows[i]
	e.Attrs = b.attrs[a.from:a.to:a.to]
}

func (b *Block) sourceAt(i int) *blockSource {
	lo, hi := 0, len(b.sources)-1
	for lo < hi {
		if m := (lo + hi) / 2; i < b.sources[m].end {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return &b.sources[lo]
}

// HasFields says whether Event gives all fields.
func (b *Block) HasFields() bool { return b.rows != nil || b.hasFields }

// Bytes is about how much memory the block holds; 0 for a part of the head.
func (b *Block) Bytes() int64 {
	n := len(b.lines) + len(b.times)*38 + len(b.attrs)*32 + len(b.attrRows)*8
	for c := range b.columns {
		n += len(b.columns[c].refs)*4 + len(b.columns[c].dict)*16
	}
	return int64(n)
}

// decodeCore reads the core column group of n rows.
func (b *Block) decodeCore(data []byte, n int) error {
	d := &decoder{b: data}
	b.times, b.observed = decodeTimes(d, n), decodeTimes(d, n)
	b.offsets, b.sizes = make([]int64, n), make([]int64, n)
	for i := range n {
		b.offsets[i] = d.varint()
	}
	for i := range n {
		b.sizes[i] = d.varint()
	}
	b.flags, b.severity = d.bytes(uint64(n)), d.bytes(uint64(n))
	for _, f := range b.flags {
		b.joined = b.joined || f&flagContinues != 0
	}
	b.ends = make([]uint32, n)
	end := uint64(0)
	for i := range n {
		size := d.uvarint()
		if end += size; size > uint64(len(b.lines)) || end > uint64(len(b.lines)) {
			d.fail("line beyond the block's bytes")
		}
		b.ends[i] = uint32(end)
		b.sizes[i] += int64(size) + 1
	}
	b.service = decodeStrings(d, n)
	if d.err == nil && (end != uint64(len(b.lines)) || d.off != len(data)) {
		d.fail("left-over bytes")
	}
	i := 0
	for _, s := range b.sources {
		next := int64(0)
		for ; i < s.end; i++ {
			b.offsets[i] += next
			next = b.offsets[i] + b.sizes[i]
		}
	}
	return d.err
}

func decodeTimes(d *decoder, n int) []int64 {
	t := make([]int64, n)
	unit := int64(d.uvarint())
	last := int64(0)
	for i := range t {
		last += d.varint()
		t[i] = last * unit
	}
	return t
}

// decodeFields reads the fields column group.
func (b *Block) decodeFields(data []byte) error {
	d := &decoder{b: data}
	n := len(b.times)
	for c := range b.columns {
		b.columns[c] = decodeStrings(d, n)
	}
	b.decodeAttrs(d, n)
	if d.err == nil && d.off != len(data) {
		d.fail("left-over bytes")
	}
	b.hasFields = d.err == nil
	return d.err
}

func decodeStrings(d *decoder, n int) stringRefs {
	kind := d.bytes(1)
	if kind == nil {
		return stringRefs{}
	}
	switch kind[0] {
	case columnEmpty:
		return stringRefs{}
	case columnConst:
		return stringRefs{all: d.view()}
	case columnRefs:
		c := stringRefs{refs: make([]uint32, n)}
		for i := range n {
			ref := d.uvarint()
			if ref == 0 {
				c.dict = append(c.dict, d.view())
				ref = uint64(len(c.dict))
			}
			if ref > uint64(len(c.dict)) {
				d.fail("reference beyond the dictionary")
				return stringRefs{}
			}
			c.refs[i] = uint32(ref - 1)
		}
		return c
	}
	d.fail("unknown kind of column")
	return stringRefs{}
}

type attrReader struct {
	decoder
	name string
	dict []string
}

func (b *Block) decodeAttrs(d *decoder, n int) {
	streams := make([]attrReader, d.count())
	sizes := make([]uint64, len(streams))
	for k := range streams {
		streams[k].name = d.view()
		sizes[k] = d.uvarint()
	}
	rows := &decoder{b: d.bytes(d.uvarint())}
	for k := range streams {
		streams[k].b = d.bytes(sizes[k])
	}
	if d.err != nil {
		return
	}
	var shapes [][]uint32
	b.attrRows = make([]attrRange, n)
	b.attrs = make([]pipeline.Attr, 0, 4*n)
	for i := range n {
		ref := rows.uvarint()
		if ref == 0 {
			shape := make([]uint32, rows.count())
			for j := range shape {
				k := rows.uvarint()
				if k >= uint64(len(streams)) {
					d.fail("attribute without a name")
					return
				}
				shape[j] = uint32(k)
			}
			shapes = append(shapes, shape)
			ref = uint64(len(shapes))
		}
		if ref > uint64(len(shapes)) || rows.err != nil {
			d.fail("bad list of attributes")
			return
		}
		if b.continues(i) {
			b.attrRows[i] = b.attrRows[i-1]
			continue
		}
		b.attrRows[i].from = uint32(len(b.attrs))
		cursor := 0
		body := b.Body(i)
		for _, k := range shapes[ref-1] {
			var v string
			if v, cursor = streams[k].next(body, cursor); streams[k].err != nil {
				d.err = streams[k].err
				return
			}
			b.attrs = append(b.attrs, pipeline.Attr{Key: streams[k].name, Value: v})
		}
		b.attrRows[i].to = uint32(len(b.attrs))
	}
}

func (s *attrReader) next(body []byte, cursor int) (string, int) {
	switch tag := s.uvarint(); tag {
	case valueLiteral:
		v := s.view()
		s.dict = append(s.dict, v)
		return v, cursor
	case valueInBody:
		at, n := int64(cursor)+s.varint(), s.uvarint()
		if at < 0 || at > int64(len(body)) || n > uint64(int64(len(body))-at) {
			s.fail("value beyond its line")
			return "", cursor
		}
		end := int(at) + int(n)
		return stringOf(body[at:end]), end
	default:
		if tag-valueRefs >= uint64(len(s.dict)) {
			s.fail("reference beyond the values")
			return "", cursor
		}
		return s.dict[tag-valueRefs], cursor
	}
}
