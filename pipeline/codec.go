package pipeline

import (
	"encoding/binary"
	"encoding/hex"
	"unicode/utf8"
)

// Field numbers of opentelemetry/proto/logs/v1 and common/v1.
const (
	fieldResourceLogs = 1 // LogsData
	fieldResource     = 1 // ResourceLogs
	fieldScopeLogs    = 2
	fieldResourceAttr = 1 // Resource
	fieldLogRecord    = 2 // ScopeLogs
	fieldTime         = 1 // LogRecord
	fieldSeverity     = 2
	fieldSeverityText = 3
	fieldBody         = 5
	fieldAttr         = 6
	fieldTrace        = 9
	fieldSpan         = 10
	fieldObserved     = 11
	fieldKey          = 1 // KeyValue
	fieldValue        = 2
	valueString       = 1 // AnyValue
	valueBool         = 2
	valueInt          = 3
	valueDouble       = 4
	valueBytes        = 7
)

// canonicalID says whether s is an id of n hex digits in lower case and not zero: what
// OTLP can carry so that it comes back as it was.
func canonicalID(s string, n int) bool {
	if len(s) != n {
		return false
	}
	zero := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
		zero = zero && s[i] == '0'
	}
	return !zero
}

// recordWriter makes LogRecords; walking an event twice, it first measures and then
// writes, so that the record is written once, in one allocation.
type recordWriter struct {
	b    []byte
	size int
	// measure says that only size is wanted.
	measure bool
}

// event writes the fields of a LogRecord. first is the first event of its resource.
func (w *recordWriter) event(e, first *Event) {
	w.fixed64(fieldTime, uint64(e.Timestamp))
	if e.Severity != 0 {
		w.varint(fieldSeverity, uint64(e.Severity))
	}
	if e.SeverityText != "" {
		w.bytes(fieldSeverityText, e.SeverityText)
	}
	w.body(e.Body)
	w.int(attrOffset, uint64(e.ID.Offset))
	if e.Size != int64(len(e.Body))+1 {
		w.int(attrSize, uint64(e.Size))
	}
	if e.Sizes != nil {
		w.attr(fieldAttr, attrSizes, string(appendSizes(nil, e.Sizes)))
	}
	if e.Truncated {
		w.bool(attrTruncated)
	}
	if e.TimeObserved {
		w.bool(attrNoTime)
	}
	w.optional(attrService, e.Service, "")
	w.optional(attrHost, e.Host, first.Host)
	w.optional(attrPath, e.Path, first.Path)
	w.optional(attrTemplate, e.Template, "")
	w.optional(attrErrorClass, e.ErrorClass, "")
	trace, span := canonicalID(e.TraceID, 32), canonicalID(e.SpanID, 16)
	if !trace {
		w.optional(attrTrace, e.TraceID, "")
	}
	if !span {
		w.optional(attrSpan, e.SpanID, "")
	}
	for i := range e.Attrs {
		w.attr(fieldAttr, e.Attrs[i].Key, e.Attrs[i].Value)
	}
	if trace {
		w.id(fieldTrace, e.TraceID)
	}
	if span {
		w.id(fieldSpan, e.SpanID)
	}
	w.fixed64(fieldObserved, uint64(e.Observed))
}

func (w *recordWriter) fixed64(number int, v uint64) {
	switch {
	case v == 0:
	case w.measure:
		w.size += 9
	default:
		w.b = appendFixed64(w.b, number, v)
	}
}

func (w *recordWriter) varint(number int, v uint64) {
	if w.measure {
		w.size += 1 + sizeVarint(v)
		return
	}
	w.b = binary.AppendUvarint(appendTag(w.b, number, wireVarint), v)
}

func (w *recordWriter) bytes(number int, s string) {
	if w.measure {
		w.size += sizeField(len(s))
		return
	}
	w.b = appendString(w.b, number, s)
}

// body writes a string, or bytes when it is not UTF-8.
func (w *recordWriter) body(body []byte) {
	inner := sizeField(len(body))
	if w.measure {
		w.size += sizeField(inner)
		return
	}
	kind := valueString
	if !utf8.Valid(body) {
		kind = valueBytes
	}
	w.b = append(appendLen(appendLen(w.b, fieldBody, inner), kind, len(body)), body...)
}

// optional writes an attribute unless it has the value that is understood.
func (w *recordWriter) optional(key, value, understood string) {
	if value != understood {
		w.attr(fieldAttr, key, value)
	}
}

// attr writes an attribute: a string, or bytes when it is not UTF-8, which protobuf's
// strings must be.
func (w *recordWriter) attr(number int, key, value string) {
	inner := sizeField(len(value))
	n := sizeField(len(key)) + sizeField(inner)
	if w.measure {
		w.size += sizeField(n)
		return
	}
	kind := valueString
	if !utf8.ValidString(value) {
		kind = valueBytes
	}
	w.b = appendLen(w.b, number, n)
	w.b = appendString(w.b, fieldKey, key)
	w.b = appendLen(w.b, fieldValue, inner)
	w.b = appendString(w.b, kind, value)
}

func (w *recordWriter) int(key string, v uint64) { w.number(key, valueInt, v) }

func (w *recordWriter) bool(key string) { w.number(key, valueBool, 1) }

func (w *recordWriter) number(key string, kind int, v uint64) {
	inner := 1 + sizeVarint(v)
	n := sizeField(len(key)) + sizeField(inner)
	if w.measure {
		w.size += sizeField(n)
		return
	}
	w.b = appendLen(w.b, fieldAttr, n)
	w.b = appendString(w.b, fieldKey, key)
	w.b = appendLen(w.b, fieldValue, inner)
	w.b = binary.AppendUvarint(appendTag(w.b, kind, wireVarint), v)
}

// id writes an id, which canonicalID has accepted, as bytes.
func (w *recordWriter) id(number int, s string) {
	n := len(s) / 2
	if w.measure {
		w.size += sizeField(n)
		return
	}
	w.b = appendLen(w.b, number, n)
	for i := 0; i < len(s); i += 2 {
		w.b = append(w.b, hexDigit(s[i])<<4|hexDigit(s[i+1]))
	}
}

func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'a' + 10
}

func appendHex(dst, id []byte) []byte { return hex.AppendEncode(dst, id) }
