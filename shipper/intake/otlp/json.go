package otlp

import (
	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/json"
)

// JSON reads a JSON request into b: the mapping of protobuf (lowerCamelCase names, and
// those of the .proto file, which decoders must take as well) with OTLP's changes: ids are
// hex, enums are numbers. It changes body. What is nested too deeply in a value is kept as
// it was sent. An error other than entry.ErrTooLarge says that body is no request.
func JSON(body []byte, b *entry.Batch) error {
	d := jsonDecoder{decoder: decoder{b: b}, s: json.New(body, requestLevels+valueLevels*b.Depth())}
	err := d.message(func(name []byte) error {
		switch string(name) {
		case "resourceLogs", "resource_logs":
			return d.list(d.resourceLogs)
		}
		return d.s.Skip()
	})
	if err != nil {
		return err
	}
	return d.s.Close()
}

// Levels of JSON around an attribute's value, and for each level of values.
const (
	requestLevels = 16
	valueLevels   = 4
)

// jsonDecoder reads one request.
type jsonDecoder struct {
	decoder
	s      *json.Scanner
	levels int // of the value that is read
}

// message reads an object, or null for one without fields.
func (d *jsonDecoder) message(field func(name []byte) error) error {
	if d.s.Kind() == json.Null {
		return d.s.Skip()
	}
	return d.s.Object(field)
}

// list reads an array, or null for an empty one.
func (d *jsonDecoder) list(element func() error) error {
	if d.s.Kind() == json.Null {
		return d.s.Skip()
	}
	return d.s.Array(element)
}

// later are lists that are read after all other fields of a message, as these are for them.
type later []int

func (l *later) skip(d *jsonDecoder) error {
	d.s.Kind() // to the value
	*l = append(*l, d.s.Offset())
	return d.s.Skip()
}

// read goes back to the lists, and leaves the scanner where it was.
func (l later) read(d *jsonDecoder, element func() error) error {
	end := d.s.Offset()
	for _, at := range l {
		d.s.Seek(at)
		if err := d.list(element); err != nil {
			return err
		}
	}
	d.s.Seek(end)
	return nil
}

func (d *jsonDecoder) resourceLogs() error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	d.reset()
	known := false
	var scopes later
	err := d.message(func(name []byte) error {
		switch string(name) {
		case "resource":
			if err := d.message(d.resourceField); err != nil {
				return err
			}
			d.b.Source(d.host, d.service)
			known = true
			return nil
		case "scopeLogs", "scope_logs":
			if known {
				return d.list(d.scopeLogs)
			}
			return scopes.skip(d)
		}
		return d.s.Skip()
	})
	if err != nil {
		return err
	}
	d.b.Source(d.host, d.service)
	return scopes.read(d, d.scopeLogs)
}

func (d *jsonDecoder) resourceField(name []byte) error {
	if string(name) == "attributes" {
		return d.list(func() error { return d.pair(d.resourceAttr) })
	}
	return d.s.Skip()
}

func (d *jsonDecoder) scopeLogs() error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	known := false
	var records later
	err := d.message(func(name []byte) error {
		switch string(name) {
		case "scope":
			known = true
			return d.message(d.scopeField)
		case "logRecords", "log_records":
			if known {
				return d.list(d.record)
			}
			return records.skip(d)
		}
		return d.s.Skip()
	})
	if err != nil {
		return err
	}
	return records.read(d, d.record)
}

func (d *jsonDecoder) scopeField(name []byte) error {
	switch string(name) {
	case "name", "version":
		v, err := d.stringOrNull()
		if err != nil {
			return err
		}
		if string(name) == "name" {
			d.b.Attr(attrScopeName, v)
		} else {
			d.b.Attr(attrScopeVersion, v)
		}
		return nil
	case "attributes":
		return d.list(func() error { return d.pair(d.b.Attr) })
	}
	return d.s.Skip()
}

func (d *jsonDecoder) record() error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	var rec entry.Record
	var observed int64
	var event []byte
	err := d.message(func(name []byte) (err error) {
		switch string(name) {
		case "timeUnixNano", "time_unix_nano":
			rec.Time, err = d.integer()
		case "observedTimeUnixNano", "observed_time_unix_nano":
			observed, err = d.integer()
		case "severityNumber", "severity_number":
			rec.Severity, err = d.severity()
		case "severityText", "severity_text":
			rec.SeverityText, err = d.stringOrNull()
		case "body":
			rec.Line, err = d.anyValue()
		case "attributes":
			err = d.list(func() error { return d.pair(d.b.Attr) })
		case "traceId", "trace_id":
			rec.Trace, err = d.id(32)
		case "spanId", "span_id":
			rec.Span, err = d.id(16)
		case "eventName", "event_name":
			event, err = d.stringOrNull()
		default:
			err = d.s.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	return d.add(&rec, observed, event, false)
}

// pair reads a KeyValue. take must not keep the value.
func (d *jsonDecoder) pair(take func(key, value []byte)) error {
	var key, value []byte
	start := len(d.text)
	err := d.message(func(name []byte) (err error) {
		switch string(name) {
		case "key":
			key, err = d.stringOrNull()
		case "value":
			value, err = d.anyValue()
		default:
			err = d.s.Skip()
		}
		return err
	})
	if err == nil {
		take(key, value)
		d.text = d.text[:start]
	}
	return err
}
