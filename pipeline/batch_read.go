package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
)

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
			v = value{kind: r.number, data: r.data()}
		case r.is(valueBool, wireVarint), r.is(valueInt, wireVarint), r.is(valueDouble, wireFixed64):
			v = value{kind: r.number, v: r.v}
		case r.kind == wireBytes:
			return v, errValue
		}
	}
	return v, r.err
}

// decodeKeyValue reads a KeyValue. One that is as its writers mostly make it, with a key and
// a text of less than 128 bytes each or an integer, is read without going through its fields.
func decodeKeyValue(b []byte) (key []byte, v value, err error) {
	const (
		tagKey, tagValue = fieldKey<<3 | wireBytes, fieldValue<<3 | wireBytes
		tagText, tagInt  = valueString<<3 | wireBytes, valueInt<<3 | wireVarint
	)
	if len(b) > 2 && b[0] == tagKey && b[1] < 0x80 && int(b[1])+6 <= len(b) {
		key, rest := b[2:2+b[1]:2+b[1]], b[2+b[1]:]
		if rest[0] == tagValue && int(rest[1])+2 == len(rest) && rest[1] < 0x80 {
			if rest[2] == tagText && int(rest[3])+4 == len(rest) {
				return key, value{kind: valueString, data: rest[4:]}, nil
			}
			if rest[2] == tagInt {
				if n, size := binary.Uvarint(rest[3:]); size+3 == len(rest) {
					return key, value{kind: valueInt, v: n}, nil
				}
			}
		}
	}
	r := wireReader{b: b}
	for r.next() {
		switch {
		case r.is(fieldKey, wireBytes):
			key = r.data()
		case r.is(fieldValue, wireBytes):
			if v, err = decodeValue(r.data()); err != nil {
				return nil, v, fmt.Errorf("attribute %q: %w", key, err)
			}
		}
	}
	return key, v, r.err
}

// isNumber says whether the value is in v.
func (v *value) isNumber() bool {
	return v.kind == valueBool || v.kind == valueInt || v.kind == valueDouble
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
