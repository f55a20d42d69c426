package store

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// errCorrupt is wrapped by every error about bytes that are not what was written.
var errCorrupt = errors.New("corrupt")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errCorrupt, fmt.Sprintf(format, args...))
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// decoder reads what the append functions of encoding/binary wrote. Its first failure
// sticks: later reads give zeros, and err tells.
type decoder struct {
	b   []byte
	off int
	err error
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = corrupt("%s at byte %d of %d", what, d.off, len(d.b))
	}
}

func (d *decoder) uvarint() uint64 {
	if d.off < len(d.b) {
		if v := d.b[d.off]; v < 0x80 {
			d.off++
			return uint64(v)
		}
	}
	v, n := binary.Uvarint(d.b[d.off:])
	if n <= 0 {
		d.fail("bad varint")
		d.off = len(d.b)
		return 0
	}
	d.off += n
	return v
}

func (d *decoder) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (d *decoder) u64() uint64 {
	b := d.bytes(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)-d.off) {
		d.fail("short data")
		d.off = len(d.b)
		return nil
	}
	b := d.b[d.off : d.off+int(n) : d.off+int(n)]
	d.off += int(n)
	return b
}

// byte reads one.
func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// view returns a string that shares the decoder's bytes, which must never change.
func (d *decoder) view() string { return stringOf(d.bytes(d.uvarint())) }

func (d *decoder) string() string { return string(d.bytes(d.uvarint())) }

// count reads a number of items that take at least one byte each.
func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.b)-d.off) {
		d.fail("impossible count")
		return 0
	}
	return int(n)
}
