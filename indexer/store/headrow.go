package store

import (
	"encoding/binary"
	"unsafe"

	"foghorn/pipeline"
)

// headRow is an original line in the head, with the fields of its event: small, since the
// head's memory bounds how many lines a segment has.
type headRow struct {
	body []byte
	// attrs are the event's attributes, see packAttrs; empty where the line continues an
	// event.
	attrs  []byte
	common *common
	time   int64 // of the event, Unix nanoseconds
	// observed is when the line was read.
	observed     int64
	offset, size int64
	// seq counts the source's lines before this one, line those of its generation.
	seq, line int64
	// source is the dense number of the event's source.
	source uint32
	// continues says that the line goes on with the event of the row before.
	continues bool
}

// common is what many rows have alike.
type common struct {
	source, host, path, service, level, template, class string
	generation                                          uint64
	severity                                            pipeline.Severity
	truncated, timeObserved                             bool
}

// rowMemory is what a row takes besides its line and attributes, in bytes, and commonMemory
// what one more kind of rows does.
const (
	rowMemory    = int64(unsafe.Sizeof(headRow{}) + unsafe.Sizeof(&headRow{}))
	commonMemory = 2*int64(unsafe.Sizeof(common{})) + 128
)

// Attributes that are no attributes of the event.
const (
	attrTrace = iota
	attrSpan
	attrFirst // the key with number 0
)

// packAttrs appends the ids and attributes of an event: for each the number of its key, and
// where its value stands in the line (distance from the end of the one before, length) or,
// after 0, the value.
func (h *head) packAttrs(b []byte, body []byte, e *pipeline.Event) []byte {
	cursor := 0
	put := func(key uint64, v string) {
		b = binary.AppendUvarint(b, key)
		if at := find(body, v, cursor); at >= 0 {
			b = binary.AppendUvarint(b, uint64(len(v)))
			b = binary.AppendVarint(b, int64(at-cursor))
			cursor = at + len(v)
			return
		}
		b = appendString(append(b, 0), v)
	}
	if e.TraceID != "" {
		put(attrTrace, e.TraceID)
	}
	if e.SpanID != "" {
		put(attrSpan, e.SpanID)
	}
	for i := range e.Attrs {
		key := e.Attrs[i].Key
		n, ok := h.keys[key]
		if !ok {
			n = uint64(len(h.keyNames))
			h.keys[key] = n
			h.keyNames = append(h.keyNames, key)
		}
		put(n+attrFirst, e.Attrs[i].Value)
	}
	return b
}

// event fills e with the row, but for its attributes and ids.
func (r *headRow) event(e *pipeline.Event) {
	c := r.common
	*e = pipeline.Event{
		ID:   pipeline.LineID{Source: c.source, Generation: c.generation, Offset: r.offset},
		Size: r.size, Truncated: c.truncated, TimeObserved: c.timeObserved,
		Timestamp: r.time, Observed: r.observed, Severity: c.severity, SeverityText: c.level, Body: r.body,
		Service: c.service, Host: c.host, Path: c.path, Template: c.template, ErrorClass: c.class,
	}
}

// fields adds the attributes and ids of the event that begins with the row, which are
// appended to attrs.
func (r *headRow) fields(e *pipeline.Event, keys []string, attrs []pipeline.Attr) []pipeline.Attr {
	d := decoder{b: r.attrs}
	cursor, first := 0, len(attrs)
	for d.off < len(d.b) {
		key, n := d.uvarint(), d.uvarint()
		var v string
		if n == 0 {
			v = d.view()
		} else {
			at := cursor + int(d.varint())
			cursor = at + int(n)
			v = stringOf(r.body[at:cursor])
		}
		switch key {
		case attrTrace:
			e.TraceID = v
		case attrSpan:
			e.SpanID = v
		default:
			attrs = append(attrs, pipeline.Attr{Key: keys[key-attrFirst], Value: v})
		}
	}
	if len(attrs) > first {
		e.Attrs = attrs[first:len(attrs):len(attrs)]
	}
	return attrs
}

// firstOf returns the row that begins the event of row i.
func firstOf(rows []*headRow, i int) *headRow {
	for i > 0 && rows[i].continues {
		i--
	}
	return rows[i]
}
