package store

import (
	"foghorn/pipeline"
)

// Block is a run of lines of one part, for reading. A row is an original line, with the
// fields of the event that it is a part of; the rows of one event follow each other. What
// it says never changes, and it is safe for concurrent use.
//
// A block that Part.Read returns has all rows decoded. Of one that Part.Open returns, parts
// are decoded when they are asked for by the methods that start with Load: LoadNumbers for
// Time, Joined and EventEnd, LoadPatterns for PatternOf, LoadLines for the Body of a
// pattern's rows, and Load for the Body and the Event of a row. An error of theirs names the
// file and the place.
type Block struct {
	rows   []*headRow // of head; the rest but joined and hasFields is nil then
	head   *headView
	joined bool // in a head: there may be events of several rows

	n         int
	sources   []blockSource // of the rows, in order
	sealed    *sealedBlock  // shared by the copies with and without fields
	columns   [numStringColumns]stringRefs
	layouts   []layout // with layoutOf, by row: version 2
	layoutOf  []uint32
	attrs     []pipeline.Attr
	attrRows  []attrRange
	hasFields bool
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
	return b.n
}

// Body returns the raw line of row i, which must not be changed.
func (b *Block) Body(i int) []byte {
	if b.rows != nil {
		return b.head.body(b.rows[i])
	}
	return b.sealed.lines.body(i)
}

// Time returns the event time of row i in Unix nanoseconds.
func (b *Block) Time(i int) int64 {
	if b.rows != nil {
		return b.rows[i].time
	}
	return b.sealed.times[i]
}

// Event fills e with row i. Without fields (a block read for its text) only identity,
// times, severity, service and line are sure to be set, and host and path but in a Foreign
// block; the line only if LoadLines read it,
// and offset and size only if Load did. e shares the block's memory and must not be changed.
func (b *Block) Event(i int, e *pipeline.Event) {
	if b.rows != nil {
		b.head.event(b.rows[i], e)
		if b.hasFields {
			b.head.fields(firstOf(b.rows, i), e, nil)
		}
		return
	}
	s, c := b.sourceOf(i), &b.sealed.blockNumbers
	*e = pipeline.Event{
		ID:        pipeline.LineID{Source: b.sources[s].source, Generation: b.sources[s].generation},
		Truncated: c.flags[i]&flagTruncated != 0, TimeObserved: c.flags[i]&flagTimeObserved != 0,
		Timestamp: c.times[i], Observed: c.observed[i],
		Severity: pipeline.Severity(c.severity[i]), Service: c.service.at(i),
		Body: b.Body(i),
	}
	if c.resolved[s].Load() {
		e.ID.Offset, e.Size = c.offsets[i], c.sizes[i]
	}
	if !b.hasFields {
		if r := b.sealed.runs; r != nil {
			e.Host, e.Path = r[s].Host, r[s].Path
		}
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

// sourceOf returns the index in sources of a row's.
func (b *Block) sourceOf(i int) int {
	lo, hi := 0, len(b.sources)-1
	for lo < hi {
		if m := (lo + hi) / 2; i < b.sources[m].end {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

// Foreign says that there are lines of producers that are not ours, each of which has its
// own host and path.
func (b *Block) Foreign() bool {
	for i := range b.sources {
		if b.sources[i].generation == 0 {
			return true
		}
	}
	return false
}

// HasFields says whether Event gives all fields.
func (b *Block) HasFields() bool { return b.hasFields }

// Bytes is about how much memory the block holds now; 0 for a part of the head.
func (b *Block) Bytes() int64 {
	if b.rows != nil {
		return 0
	}
	n := len(b.attrs)*32 + len(b.attrRows)*8 + len(b.layoutOf)*4 + len(b.layouts)*80
	for c := range b.columns {
		n += len(b.columns[c].refs)*4 + len(b.columns[c].dict)*16
	}
	return int64(n) + b.sealed.bytes()
}

// decodeFields reads the fields column group; the lines are all loaded.
func (b *Block) decodeFields(data []byte) error {
	d := &decoder{b: data}
	for c := range writtenColumns {
		b.columns[c] = decodeStrings(d, b.n)
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
