package otlp

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/json"
)

// anyValue returns the text of an AnyValue: a string or bytes as they are, else JSON.
func (d *jsonDecoder) anyValue() (text []byte, err error) {
	err = d.message(func(name []byte) error {
		var err error
		start := len(d.text)
		switch string(name) {
		case "stringValue", "string_value":
			text, err = d.stringOrNull()
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
	text, err := d.stringOrNull()
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
		v, err := d.stringOrNull()
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
			key, err = d.stringOrNull()
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
