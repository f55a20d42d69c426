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

func stringColumn(e *pipeline.Event, c int) string {
	switch c {
	case columnHost:
		return e.Host
	case columnPath:
		return e.Path
	case columnTrace:
		return e.TraceID
	case columnSpan:
		return e.SpanID
	}
	return e.Service
}

// columnWriter encodes blocks; it keeps its buffers between them.
type columnWriter struct {
	core, fields []byte
	lines        lineWriter
	layouts      *layoutWriter
	dict         map[string]uint64
}

// attrStream are the values of a key that stand in no line.
type attrStream struct {
	name string
	dict map[string]uint64
	data []byte
}

func newColumnWriter() *columnWriter {
	return &columnWriter{layouts: newLayoutWriter(), dict: make(map[string]uint64)}
}

// encode fills core, fields and lines from rows; they are valid until the next call.
func (w *columnWriter) encode(rows []*row) {
	w.encodeCore(rows)
	w.lines.reset()
	w.layouts.reset()
	for _, r := range rows {
		p := w.lines.add(r.event.Body)
		w.layouts.add(r, &w.lines.patterns[p], w.lines.slots)
	}
	w.fields = w.fields[:0]
	for c := range writtenColumns {
		w.fields = w.appendStrings(w.fields, rows, c)
	}
	w.fields = w.layouts.append(w.fields)
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
