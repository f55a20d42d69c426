package pipeline

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// DecodeEvents reads a record of logs.events, written by EncodeEvents. Body shares the
// memory of the record; a reader that keeps a few events of many copies them. The strings
// of an event's Attrs and ids share one piece of memory per event.
func DecodeEvents(m *Message) ([]Event, error) {
	d := eventDecoder{}
	r := wireReader{b: m.Value}
	for r.next() {
		if !r.is(fieldResourceLogs, wireBytes) {
			continue
		}
		if err := d.resourceLogs(r.data); err != nil {
			return nil, fmt.Errorf("%w: resource %d: %w", ErrBadBatch, d.resources, err)
		}
		d.resources++
	}
	if r.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadBatch, r.err)
	}
	return d.events, nil
}

// eventDecoder holds what the events of a record share while it is read.
type eventDecoder struct {
	events    []Event
	resources int
	// Of the event being read.
	attrs []decodedAttr
	buf   []byte
	// Strings of the event before, which mostly come again.
	keys                             []string
	service, text, template, errText string
}

// decodedAttr is an attribute whose value is buf[start:end].
type decodedAttr struct {
	key        string
	start, end int
}

func (d *eventDecoder) resourceLogs(b []byte) error {
	var base Event
	records := 0
	for r := (wireReader{b: b}); ; {
		if !r.next() {
			if r.err != nil {
				return r.err
			}
			break
		}
		switch {
		case r.is(fieldResource, wireBytes):
			if err := decodeResource(&base, r.data); err != nil {
				return err
			}
		case r.is(fieldScopeLogs, wireBytes):
			for s := (wireReader{b: r.data}); s.next(); {
				if s.is(fieldLogRecord, wireBytes) {
					records++
				}
			}
		}
	}
	if base.ID.Source == "" {
		return errors.New("no " + attrSource)
	}
	if records = min(records, len(b)/16); cap(d.events)-len(d.events) < records {
		d.events = append(make([]Event, 0, len(d.events)+records), d.events...)
	}
	for r := (wireReader{b: b}); r.next(); {
		if !r.is(fieldScopeLogs, wireBytes) {
			continue
		}
		s := wireReader{b: r.data}
		for s.next() {
			if s.is(fieldLogRecord, wireBytes) {
				d.events = append(d.events, base)
				if err := d.event(&d.events[len(d.events)-1], s.data); err != nil {
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

func decodeResource(e *Event, b []byte) error {
	r := wireReader{b: b}
	for r.next() {
		if !r.is(fieldResourceAttr, wireBytes) {
			continue
		}
		key, v, err := decodeKeyValue(r.data)
		if err != nil {
			return err
		}
		switch string(key) {
		case attrSource:
			e.ID.Source = string(v.data)
		case attrGeneration:
			g, err := strconv.ParseUint(string(v.data), 16, 64)
			if err != nil {
				return fmt.Errorf("generation: %w", err)
			}
			e.ID.Generation = g
		case attrHost:
			e.Host = string(v.data)
		case attrPath:
			e.Path = string(v.data)
		}
	}
	return r.err
}

// event reads a LogRecord into e.
func (d *eventDecoder) event(e *Event, b []byte) error {
	d.attrs, d.buf = d.attrs[:0], d.buf[:0]
	offset, size, trace, span := int64(-1), int64(-1), 0, 0
	r := wireReader{b: b}
	for r.next() {
		switch {
		case r.is(fieldTime, wireFixed64):
			e.Timestamp = int64(r.v)
		case r.is(fieldObserved, wireFixed64):
			e.Observed = int64(r.v)
		case r.is(fieldSeverity, wireVarint):
			e.Severity = Severity(min(r.v, math.MaxUint8))
		case r.is(fieldSeverityText, wireBytes):
			e.SeverityText = same(&d.text, r.data)
		case r.is(fieldBody, wireBytes):
			v, err := decodeValue(r.data)
			if err != nil {
				return fmt.Errorf("body: %w", err)
			}
			e.Body = v.data
		case r.is(fieldAttr, wireBytes):
			key, v, err := decodeKeyValue(r.data)
			if err != nil {
				return err
			}
			if string(key) == attrSizes {
				if e.Sizes, err = decodeSizes(string(v.data)); err != nil {
					return fmt.Errorf("%s: %w", attrSizes, err)
				}
				continue
			}
			d.attr(e, key, &v, &offset, &size)
		case r.is(fieldTrace, wireBytes) && len(r.data) == 16:
			d.buf = appendHex(d.buf, r.data)
			trace = len(d.buf)
		case r.is(fieldSpan, wireBytes) && len(r.data) == 8:
			d.buf = appendHex(d.buf, r.data)
			span = len(d.buf)
		}
	}
	if r.err != nil {
		return r.err
	}
	if e.ID.Offset = offset; offset < 0 {
		return errors.New("no " + attrOffset)
	}
	if e.Body == nil {
		e.Body = []byte{}
	}
	if e.Size = size; size < 0 {
		e.Size = int64(len(e.Body)) + 1
	}
	if err := checkSizes(e.Body, e.Size, e.Sizes); err != nil {
		return fmt.Errorf("%s: %w", attrSizes, err)
	}
	if len(d.buf) == 0 && len(d.attrs) == 0 {
		return nil
	}
	values := string(d.buf)
	if trace > 0 {
		e.TraceID = values[trace-32 : trace]
	}
	if span > 0 {
		e.SpanID = values[span-16 : span]
	}
	if len(d.attrs) > 0 {
		e.Attrs = make([]Attr, len(d.attrs))
		for i, a := range d.attrs {
			e.Attrs[i] = Attr{a.key, values[a.start:a.end]}
		}
	}
	return nil
}

// attr takes an attribute of the event.
func (d *eventDecoder) attr(e *Event, key []byte, v *value, offset, size *int64) {
	switch string(key) {
	case attrOffset:
		*offset = int64(v.v)
	case attrSize:
		*size = int64(v.v)
	case attrTruncated:
		e.Truncated = v.v != 0
	case attrNoTime:
		e.TimeObserved = v.v != 0
	case attrService:
		e.Service = same(&d.service, v.data)
	case attrHost:
		e.Host = string(v.data)
	case attrPath:
		e.Path = string(v.data)
	case attrTemplate:
		e.Template = same(&d.template, v.data)
	case attrErrorClass:
		e.ErrorClass = same(&d.errText, v.data)
	case attrTrace:
		e.TraceID = string(v.data)
	case attrSpan:
		e.SpanID = string(v.data)
	default:
		i := len(d.attrs)
		if i == len(d.keys) {
			d.keys = append(d.keys, "")
		}
		start := len(d.buf)
		d.buf = v.appendText(d.buf)
		d.attrs = append(d.attrs, decodedAttr{same(&d.keys[i], key), start, len(d.buf)})
	}
}

// same returns b as a string: *last where it is that, which saves an allocation.
func same(last *string, b []byte) string {
	if *last != string(b) {
		*last = string(b)
	}
	return *last
}

// value is an AnyValue: data when it is a string or bytes, else the number v.
type value struct {
	kind int
	v    uint64
	data []byte
}

var errValue = errors.New("a value that is a list or a map")

func decodeValue(b []byte) (v value, err error) {
	r := wireReader{b: b}
	for r.next() {
		switch {
		case r.is(valueString, wireBytes), r.is(valueBytes, wireBytes):
			v = value{kind: r.number, data: r.data}
		case r.is(valueBool, wireVarint), r.is(valueInt, wireVarint), r.is(valueDouble, wireFixed64):
			v = value{kind: r.number, v: r.v}
		case r.kind == wireBytes:
			return v, errValue
		}
	}
	return v, r.err
}

func decodeKeyValue(b []byte) (key []byte, v value, err error) {
	r := wireReader{b: b}
	for r.next() {
		switch {
		case r.is(fieldKey, wireBytes):
			key = r.data
		case r.is(fieldValue, wireBytes):
			if v, err = decodeValue(r.data); err != nil {
				return nil, v, fmt.Errorf("attribute %q: %w", key, err)
			}
		}
	}
	return key, v, r.err
}

// appendText appends the value as text.
func (v *value) appendText(b []byte) []byte {
	switch v.kind {
	case valueBool:
		return strconv.AppendBool(b, v.v != 0)
	case valueInt:
		return strconv.AppendInt(b, int64(v.v), 10)
	case valueDouble:
		return strconv.AppendFloat(b, math.Float64frombits(v.v), 'g', -1, 64)
	}
	return append(b, v.data...)
}
