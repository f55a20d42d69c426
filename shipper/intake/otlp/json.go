package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"

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
		v, err := d.text1()
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
			rec.SeverityText, err = d.text1()
		case "body":
			rec.Line, err = d.anyValue()
		case "attributes":
			err = d.list(func() error { return d.pair(d.b.Attr) })
		case "traceId", "trace_id":
			rec.Trace, err = d.id(32)
		case "spanId", "span_id":
			rec.Span, err = d.id(16)
		case "eventName", "event_name":
			event, err = d.text1()
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

// text1 reads a string or null.
func (d *jsonDecoder) text1() ([]byte, error) {
	if d.s.Kind() == json.Null {
		return nil, d.s.Skip()
	}
	return d.s.String()
}

// integer reads a number, or a string that holds one, as 64 bits have it in JSON.
func (d *jsonDecoder) integer() (int64, error) {
	var text []byte
	var err error
	switch d.s.Kind() {
	case json.Null:
		return 0, d.s.Skip()
	case json.String:
		text, err = d.s.String()
	default:
		text, err = d.s.Number()
	}
	if err != nil {
		return 0, err
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return n, nil
	}
	if n, err := strconv.ParseUint(string(text), 10, 64); err == nil { // fixed64 are unsigned
		return int64(n), nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f < -1<<63 || f >= 1<<63 {
		return 0, fmt.Errorf("byte %d: want a 64-bit integer, have %.32q", d.s.Offset(), text)
	}
	return int64(f), nil
}

// severity reads a severity number; some senders write its name.
func (d *jsonDecoder) severity() (int, error) {
	if d.s.Kind() != json.String {
		n, err := d.integer()
		return int(min(max(n, 0), 25)), err
	}
	text, err := d.s.String()
	if err != nil {
		return 0, err
	}
	if n, err := strconv.Atoi(string(text)); err == nil {
		return n, nil
	}
	return severityByName(string(text)), nil
}

// id reads a trace or span id of n hex digits, or none.
func (d *jsonDecoder) id(n int) ([]byte, error) {
	id, err := d.text1()
	if err != nil {
		return nil, err
	}
	if len(id) == 0 {
		return nil, nil
	}
	var raw [16]byte
	if _, bad := hex.Decode(raw[:], id[:min(len(id), 32)]); bad != nil || len(id) != n {
		return nil, fmt.Errorf("byte %d: want an id of %d hex digits, have %.40q", d.s.Offset(), n, id)
	}
	return id, nil
}

// pair reads a KeyValue. take must not keep the value.
func (d *jsonDecoder) pair(take func(key, value []byte)) error {
	var key, value []byte
	start := len(d.text)
	err := d.message(func(name []byte) (err error) {
		switch string(name) {
		case "key":
			key, err = d.text1()
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

// anyValue returns the text of an AnyValue: a string or bytes as they are, else JSON.
func (d *jsonDecoder) anyValue() (text []byte, err error) {
	err = d.message(func(name []byte) error {
		var err error
		start := len(d.text)
		switch string(name) {
		case "stringValue", "string_value":
			text, err = d.text1()
			return err
		case "bytesValue", "bytes_value":
			text, err = d.base64()
			return err
		}
		var known bool
		if d.text, known, err = d.appendJSON(d.text, name); known {
			text = d.text[start:len(d.text):len(d.text)]
		}
		return err
	})
	if int64(len(d.text)) > d.b.MaxSize() {
		return nil, entry.ErrTooLarge
	}
	return text, err
}

func (d *jsonDecoder) base64() ([]byte, error) {
	text, err := d.text1()
	if err != nil {
		return nil, err
	}
	enc := base64.StdEncoding
	if n := len(text); n > 0 && n%4 != 0 {
		enc = base64.RawStdEncoding
	}
	n, err := enc.Decode(text, text)
	if err != nil {
		return nil, fmt.Errorf("byte %d: bytesValue: %w", d.s.Offset(), err)
	}
	return text[:n], nil
}

// appendValue appends an AnyValue as JSON.
func (d *jsonDecoder) appendValue(dst []byte) ([]byte, error) {
	start := len(dst)
	err := d.message(func(name []byte) error {
		next, known, err := d.appendJSON(dst[:start], name)
		if known {
			dst = next
		}
		return err
	})
	if len(dst) == start {
		dst = append(dst, "null"...)
	}
	return dst, err
}

// appendJSON appends the value of an AnyValue's field as JSON.
func (d *jsonDecoder) appendJSON(dst, name []byte) (out []byte, known bool, err error) {
	switch string(name) {
	case "stringValue", "string_value", "bytesValue", "bytes_value":
		v, err := d.text1()
		return json.AppendString(dst, v), true, err
	case "boolValue", "bool_value":
		v, err := d.s.Bool()
		return strconv.AppendBool(dst, v), true, err
	case "intValue", "int_value":
		v, err := d.integer()
		return strconv.AppendInt(dst, v, 10), true, err
	case "doubleValue", "double_value":
		if d.s.Kind() == json.String {
			v, err := d.s.String()
			return json.AppendString(dst, v), true, err
		}
		v, err := d.s.Number()
		return append(dst, v...), true, err
	case "arrayValue", "array_value", "kvlistValue", "kvlist_value":
		if d.levels >= d.b.Depth() {
			raw, err := d.s.Raw()
			return append(dst, raw...), true, err
		}
		d.levels++
		if name[0] == 'a' {
			dst, err = d.appendElements(append(dst, '['), d.appendValue)
			dst = append(dst, ']')
		} else {
			dst, err = d.appendElements(append(dst, '{'), d.appendPair)
			dst = append(dst, '}')
		}
		d.levels--
		return dst, true, err
	}
	return dst, false, d.s.Skip()
}

// appendElements appends the "values" of an ArrayValue or KeyValueList.
func (d *jsonDecoder) appendElements(dst []byte, one func([]byte) ([]byte, error)) ([]byte, error) {
	start := len(dst)
	err := d.message(func(name []byte) error {
		if string(name) != "values" {
			return d.s.Skip()
		}
		return d.list(func() (err error) {
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst, err = one(dst)
			return err
		})
	})
	return dst, err
}

// appendPair appends a KeyValue as a member of an object. Where its value comes first the
// key is put in front of it.
func (d *jsonDecoder) appendPair(dst []byte) ([]byte, error) {
	var key []byte
	var value later
	err := d.message(func(name []byte) (err error) {
		switch string(name) {
		case "key":
			key, err = d.text1()
			return err
		case "value":
			return value.skip(d)
		}
		return d.s.Skip()
	})
	if err != nil {
		return dst, err
	}
	dst = append(json.AppendString(dst, key), ':')
	if len(value) == 0 {
		return append(dst, "null"...), nil
	}
	end := d.s.Offset()
	d.s.Seek(value[len(value)-1])
	dst, err = d.appendValue(dst)
	d.s.Seek(end)
	return dst, err
}
