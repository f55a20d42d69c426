package otlp

import (
	"encoding/base64"
	"errors"
	"math"
	"strconv"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/json"
	"foghorn/shipper/intake/wire"
)

// Field numbers of AnyValue, ArrayValue and KeyValueList.
const (
	valueString = 1
	valueBool   = 2
	valueInt    = 3
	valueDouble = 4
	valueArray  = 5
	valueList   = 6
	valueBytes  = 7
	listValues  = 1
)

func isDeep(err error) bool { return errors.Is(err, json.ErrDepth) }

// value returns the text of an AnyValue: a string or bytes as they are, else JSON.
func (d *decoder) value(data []byte) ([]byte, error) {
	r := wire.Read(data)
	var text []byte
	for r.Next() {
		if r.Type == wire.Bytes && (r.Number == valueString || r.Number == valueBytes) {
			text = r.Data
			continue
		}
		start := len(d.text)
		var known bool
		var err error
		if d.text, known, err = d.appendField(d.text, &r, d.b.Depth()); err != nil {
			return nil, err
		}
		if known {
			text = d.text[start:len(d.text):len(d.text)]
		}
	}
	if int64(len(d.text)) > d.b.MaxSize() {
		return nil, entry.ErrTooLarge
	}
	return text, r.Err
}

// appendValue appends an AnyValue as JSON.
func (d *decoder) appendValue(dst, data []byte, depth int) ([]byte, error) {
	r := wire.Read(data)
	start := len(dst)
	for r.Next() {
		next, known, err := d.appendField(dst[:start], &r, depth)
		if err != nil {
			return dst, err
		}
		if known {
			dst = next
		}
	}
	if len(dst) == start {
		dst = append(dst, "null"...)
	}
	return dst, r.Err
}

// appendField appends the value that r stands at as JSON.
func (d *decoder) appendField(dst []byte, r *wire.Reader, depth int) (out []byte, known bool, err error) {
	switch {
	case r.Is(valueString, wire.Bytes):
		return json.AppendString(dst, r.Data), true, nil
	case r.Is(valueBool, wire.Varint):
		return strconv.AppendBool(dst, r.Value != 0), true, nil
	case r.Is(valueInt, wire.Varint):
		return strconv.AppendInt(dst, int64(r.Value), 10), true, nil
	case r.Is(valueDouble, wire.Fixed64):
		return appendDouble(dst, math.Float64frombits(r.Value)), true, nil
	case r.Is(valueBytes, wire.Bytes):
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), r.Data), '"'), true, nil
	case r.Is(valueArray, wire.Bytes):
		dst, err = d.appendArray(dst, r.Data, depth-1)
		return dst, true, err
	case r.Is(valueList, wire.Bytes):
		dst, err = d.appendList(dst, r.Data, depth-1)
		return dst, true, err
	}
	return dst, false, nil
}

// appendDouble appends a number; those that JSON has not are the strings of OTLP's mapping.
func appendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

func (d *decoder) appendArray(dst, data []byte, depth int) ([]byte, error) {
	if depth < 0 {
		return dst, json.ErrDepth
	}
	dst = append(dst, '[')
	start := len(dst)
	r := wire.Read(data)
	for r.Next() {
		if !r.Is(listValues, wire.Bytes) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = d.appendValue(dst, r.Data, depth); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), r.Err
}

func (d *decoder) appendList(dst, data []byte, depth int) ([]byte, error) {
	if depth < 0 {
		return dst, json.ErrDepth
	}
	dst = append(dst, '{')
	start := len(dst)
	r := wire.Read(data)
	for r.Next() {
		if !r.Is(listValues, wire.Bytes) {
			continue
		}
		var key, value []byte
		pair := wire.Read(r.Data)
		for pair.Next() {
			switch {
			case pair.Is(pairKey, wire.Bytes):
				key = pair.Data
			case pair.Is(pairValue, wire.Bytes):
				value = pair.Data
			}
		}
		if pair.Err != nil {
			return dst, pair.Err
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(json.AppendString(dst, key), ':')
		var err error
		if dst, err = d.appendValue(dst, value, depth); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), r.Err
}
