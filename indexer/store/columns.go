package store

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"foghorn/pipeline"
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

// Tags of an attribute's value; higher tags are references to earlier literals.
const (
	valueLiteral = iota // length and bytes follow
	valueInBody         // skip from the end of the row's last such value, and length
	valueRefs
)

// numStringColumns is how many string columns the fields group has; stringColumn gives
// their order. The service is in the core group: every answer shows it.
const (
	numStringColumns = 7
	columnService    = numStringColumns
)

func stringColumn(e *pipeline.Event, c int) string {
	switch c {
	case 0:
		return e.SeverityText
	case 1:
		return e.Host
	case 2:
		return e.Path
	case 3:
		return e.Template
	case 4:
		return e.ErrorClass
	case 5:
		return e.TraceID
	case 6:
		return e.SpanID
	}
	return e.Service
}

// columnWriter encodes blocks; it keeps its buffers between them.
type columnWriter struct {
	core, fields, lines []byte

	dict    map[string]uint64
	shapes  map[string]uint64
	keys    map[string]int
	streams []attrStream
	shape   []byte
	refs    []byte
}

type attrStream struct {
	name string
	dict map[string]uint64
	data []byte
}

func newColumnWriter() *columnWriter {
	return &columnWriter{
		dict: make(map[string]uint64), shapes: make(map[string]uint64), keys: make(map[string]int),
	}
}

// encode fills core, fields and lines from rows, which are valid until the next call.
func (w *columnWriter) encode(rows []*row) {
	w.encodeCore(rows)
	w.fields = w.fields[:0]
	for c := range numStringColumns {
		w.fields = w.appendStrings(w.fields, rows, c)
	}
	w.encodeAttrs(rows)
	w.lines = w.lines[:0]
	for _, r := range rows {
		w.lines = append(w.lines, r.event.Body...)
	}
}

func (w *columnWriter) encodeCore(rows []*row) {
	b := w.core[:0]
	b = appendTimes(b, rows, func(r *row) int64 { return r.event.Timestamp })
	b = appendTimes(b, rows, func(r *row) int64 { return r.event.Observed })
	var next int64
	for i, r := range rows {
		if i == 0 || r.source != rows[i-1].source || r.event.ID.Generation != rows[i-1].event.ID.Generation {
			next = 0
		}
		b = binary.AppendVarint(b, r.event.ID.Offset-next)
		next = r.event.ID.Offset + r.event.Size
	}
	for _, r := range rows {
		b = binary.AppendVarint(b, r.event.Size-int64(len(r.event.Body))-1)
	}
	for _, r := range rows {
		var f byte
		if r.event.Truncated {
			f |= flagTruncated
		}
		if r.event.TimeObserved {
			f |= flagTimeObserved
		}
		if r.continues {
			f |= flagContinues
		}
		b = append(b, f)
	}
	for _, r := range rows {
		b = append(b, byte(r.event.Severity))
	}
	for _, r := range rows {
		b = binary.AppendUvarint(b, uint64(len(r.event.Body)))
	}
	w.core = w.appendStrings(b, rows, columnService)
}

// appendTimes writes times as differences in the largest unit that divides them all.
func appendTimes(b []byte, rows []*row, get func(*row) int64) []byte {
	unit := int64(1_000_000_000)
	for _, r := range rows {
		for get(r)%unit != 0 {
			unit /= 1000
		}
		if unit == 1 {
			break
		}
	}
	b = binary.AppendUvarint(b, uint64(unit))
	last := int64(0)
	for _, r := range rows {
		t := get(r) / unit
		b = binary.AppendVarint(b, t-last)
		last = t
	}
	return b
}

func (w *columnWriter) appendStrings(b []byte, rows []*row, c int) []byte {
	first := stringColumn(&rows[0].event, c)
	same := true
	for _, r := range rows[1:] {
		if stringColumn(&r.event, c) != first {
			same = false
			break
		}
	}
	switch {
	case same && first == "":
		return append(b, columnEmpty)
	case same:
		return appendString(append(b, columnConst), first)
	}
	clear(w.dict)
	b = append(b, columnRefs)
	var last string
	var lastRef uint64
	for _, r := range rows {
		s := stringColumn(&r.event, c)
		if lastRef != 0 && s == last {
			b = binary.AppendUvarint(b, lastRef)
			continue
		}
		ref, ok := w.dict[s]
		if ok {
			b = binary.AppendUvarint(b, ref)
		} else {
			ref = uint64(len(w.dict) + 1)
			w.dict[s] = ref
			b = appendString(append(b, 0), s)
		}
		last, lastRef = s, ref
	}
	return b
}

// encodeAttrs writes one stream of keys (a reference to a list of keys per row) and one
// stream of values per key. A value that stands in the line is stored as its place there.
// Rows that continue an event have an empty list: they share that of its first row.
func (w *columnWriter) encodeAttrs(rows []*row) {
	clear(w.shapes)
	clear(w.keys)
	w.refs = w.refs[:0]
	used := 0
	for _, r := range rows {
		shape := w.shape[:0]
		cursor := 0
		attrs := r.event.Attrs
		if r.continues {
			attrs = nil
		}
		for i := range attrs {
			a := &attrs[i]
			k, ok := w.keys[a.Key]
			if !ok {
				k = used
				w.keys[a.Key] = k
				if used++; used > len(w.streams) {
					w.streams = append(w.streams, attrStream{dict: make(map[string]uint64)})
				}
				s := &w.streams[k]
				s.name, s.data = a.Key, s.data[:0]
				clear(s.dict)
			}
			shape = binary.AppendUvarint(shape, uint64(k))
			cursor = w.streams[k].append(r.event.Body, a.Value, cursor)
		}
		w.shape = shape
		if ref, ok := w.shapes[string(shape)]; ok {
			w.refs = binary.AppendUvarint(w.refs, ref)
			continue
		}
		w.shapes[string(shape)] = uint64(len(w.shapes) + 1)
		w.refs = append(w.refs, 0)
		w.refs = binary.AppendUvarint(w.refs, uint64(len(attrs)))
		w.refs = append(w.refs, shape...)
	}
	b := binary.AppendUvarint(w.fields, uint64(used))
	for i := range w.streams[:used] {
		b = appendString(b, w.streams[i].name)
		b = binary.AppendUvarint(b, uint64(len(w.streams[i].data)))
	}
	b = binary.AppendUvarint(b, uint64(len(w.refs)))
	b = append(b, w.refs...)
	for i := range w.streams[:used] {
		b = append(b, w.streams[i].data...)
	}
	w.fields = b
}

// append writes a value and returns where the row's next value is looked for first.
func (s *attrStream) append(body []byte, v string, cursor int) int {
	if at := find(body, v, cursor); at >= 0 {
		s.data = append(s.data, valueInBody)
		s.data = binary.AppendVarint(s.data, int64(at-cursor))
		s.data = binary.AppendUvarint(s.data, uint64(len(v)))
		return at + len(v)
	}
	if ref, ok := s.dict[v]; ok {
		s.data = binary.AppendUvarint(s.data, ref)
		return cursor
	}
	s.dict[v] = uint64(len(s.dict) + valueRefs)
	s.data = append(s.data, valueLiteral)
	s.data = appendString(s.data, v)
	return cursor
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
