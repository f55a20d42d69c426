package pipeline

import (
	"errors"
	"fmt"
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
	if len(events) == 0 {
		return Message{}, errors.New("encode events: no events")
	}
	source := events[0].ID.Source
	sizes := make([]int, len(events))
	var total int
	for start := 0; start < len(events); {
		first, end, size := &events[start], start, 0
		for ; end < len(events) && events[end].ID.Generation == first.ID.Generation; end++ {
			if events[end].ID.Source != source {
				return Message{}, fmt.Errorf("encode events of %s: one is of %s", source, events[end].ID.Source)
			}
			w := recordWriter{measure: true}
			w.event(&events[end], first)
			sizes[end] = w.size
			size += sizeField(w.size)
		}
		total += sizeField(sizeField(resourceSize(first)) + sizeField(size))
		start = end
	}

	w := recordWriter{b: make([]byte, 0, total)}
	for start := 0; start < len(events); {
		first, end, size := &events[start], start, 0
		for ; end < len(events) && events[end].ID.Generation == first.ID.Generation; end++ {
			size += sizeField(sizes[end])
		}
		n := resourceSize(first)
		w.b = appendLen(w.b, fieldResourceLogs, sizeField(n)+sizeField(size))
		w.b = appendLen(w.b, fieldResource, n)
		w.resource(first)
		w.b = appendLen(w.b, fieldScopeLogs, size)
		for i := start; i < end; i++ {
			w.b = appendLen(w.b, fieldLogRecord, sizes[i])
			w.event(&events[i], first)
		}
		start = end
	}
	return Message{Topic: TopicEvents, Partition: partition, Key: []byte(source), Value: w.b}, nil
}

// resource writes the attributes of the resource whose first event is e.
func (w *recordWriter) resource(e *Event) {
	var generation [16]byte
	w.attr(fieldResourceAttr, attrSource, e.ID.Source)
	w.attr(fieldResourceAttr, attrGeneration, string(appendHex16(generation[:0], e.ID.Generation)))
	if e.Host != "" {
		w.attr(fieldResourceAttr, attrHost, e.Host)
	}
	if e.Path != "" {
		w.attr(fieldResourceAttr, attrPath, e.Path)
	}
}

func resourceSize(e *Event) int {
	w := recordWriter{measure: true}
	w.resource(e)
	return w.size
}

// EventTime returns the event's own time.
func (e *Event) EventTime() time.Time { return time.Unix(0, e.Timestamp).UTC() }
