package pipeline

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

// DecodeEvents reads a record of logs.events, written by EncodeEvents. The events share the
// memory of the record; a reader that keeps a few events of many clones them.
func DecodeEvents(m *Message) ([]Event, error) {
	var d EventDecoder
	return d.Decode(m)
}

// EventDecoder reads records of logs.events one after the other, in memory that it uses
// again. The zero value is ready; it is used by one goroutine.
type EventDecoder struct {
	events []Event
	attrs  []Attr
	texts  []byte // of values that the record does not hold as text
	names  [512]string
}

// maxKept bounds of how many events an EventDecoder keeps the memory, and maxName how
// long a string is that it remembers.
const (
	maxKept = 8192
	maxName = 256
)

// Decode reads a record, written by EncodeEvents. The events are valid until the next
// call, as long as the record is: Body, Sizes, ids and the values of Attrs share the
// memory of the record and of the decoder (Event.Clone makes one that stays). ID, Host,
// Path, Service, SeverityText, Template, ErrorClass and the keys of Attrs stay.
func (d *EventDecoder) Decode(m *Message) ([]Event, error) {
	if cap(d.events) > maxKept || cap(d.attrs) > 16*maxKept || cap(d.texts) > 64*maxKept {
		d.events, d.attrs, d.texts = nil, nil, nil
	}
	d.events, d.attrs, d.texts = d.events[:0], d.attrs[:0], d.texts[:0]
	resources := 0
	r := wireReader{b: m.Value}
	for r.next() {
		if !r.is(fieldResourceLogs, wireBytes) {
			continue
		}
		if err := d.resourceLogs(r.data()); err != nil {
			return nil, fmt.Errorf("%w: resource %d: %w", ErrBadBatch, resources, err)
		}
		resources++
	}
	if r.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadBatch, r.err)
	}
	return d.events, nil
}

func (d *EventDecoder) resourceLogs(b []byte) error {
	var base Event
	r := wireReader{b: b}
	for r.next() {
		if r.is(fieldResource, wireBytes) {
			if err := d.resource(&base, r.data()); err != nil {
				return err
			}
		}
	}
	if r.err != nil {
		return r.err
	}
	if base.ID.Source == "" {
		return errors.New("no " + attrSource)
	}
	for r = (wireReader{b: b}); r.next(); {
		if !r.is(fieldScopeLogs, wireBytes) {
			continue
		}
		s := wireReader{b: r.data()}
		for s.next() {
			if s.is(fieldLogRecord, wireBytes) {
				d.events = append(d.events, base)
				if err := d.event(&d.events[len(d.events)-1], s.data()); err != nil {
					return fmt.Errorf("event %d: %w", len(d.events)-1, err)
				}
			}
		}
		if s.err != nil {
			return s.err
		}
	}
	return nil
}

func (d *EventDecoder) resource(e *Event, b []byte) error {
	r := wireReader{b: b}
	for r.next() {
		if !r.is(fieldResourceAttr, wireBytes) {
			continue
		}
		key, v, err := decodeKeyValue(r.data())
		if err != nil {
			return err
		}
		switch string(key) {
		case attrSource:
			e.ID.Source = d.name(v.data)
		case attrGeneration:
			g, err := strconv.ParseUint(string(v.data), 16, 64)
			if err != nil {
				return fmt.Errorf("generation: %w", err)
			}
			e.ID.Generation = g
		case attrHost:
			e.Host = d.name(v.data)
		case attrPath:
			e.Path = d.name(v.data)
		}
	}
	return r.err
}

// event reads a LogRecord into e.
func (d *EventDecoder) event(e *Event, b []byte) error {
	first := len(d.attrs)
	e.ID.Offset, e.Size = -1, -1
	r := wireReader{b: b}
	for r.next() {
		switch {
		case r.is(fieldAttr, wireBytes):
			key, v, err := decodeKeyValue(r.data())
			if err == nil {
				err = d.attr(e, key, &v)
			}
			if err != nil {
				return err
			}
		case r.is(fieldTime, wireFixed64):
			e.Timestamp = int64(r.v)
		case r.is(fieldObserved, wireFixed64):
			e.Observed = int64(r.v)
		case r.is(fieldSeverity, wireVarint):
			e.Severity = Severity(min(r.v, math.MaxUint8))
		case r.is(fieldSeverityText, wireBytes):
			e.SeverityText = d.name(r.data())
		case r.is(fieldBody, wireBytes):
			v, err := decodeValue(r.data())
			if err != nil {
				return fmt.Errorf("body: %w", err)
			}
			e.Body = v.data
		case r.is(fieldTrace, wireBytes) && len(r.data()) == 16:
			e.TraceID = d.text(appendHex(d.texts, r.data()))
		case r.is(fieldSpan, wireBytes) && len(r.data()) == 8:
			e.SpanID = d.text(appendHex(d.texts, r.data()))
		}
	}
	if r.err != nil {
		return r.err
	}
	if e.ID.Offset < 0 {
		return errors.New("no " + attrOffset)
	}
	if e.Body == nil {
		e.Body = []byte{}
	}
	if e.Size < 0 {
		e.Size = int64(len(e.Body)) + 1
	}
	if err := checkSizes(e.Body, e.Size, e.Sizes); err != nil {
		return fmt.Errorf("%s: %w", attrSizes, err)
	}
	if last := len(d.attrs); last > first {
		e.Attrs = d.attrs[first:last:last]
	}
	return nil
}

// attr takes an attribute of the event.
func (d *EventDecoder) attr(e *Event, key []byte, v *value) (err error) {
	switch string(key) {
	case attrOffset:
		e.ID.Offset = int64(v.v)
	case attrSize:
		e.Size = int64(v.v)
	case attrSizes:
		if e.Sizes, err = decodeSizes(string(v.data)); err != nil {
			return fmt.Errorf("%s: %w", attrSizes, err)
		}
	case attrTruncated:
		e.Truncated = v.v != 0
	case attrNoTime:
		e.TimeObserved = v.v != 0
	case attrService:
		e.Service = d.name(v.data)
	case attrHost:
		e.Host = d.name(v.data)
	case attrPath:
		e.Path = d.name(v.data)
	case attrTemplate:
		e.Template = d.name(v.data)
	case attrErrorClass:
		e.ErrorClass = d.name(v.data)
	case attrTrace:
		e.TraceID = textOf(v.data)
	case attrSpan:
		e.SpanID = textOf(v.data)
	default:
		text := textOf(v.data)
		if v.isNumber() {
			text = d.text(v.appendText(d.texts))
		}
		d.attrs = append(d.attrs, Attr{d.name(key), text})
	}
	return nil
}

// name returns b as a string that stays: one that was made before, if it is remembered.
func (d *EventDecoder) name(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > maxName {
		return string(b)
	}
	s := &d.names[xxhash.Sum64(b)%uint64(len(d.names))]
	if *s != string(b) {
		*s = string(b)
	}
	return *s
}

// text takes d.texts with a value appended to it, and returns the value.
func (d *EventDecoder) text(texts []byte) string {
	start := len(d.texts)
	d.texts = texts
	return textOf(texts[start:])
}

// textOf returns a string that shares b.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
