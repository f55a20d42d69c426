package pipeline

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// Attributes that carry a line's identity through OTLP. Source, generation and labels
// are resource attributes, the others attributes of the log record.
const (
	attrSource     = "foghorn.source"
	attrGeneration = "foghorn.generation" // 16 hex digits
	attrOffset     = "foghorn.offset"
	attrSize       = "foghorn.size" // only when it is not len(body)+1
	attrTruncated  = "foghorn.truncated"
	attrNoTime     = "foghorn.time_observed" // the timestamp is the observed one
	attrTemplate   = "foghorn.template"
	attrErrorClass = "error.class"
	attrHost       = "host.name"
	attrPath       = "log.file.path"
	attrService    = "service.name"
)

// ErrBadBatch is wrapped by DecodeEvents's error for a record that is no batch of ours.
var ErrBadBatch = errors.New("bad batch of events")

// EncodeEvents makes the logs.events record of events of one source, in offset order: an
// OTLP LogsData protobuf with one resource per generation. A body that is not UTF-8 is
// a bytes value, any other a string. Partition is the raw record's partition.
func EncodeEvents(partition int, events []Event) (Message, error) {
	if len(events) == 0 {
		return Message{}, errors.New("encode events: no events")
	}
	logs := plog.NewLogs()
	var records plog.LogRecordSlice
	for i := range events {
		e := &events[i]
		if i == 0 || e.ID.Generation != events[i-1].ID.Generation {
			r := logs.ResourceLogs().AppendEmpty()
			a := r.Resource().Attributes()
			a.EnsureCapacity(4)
			a.PutStr(attrSource, e.ID.Source)
			a.PutStr(attrGeneration, string(appendHex16(nil, e.ID.Generation)))
			if e.Host != "" {
				a.PutStr(attrHost, e.Host)
			}
			if e.Path != "" {
				a.PutStr(attrPath, e.Path)
			}
			records = r.ScopeLogs().AppendEmpty().LogRecords()
			records.EnsureCapacity(len(events) - i)
		}
		encodeEvent(records.AppendEmpty(), e, &events[0])
	}
	value, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	if err != nil {
		return Message{}, fmt.Errorf("encode events of %s: %w", events[0].ID.Source, err)
	}
	return Message{
		Topic: TopicEvents, Partition: partition,
		Key: []byte(events[0].ID.Source), Value: value,
	}, nil
}

func encodeEvent(r plog.LogRecord, e, first *Event) {
	r.SetTimestamp(pcommon.Timestamp(e.Timestamp))
	r.SetObservedTimestamp(pcommon.Timestamp(e.Observed))
	r.SetSeverityNumber(plog.SeverityNumber(e.Severity))
	r.SetSeverityText(e.SeverityText)
	if validUTF8(e.Body) {
		r.Body().SetStr(string(e.Body))
	} else {
		r.Body().SetEmptyBytes().FromRaw(e.Body)
	}
	if id, ok := decodeID[[16]byte](e.TraceID); ok {
		r.SetTraceID(id)
	}
	if id, ok := decodeID[[8]byte](e.SpanID); ok {
		r.SetSpanID(id)
	}
	a := r.Attributes()
	a.EnsureCapacity(len(e.Attrs) + 4)
	a.PutInt(attrOffset, e.ID.Offset)
	if e.Size != int64(len(e.Body))+1 {
		a.PutInt(attrSize, e.Size)
	}
	if e.Truncated {
		a.PutBool(attrTruncated, true)
	}
	if e.TimeObserved {
		a.PutBool(attrNoTime, true)
	}
	if e.Service != "" {
		a.PutStr(attrService, e.Service)
	}
	if e.Host != first.Host {
		a.PutStr(attrHost, e.Host)
	}
	if e.Template != "" {
		a.PutStr(attrTemplate, e.Template)
	}
	if e.ErrorClass != "" {
		a.PutStr(attrErrorClass, e.ErrorClass)
	}
	for i := range e.Attrs {
		a.PutStr(e.Attrs[i].Key, e.Attrs[i].Value)
	}
}

// DecodeEvents reads a record of logs.events, written by EncodeEvents.
func DecodeEvents(m *Message) ([]Event, error) {
	logs, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(m.Value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadBatch, err)
	}
	events := make([]Event, 0, logs.LogRecordCount())
	for i := 0; i < logs.ResourceLogs().Len(); i++ {
		r := logs.ResourceLogs().At(i)
		var base Event
		if err := decodeResource(&base, r.Resource().Attributes()); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBadBatch, err)
		}
		for j := 0; j < r.ScopeLogs().Len(); j++ {
			records := r.ScopeLogs().At(j).LogRecords()
			for k := 0; k < records.Len(); k++ {
				events = append(events, base)
				decodeEvent(&events[len(events)-1], records.At(k))
			}
		}
	}
	return events, nil
}

func decodeResource(e *Event, a pcommon.Map) error {
	for k, v := range a.All() {
		switch k {
		case attrSource:
			e.ID.Source = v.Str()
		case attrGeneration:
			g, err := strconv.ParseUint(v.Str(), 16, 64)
			if err != nil {
				return fmt.Errorf("generation: %w", err)
			}
			e.ID.Generation = g
		case attrHost:
			e.Host = v.Str()
		case attrPath:
			e.Path = v.Str()
		}
	}
	if e.ID.Source == "" {
		return errors.New("no " + attrSource)
	}
	return nil
}

func decodeEvent(e *Event, r plog.LogRecord) {
	e.Timestamp, e.Observed = int64(r.Timestamp()), int64(r.ObservedTimestamp())
	e.Severity, e.SeverityText = Severity(r.SeverityNumber()), r.SeverityText()
	if b := r.Body(); b.Type() == pcommon.ValueTypeBytes {
		e.Body = b.Bytes().AsRaw()
	} else {
		e.Body = []byte(b.Str())
	}
	if id := r.TraceID(); !id.IsEmpty() {
		e.TraceID = id.String()
	}
	if id := r.SpanID(); !id.IsEmpty() {
		e.SpanID = id.String()
	}
	e.Size = int64(len(e.Body)) + 1
	e.Attrs = make([]Attr, 0, r.Attributes().Len())
	for k, v := range r.Attributes().All() {
		switch k {
		case attrOffset:
			e.ID.Offset = v.Int()
		case attrSize:
			e.Size = v.Int()
		case attrTruncated:
			e.Truncated = v.Bool()
		case attrNoTime:
			e.TimeObserved = v.Bool()
		case attrService:
			e.Service = v.Str()
		case attrHost:
			e.Host = v.Str()
		case attrTemplate:
			e.Template = v.Str()
		case attrErrorClass:
			e.ErrorClass = v.Str()
		default:
			e.Attrs = append(e.Attrs, Attr{k, v.AsString()})
		}
	}
}

// EventTime returns the event's own time.
func (e *Event) EventTime() time.Time { return time.Unix(0, e.Timestamp).UTC() }
