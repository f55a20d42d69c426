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

	message []byte
	at      int // a number: a slice that moves costs a write barrier while garbage is collected
}

// Read returns a Reader of a message.
func Read(message []byte) Reader { return Reader{message: message} }

// Next reads the next field.
func (r *Reader) Next() bool {
	if r.at >= len(r.message) || r.Err != nil {
		return false
	}
	tag, n := r.uvarint()
	if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return r.fail()
	}
	r.at += n
	r.Number, r.Type = int(tag>>3), int(tag&7)
	switch r.Type {
	case Varint:
		if r.Value, n = r.uvarint(); n <= 0 {
			return r.fail()
		}
		r.at += n
	case Fixed64:
		if len(r.message)-r.at < 8 {
			return r.fail()
		}
		r.Value = binary.LittleEndian.Uint64(r.message[r.at:])
		r.at += 8
	case Fixed32:
		if len(r.message)-r.at < 4 {
			return r.fail()
		}
		r.Value = uint64(binary.LittleEndian.Uint32(r.message[r.at:]))
		r.at += 4
	case Bytes:
		size, n := r.uvarint()
		if n <= 0 || size > uint64(len(r.message)-r.at-n) {
			return r.fail()
		}
		begin := r.at + n
		r.at = begin + int(size)
		r.Data = r.message[begin:r.at:r.at]
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

func (r *Reader) uvarint() (uint64, int) {
	if r.at < len(r.message) && r.message[r.at] < 0x80 {
		return uint64(r.message[r.at]), 1
	}
	return binary.Uvarint(r.message[min(r.at, len(r.message)):])
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
