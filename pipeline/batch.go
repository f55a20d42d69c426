package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Attributes that carry a line's identity through OTLP. Source, generation, host and path
// are resource attributes, the others (and host and path where they differ from the
// resource's) attributes of the log record.
const (
	attrSource     = "foghorn.source"
	attrGeneration = "foghorn.generation" // 16 hex digits
	attrOffset     = "foghorn.offset"
	attrSize       = "foghorn.size"  // only when it is not len(body)+1
	attrSizes      = "foghorn.sizes" // as the header of that name
	attrTruncated  = "foghorn.truncated"
	attrNoTime     = "foghorn.time_observed" // the timestamp is the observed one
	attrTemplate   = "foghorn.template"
	attrErrorClass = "error.class"
	attrHost       = "host.name"
	attrPath       = "log.file.path"
	attrService    = "service.name"
	attrTrace      = "trace_id" // only when OTLP's own field cannot carry it
	attrSpan       = "span_id"
)

// ErrBadBatch is wrapped by DecodeEvents's error for a record that is no batch of ours.
var ErrBadBatch = errors.New("bad batch of events")

// EncodeEvents makes the logs.events record of events of one source, in offset order: an
// OTLP LogsData protobuf with one resource per generation. A body that is not UTF-8 is
// a bytes value, any other a string. Partition is the raw record's partition. Keys of
// Attrs are none of the names above.
func EncodeEvents(partition int, events []Event) (Message, error) {
	var x EventEncoder
	return x.Encode(partition, events)
}

// Encode makes a record as EncodeEvents does.
func (x *EventEncoder) Encode(partition int, events []Event) (Message, error) {
	if len(events) == 0 {
		return Message{}, errors.New("encode events: no events")
	}
	source := events[0].ID.Source
	// The sizes of what encloses the records are known when these are written: room is left
	// in front of those of the first generation, which mostly is the only one.
	room := maxHead(&events[0])
	b := x.room(room + recordsSize(events))[:room]
	first := 0
	for start := 0; start < len(events); {
		head, at, end := &events[start], len(b), start
		for ; end < len(events) && events[end].ID.Generation == head.ID.Generation; end++ {
			e := &events[end]
			if e.ID.Source != source {
				return Message{}, fmt.Errorf("encode events of %s: one is of %s", source, e.ID.Source)
			}
			b = appendRecord(b, e, head)
		}
		h := appendHead(make([]byte, 0, maxHead(head)), head, len(b)-at)
		if start == 0 {
			first = room - len(h)
			copy(b[first:], h)
		} else {
			b = slices.Insert(b, at, h...)
		}
		start = end
	}
	return Message{Topic: TopicEvents, Partition: partition, Key: []byte(source), Value: b[first:]}, nil
}

// recordsSize bounds what the events take as records, and is seldom much more.
func recordsSize(events []Event) int {
	n := 0
	for i := range events {
		n += recordSize(&events[i], &events[0])
	}
	return n
}

// recordSize bounds what appendRecord writes, so that it never has to move.
func recordSize(e, first *Event) int {
	const (
		field = 1 + binary.MaxVarintLen32             // around bytes
		fixed = 9                                     // a time
		nums  = 2 + 2 + 2 + 1 + binary.MaxVarintLen64 // around the key of a number, and itself
		least = field + 2*fixed + 2*field + nums + len(attrOffset)
	)
	n := least + 2 + sizeField(len(e.SeverityText)) + len(e.Body)
	if e.Size != int64(len(e.Body))+1 {
		n += nums + len(attrSize)
	}
	if e.Sizes != nil {
		n += sizeWhole(attrSizes, "") + field + 21*len(e.Sizes)
	}
	if e.Truncated {
		n += nums + len(attrTruncated)
	}
	if e.TimeObserved {
		n += nums + len(attrNoTime)
	}
	if e.Host != first.Host {
		n += sizeWhole(attrHost, e.Host)
	}
	if e.Path != first.Path {
		n += sizeWhole(attrPath, e.Path)
	}
	n += sizeOptional(attrService, e.Service) + sizeOptional(attrTemplate, e.Template) + sizeOptional(attrErrorClass, e.ErrorClass) +
		sizeOptional(attrTrace, e.TraceID) + sizeOptional(attrSpan, e.SpanID)
	for i := range e.Attrs {
		n += sizeWhole(e.Attrs[i].Key, e.Attrs[i].Value)
	}
	return n
}

// sizeOptional is the size of an attribute's field, which an empty value has not.
func sizeOptional(key, value string) int {
	if value == "" {
		return 0
	}
	return sizeWhole(key, value)
}

// sizeWhole is the size of an attribute's field.
func sizeWhole(key, value string) int {
	if n := len(key) + len(value); n < 0x70 {
		return 8 + n
	}
	return sizeField(sizeAttr(key, value))
}

// maxHead bounds the size of appendHead's bytes.
func maxHead(e *Event) int {
	const field = 1 + binary.MaxVarintLen32
	return 3*field + 4*4*field + len(attrSource) + len(e.ID.Source) + len(attrGeneration) + 16 +
		len(attrHost) + len(e.Host) + len(attrPath) + len(e.Path)
}

// appendHead appends what stands before the records of a generation, which have n bytes and
// the first of which is e's: the ResourceLogs with its Resource, and the ScopeLogs.
func appendHead(b []byte, e *Event, n int) []byte {
	var generation [16]byte
	attrs := [...]Attr{
		{attrSource, e.ID.Source}, {attrGeneration, string(appendHex16(generation[:0], e.ID.Generation))},
		{attrHost, e.Host}, {attrPath, e.Path},
	}
	size := 0
	for i, a := range attrs {
		if i < 2 || a.Value != "" {
			size += sizeField(sizeAttr(a.Key, a.Value))
		}
	}
	b = appendLen(b, fieldResourceLogs, sizeField(size)+sizeField(n))
	b = appendLen(b, fieldResource, size)
	for i, a := range attrs {
		if i < 2 || a.Value != "" {
			b = appendAttr(b, fieldResourceAttr, a.Key, a.Value)
		}
	}
	return appendLen(b, fieldScopeLogs, n)
}

// EventTime returns the event's own time.
func (e *Event) EventTime() time.Time { return time.Unix(0, e.Timestamp).UTC() }
