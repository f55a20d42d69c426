package store

import (
	"foghorn/pipeline"
)

// Block is a run of lines of one part, decoded for reading. A row is an original line, with
// the fields of the event that it is a part of; the rows of one event follow each other. It never changes and is safe
// for concurrent use, fields included once LoadFields has returned.
type Block struct {
	rows   []*headRow // of head; the rest but joined and hasFields is nil then
	head   *headView
	joined bool // there may be events of several rows

	times, observed, offsets, sizes []int64
	flags, severity                 []byte
	ends                            []uint32
	lines                           []byte
	sources                         []blockSource // of the rows, in order
	service                         stringRefs
	columns                         [numStringColumns]stringRefs
	patterns                        []uint32 // of the rows
	numPatterns                     int
	layouts                         []layout // with layoutOf, by row: version 2
	layoutOf                        []uint32
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
		return b.head.body(b.rows[i])
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
		return b.rows[i].time
	}
	return b.times[i]
}

// Event fills e with row i. Without fields (a block read for its text) only identity,
// times, severity, service and line are sure to be set. e shares the block's memory and must not be changed.
func (b *Block) Event(i int, e *pipeline.Event) {
	if b.rows != nil {
		b.head.event(b.rows[i], e)
		if b.hasFields {
			b.head.fields(firstOf(b.rows, i), e, nil)
		}
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
	if b.layouts != nil {
		l := &b.layouts[b.layoutOf[i]]
		e.SeverityText, e.Template, e.ErrorClass = l.level, l.template, l.class
	} else {
		e.SeverityText = b.columns[columnLevel].at(i)
		e.Template = b.columns[columnTemplate].at(i)
		e.ErrorClass = b.columns[columnClass].at(i)
	}
	e.Host = b.columns[columnHost].at(i)
	e.Path = b.columns[columnPath].at(i)
	e.TraceID = b.columns[columnTrace].at(i)
	e.SpanID = b.columns[columnSpan].at(i)
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
func (b *Block) HasFields() bool { return b.hasFields }

// Bytes is about how much memory the block holds; 0 for a part of the head.
func (b *Block) Bytes() int64 {
	n := len(b.lines) + len(b.times)*38 + len(b.patterns)*4 + len(b.attrs)*32 + len(b.attrRows)*8 +
		len(b.layoutOf)*4 + len(b.layouts)*80
	for c := range b.columns {
		n += len(b.columns[c].refs)*4 + len(b.columns[c].dict)*16
	}
	return int64(n)
}

// decodeCore reads the core column group; the lines are known.
func (b *Block) decodeCore(data []byte) error {
	n := len(b.ends)
	d := &decoder{b: data}
	b.times, b.observed = decodeTimes(d, n), decodeTimes(d, n)
	b.decodePlaces(d, n)
	b.flags, b.severity = d.bytes(uint64(n)), d.bytes(uint64(n))
	b.service = decodeStrings(d, n)
	if d.err == nil && d.off != len(data) {
		d.fail("left-over bytes")
	}
	b.resolve()
	return d.err
}

// decodePlaces reads offsets and sizes, as differences from what they are mostly.
func (b *Block) decodePlaces(d *decoder, n int) {
	b.offsets, b.sizes = make([]int64, n), make([]int64, n)
	for i := range n {
		b.offsets[i] = d.varint()
	}
	for i := range n {
		b.sizes[i] = d.varint()
	}
}

// resolve makes flags, sizes and offsets what they are.
func (b *Block) resolve() {
	for _, f := range b.flags {
		b.joined = b.joined || f&flagContinues != 0
	}
	i, start := 0, uint32(0)
	for _, s := range b.sources {
		next := int64(0)
		for ; i < s.end && i < len(b.ends); i++ {
			b.sizes[i] += int64(b.ends[i]-start) + 1
			start = b.ends[i]
			b.offsets[i] += next
			next = b.offsets[i] + b.sizes[i]
		}
	}
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
	for c := range writtenColumns {
		b.columns[c] = decodeStrings(d, n)
	}
	b.decodeLayouts(d)
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
