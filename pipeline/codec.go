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

// appendRecord appends an event as a LogRecord field. first is the first event of its
// resource.
func appendRecord(b []byte, e, first *Event) []byte {
	at := len(b) + 3 // most records have a size of two bytes
	b = append(b, fieldLogRecord<<3|wireBytes, 0, 0)
	b = appendEvent(b, e, first)
	n := len(b) - at
	if size := sizeVarint(uint64(n)); size != 2 {
		b = append(b, 0, 0, 0)[:at+size-2+n]
		copy(b[at+size-2:], b[at:at+n])
	}
	binary.PutUvarint(b[at-2:], uint64(n))
	return b
}

// appendEvent appends the fields of a LogRecord.
func appendEvent(b []byte, e, first *Event) []byte {
	b = appendTime(b, fieldTime, e.Timestamp)
	if e.Severity != 0 {
		b = binary.AppendUvarint(appendTag(b, fieldSeverity, wireVarint), uint64(e.Severity))
	}
	if e.SeverityText != "" {
		b = appendString(b, fieldSeverityText, e.SeverityText)
	}
	b = appendBody(b, e.Body)
	b = appendNumber(b, attrOffset, valueInt, uint64(e.ID.Offset))
	if e.Size != int64(len(e.Body))+1 {
		b = appendNumber(b, attrSize, valueInt, uint64(e.Size))
	}
	if e.Sizes != nil {
		b = appendAttr(b, fieldAttr, attrSizes, string(appendSizes(nil, e.Sizes)))
	}
	if e.Truncated {
		b = appendNumber(b, attrTruncated, valueBool, 1)
	}
	if e.TimeObserved {
		b = appendNumber(b, attrNoTime, valueBool, 1)
	}
	b = appendOptional(b, attrService, e.Service, "")
	b = appendOptional(b, attrHost, e.Host, first.Host)
	b = appendOptional(b, attrPath, e.Path, first.Path)
	b = appendOptional(b, attrTemplate, e.Template, "")
	b = appendOptional(b, attrErrorClass, e.ErrorClass, "")
	trace, span := canonicalID(e.TraceID, 32), canonicalID(e.SpanID, 16)
	if !trace {
		b = appendOptional(b, attrTrace, e.TraceID, "")
	}
	if !span {
		b = appendOptional(b, attrSpan, e.SpanID, "")
	}
	for i := range e.Attrs {
		b = appendAttr(b, fieldAttr, e.Attrs[i].Key, e.Attrs[i].Value)
	}
	if trace {
		b = appendID(b, fieldTrace, e.TraceID)
	}
	if span {
		b = appendID(b, fieldSpan, e.SpanID)
	}
	return appendTime(b, fieldObserved, e.Observed)
}

func appendTime(b []byte, number int, t int64) []byte {
	if t == 0 {
		return b
	}
	return appendFixed64(b, number, uint64(t))
}

// appendBody appends a string, or bytes when it is not UTF-8.
func appendBody(b []byte, body []byte) []byte {
	kind := valueString
	if !utf8.Valid(body) {
		kind = valueBytes
	}
	return append(appendLen(appendLen(b, fieldBody, sizeField(len(body))), kind, len(body)), body...)
}

// appendOptional appends an attribute unless it has the value that is understood.
func appendOptional(b []byte, key, value, understood string) []byte {
	if value == understood {
		return b
	}
	return appendAttr(b, fieldAttr, key, value)
}

// sizeAttr is the size of the attribute without what encloses it.
func sizeAttr(key, value string) int { return sizeField(len(key)) + sizeField(sizeField(len(value))) }

// appendAttr appends an attribute: a string, or bytes when it is not UTF-8, which
// protobuf's strings must be.
func appendAttr(b []byte, number int, key, value string) []byte {
	kind := valueString
	if !utf8.ValidString(value) {
		kind = valueBytes
	}
	n := sizeAttr(key, value)
	if n < 0x80 { // as are all that it encloses
		b = append(b, byte(number)<<3|wireBytes, byte(n), fieldKey<<3|wireBytes, byte(len(key)))
		b = append(b, key...)
		b = append(b, fieldValue<<3|wireBytes, byte(len(value)+2), byte(kind)<<3|wireBytes, byte(len(value)))
		return append(b, value...)
	}
	b = appendLen(b, number, n)
	b = appendString(b, fieldKey, key)
	b = appendLen(b, fieldValue, sizeField(len(value)))
	return appendString(b, kind, value)
}

// appendNumber appends an attribute of an event that is a number.
func appendNumber(b []byte, key string, kind int, v uint64) []byte {
	inner := 1 + sizeVarint(v)
	b = appendLen(b, fieldAttr, sizeField(len(key))+sizeField(inner))
	b = appendString(b, fieldKey, key)
	b = appendLen(b, fieldValue, inner)
	return binary.AppendUvarint(appendTag(b, kind, wireVarint), v)
}

// appendID appends an id, which canonicalID has accepted, as bytes.
func appendID(b []byte, number int, s string) []byte {
	b = appendLen(b, number, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		b = append(b, hexDigit(s[i])<<4|hexDigit(s[i+1]))
	}
	return b
}

func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'a' + 10
}

func appendHex(dst, id []byte) []byte { return hex.AppendEncode(dst, id) }
