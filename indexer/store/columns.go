package store

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// The columns of a block, see FORMAT.md. core holds numbers, fields the strings that the
// parser found, lines the raw lines; each is compressed and checked by itself, so that a
// text search decodes no fields.

// Bits of the flags column.
const (
	flagTruncated    = 1 << 0
	flagTimeObserved = 1 << 1
	flagContinues    = 1 << 2
)

// Kinds of a string column.
const (
	columnEmpty = iota // no row has a value
	columnConst        // all rows have the one that follows
	columnRefs         // a reference per row: 0 a new string follows, k the string k-1
)

// String columns of the fields group, in their order. The level's text, the template and the
// error class are columns of version 1 only; the service is in the core group, since every
// answer shows it.
const (
	columnHost = iota
	columnPath
	columnTrace
	columnSpan
	writtenColumns
	columnLevel = iota - 1
	columnTemplate
	columnClass
	numStringColumns
	columnService = numStringColumns
)

// columnWriter encodes blocks; it keeps its buffers between them.
type columnWriter struct {
	times, observed []int64
	offsets, sizes  []byte
	flags, severity []byte
	strings         [writtenColumns]stringColumn
	service         stringColumn
	lines           lineWriter
	layouts         *layoutWriter

	source       uint32 // of the last row
	generation   uint64
	next         int64 // where the last row ends
	core, fields []byte
}

func newColumnWriter() *columnWriter { return &columnWriter{layouts: newLayoutWriter()} }

// start begins a block.
func (w *columnWriter) start() {
	w.times, w.observed = w.times[:0], w.observed[:0]
	w.offsets, w.sizes, w.flags, w.severity = w.offsets[:0], w.sizes[:0], w.flags[:0], w.severity[:0]
	for c := range w.strings {
		w.strings[c].reset()
	}
	w.service.reset()
	w.lines.reset()
	w.layouts.reset()
}

// release lets go of all that rows refer to.
func (w *columnWriter) release() {
	w.start()
	w.layouts.release()
}

// rows is how many rows the block has.
func (w *columnWriter) rows() int { return len(w.times) }

// add takes the next row, and returns its layout and whether the block had it not before.
// attr is called with each attribute that may be new in the block, see layoutWriter.add.
func (w *columnWriter) add(r *row, attr attrFunc) (l *layout, fresh bool) {
	e := &r.event
	if len(w.times) == 0 || r.source != w.source || e.ID.Generation != w.generation {
		w.source, w.generation, w.next = r.source, e.ID.Generation, 0
	}
	w.offsets = binary.AppendVarint(w.offsets, e.ID.Offset-w.next)
	w.next = e.ID.Offset + e.Size
	w.sizes = binary.AppendVarint(w.sizes, e.Size-int64(len(e.Body))-1)
	w.times, w.observed = append(w.times, e.Timestamp), append(w.observed, e.Observed)
	var f byte
	if e.Truncated {
		f |= flagTruncated
	}
	if e.TimeObserved {
		f |= flagTimeObserved
	}
	if r.continues {
		f |= flagContinues
	}
	w.flags, w.severity = append(w.flags, f), append(w.severity, byte(e.Severity))
	w.service.add(e.Service)
	w.strings[columnHost].add(e.Host)
	w.strings[columnPath].add(e.Path)
	w.strings[columnTrace].add(e.TraceID)
	w.strings[columnSpan].add(e.SpanID)
	p := w.lines.add(e.Body)
	return w.layouts.add(r, &w.lines.patterns[p], w.lines.slots, attr)
}

// encode returns the groups core and fields, which are valid until the next call.
func (w *columnWriter) encode() (core, fields []byte) {
	b := appendTimes(appendTimes(w.core[:0], w.times), w.observed)
	b = append(append(b, w.offsets...), w.sizes...)
	b = append(append(b, w.flags...), w.severity...)
	w.core = w.service.append(b)
	b = w.fields[:0]
	for c := range w.strings {
		b = w.strings[c].append(b)
	}
	w.fields = w.layouts.append(b)
	return w.core, w.fields
}

// appendTimes writes times as differences in the largest unit that divides them all.
func appendTimes(b []byte, times []int64) []byte {
	unit := int64(0)
	for _, t := range times {
		if unit == 1 {
			break
		}
		if unit == 0 || t%unit != 0 {
			unit = divisor(unit, t)
		}
	}
	unit = max(unit, 1)
	b = binary.AppendUvarint(b, uint64(unit))
	last := int64(0)
	for _, t := range times {
		t /= unit
		b = binary.AppendVarint(b, t-last)
		last = t
	}
	return b
}

// divisor returns the greatest common divisor of two numbers; 0 is divided by all.
func divisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

// stringColumn encodes a column of strings.
type stringColumn struct {
	n       int // values so far
	last    string
	refs    []byte // from the first value that differs on
	lastRef uint64
	dict    map[string]uint64
}

func (c *stringColumn) reset() {
	c.n, c.last, c.refs = 0, "", c.refs[:0]
	clear(c.dict)
}

func (c *stringColumn) add(s string) {
	c.n++
	switch {
	case c.n == 1:
		c.last = s
	case s == c.last && len(c.refs) > 0:
		c.refs = binary.AppendUvarint(c.refs, c.lastRef)
	case s != c.last:
		c.change(s)
	}
}

// change takes a value that differs from the last one.
func (c *stringColumn) change(s string) {
	if c.dict == nil {
		c.dict = make(map[string]uint64)
	}
	if len(c.refs) == 0 {
		c.dict[c.last] = 1
		c.refs = appendString(append(c.refs, 0), c.last)
		for range c.n - 2 {
			c.refs = append(c.refs, 1)
		}
	}
	ref, ok := c.dict[s]
	if ok {
		c.refs = binary.AppendUvarint(c.refs, ref)
	} else {
		ref = uint64(len(c.dict) + 1)
		c.dict[s] = ref
		c.refs = appendString(append(c.refs, 0), s)
	}
	c.last, c.lastRef = s, ref
}

func (c *stringColumn) append(b []byte) []byte {
	switch {
	case len(c.refs) > 0:
		return append(append(b, columnRefs), c.refs...)
	case c.last == "":
		return append(b, columnEmpty)
	}
	return appendString(append(b, columnConst), c.last)
}

// find returns where v stands in body, at or after from if it can be, or -1.
func find(body []byte, v string, from int) int {
	if v == "" {
		return -1
	}
	b := unsafe.Slice(unsafe.StringData(v), len(v))
	if at := bytes.Index(body[from:], b); at >= 0 {
		return from + at
	}
	return bytes.Index(body[:min(len(body), from+len(v))], b)
}

// stringOf returns a string that shares b, which must never change.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
