package store

import (
	"encoding/binary"
	"unsafe"

	"foghorn/pipeline"
)

// headRow is an original line in the head, with the fields of its event: small, since the
// head's memory bounds how many lines a segment has, and without pointers, so that the
// garbage collector need not look at it.
type headRow struct {
	time int64 // of the event, Unix nanoseconds
	// observed is when the line was read.
	observed     int64
	offset, size int64
	// The line stands in the head's text number text from at on; behind it are the
	// event's attributes, see packAttrs. length and attrs are how many bytes they have.
	text, at      uint32
	length, attrs uint32
	common        uint32 // number of what it has in common with others
	// continues says that the line goes on with the event of the row before.
	continues bool
}

// rowMemory is what a row takes besides its line and attributes, in bytes.
const rowMemory = int64(unsafe.Sizeof(headRow{}) + unsafe.Sizeof(&headRow{}))

// Attributes that are no attributes of the event.
const (
	attrTrace = iota
	attrSpan
	attrFirst // the key with number 0
)

// maxPacked bounds what packAttrs appends.
func maxPacked(e *pipeline.Event) int {
	const each = 2*binary.MaxVarintLen32 + binary.MaxVarintLen64
	n := 2*each + len(e.TraceID) + len(e.SpanID) + each*len(e.Attrs)
	for i := range e.Attrs {
		n += len(e.Attrs[i].Value)
	}
	return n
}

// packAttrs appends the ids and attributes of an event, if any: for each the number of its
// key, and where its value stands in the line (distance from the end of the one before,
// length) or, after 0, the value.
func (n *names) packAttrs(b []byte, body []byte, e *pipeline.Event, common uint32) []byte {
	if e == nil {
		return b
	}
	cursor := 0
	if e.TraceID != "" {
		b, cursor = packAttr(b, attrTrace, e.TraceID, body, cursor)
	}
	if e.SpanID != "" {
		b, cursor = packAttr(b, attrSpan, e.SpanID, body, cursor)
	}
	for i := range e.Attrs {
		key := attrFirst + uint64(n.key(common, i, e.Attrs[i].Key))
		b, cursor = packAttr(b, key, e.Attrs[i].Value, body, cursor)
	}
	return b
}

// packAttr appends one value, and returns where in the line it ends, if it stands there.
func packAttr(b []byte, key uint64, v string, body []byte, cursor int) ([]byte, int) {
	b = binary.AppendUvarint(b, key)
	at := find(body, v, cursor)
	if at < 0 {
		return appendString(append(b, 0), v), cursor
	}
	b = binary.AppendUvarint(b, uint64(len(v)))
	return binary.AppendVarint(b, int64(at-cursor)), at + len(v)
}

func (v *headView) body(r *headRow) []byte {
	end := r.at + r.length
	return v.texts[r.text][r.at:end:end]
}

// event fills e with a row, but for its attributes and ids.
func (v *headView) event(r *headRow, e *pipeline.Event) {
	c, o := &v.names.commons[r.common], v.origin(r)
	*e = pipeline.Event{
		ID:   pipeline.LineID{Source: o.source, Generation: o.generation, Offset: r.offset},
		Size: r.size, Truncated: c.truncated, TimeObserved: c.timeObserved,
		Timestamp: r.time, Observed: r.observed, Severity: c.severity, SeverityText: c.level, Body: v.body(r),
		Service: o.service, Host: o.host, Path: o.path, Template: c.template, ErrorClass: c.class,
	}
}

// fields adds the attributes and ids of the event that begins with a row, which are
// appended to attrs.
func (v *headView) fields(r *headRow, e *pipeline.Event, attrs []pipeline.Attr) []pipeline.Attr {
	body, end := v.body(r), r.at+r.length
	d := decoder{b: v.texts[r.text][end : end+r.attrs]}
	cursor, first := 0, len(attrs)
	for d.off < len(d.b) {
		key, n := d.uvarint(), d.uvarint()
		var s string
		if n == 0 {
			s = d.view()
		} else {
			at := cursor + int(d.varint())
			cursor = at + int(n)
			s = stringOf(body[at:cursor])
		}
		switch key {
		case attrTrace:
			e.TraceID = s
		case attrSpan:
			e.SpanID = s
		default:
			attrs = append(attrs, pipeline.Attr{Key: v.names.keys[key-attrFirst], Value: s})
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
