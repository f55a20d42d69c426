package wire

import (
	"encoding/binary"
	"errors"
)

// Types of fields.
const (
	Varint  = 0
	Fixed64 = 1
	Bytes   = 2
	Fixed32 = 5
)

// ErrMalformed says that bytes are no message.
var ErrMalformed = errors.New("not a protobuf message")

// Reader reads the fields of one message: while Next returns true, Number, Type and one
// of Value and Data tell the field.
type Reader struct {
	// Number and Type are those of the field.
	Number, Type int
	// Value is that of a Varint, Fixed64 or Fixed32 field, Data that of a Bytes field.
	Value uint64
	Data  []byte
	// Err is why Next returned false, nil at the end.
	Err error

	rest []byte
}

// Read returns a Reader of a message.
func Read(message []byte) Reader { return Reader{rest: message} }

// Next reads the next field.
func (r *Reader) Next() bool {
	if len(r.rest) == 0 || r.Err != nil {
		return false
	}
	tag, n := uvarint(r.rest)
	if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return r.fail()
	}
	r.rest = r.rest[n:]
	r.Number, r.Type = int(tag>>3), int(tag&7)
	switch r.Type {
	case Varint:
		if r.Value, n = uvarint(r.rest); n <= 0 {
			return r.fail()
		}
		r.rest = r.rest[n:]
	case Fixed64:
		if len(r.rest) < 8 {
			return r.fail()
		}
		r.Value, r.rest = binary.LittleEndian.Uint64(r.rest), r.rest[8:]
	case Fixed32:
		if len(r.rest) < 4 {
			return r.fail()
		}
		r.Value, r.rest = uint64(binary.LittleEndian.Uint32(r.rest)), r.rest[4:]
	case Bytes:
		size, n := uvarint(r.rest)
		if n <= 0 || size > uint64(len(r.rest)-n) {
			return r.fail()
		}
		end := n + int(size)
		r.Data, r.rest = r.rest[n:end:end], r.rest[end:]
	default: // groups are gone since proto3
		return r.fail()
	}
	return true
}

func (r *Reader) fail() bool {
	r.Err = ErrMalformed
	return false
}

// Is says whether the field is this one.
func (r *Reader) Is(number, kind int) bool { return r.Number == number && r.Type == kind }

func uvarint(b []byte) (uint64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return binary.Uvarint(b)
}

// AppendVarint appends a Varint field, unless it is zero.
func AppendVarint(b []byte, number int, v uint64) []byte {
	if v == 0 {
		return b
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(number)<<3|Varint), v)
}

// AppendBytes appends a Bytes field, unless it is empty.
func AppendBytes[T ~string | ~[]byte](b []byte, number int, v T) []byte {
	if len(v) == 0 {
		return b
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(number)<<3|Bytes), uint64(len(v)))
	return append(b, v...)
}
