package identity

import (
	"errors"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"
)

// HeadSize is how many of a file's first bytes its head Print covers, once it has them.
const HeadSize = 1024

// Print is the hash of the bytes [Offset, Offset+Len) of a file. The zero Print covers
// nothing and holds for every file.
type Print struct {
	Offset int64  `json:"offset"`
	Len    int64  `json:"len"`
	Sum    uint64 `json:"sum,string"`
}

// PrintOf returns the Print of bytes that stand at offset.
func PrintOf(offset int64, b []byte) Print {
	if len(b) == 0 {
		return Print{}
	}
	return Print{Offset: offset, Len: int64(len(b)), Sum: xxhash.Sum64(b)}
}

// End is the offset behind the range.
func (p Print) End() int64 { return p.Offset + p.Len }

// Holds says whether r has the same bytes in the range. A file that ends before the
// range does fails; an error means that it could not be read.
func (p Print) Holds(r io.ReaderAt) (bool, error) {
	if p.Len == 0 {
		return true, nil
	}
	var small [HeadSize]byte
	b := small[:]
	if p.Len > HeadSize {
		b = make([]byte, p.Len)
	}
	b = b[:p.Len]
	if n, err := r.ReadAt(b, p.Offset); int64(n) < p.Len {
		if err == nil || errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, fmt.Errorf("read fingerprint: %w", err)
	}
	return xxhash.Sum64(b) == p.Sum, nil
}

// Head returns the Print of a file's first HeadSize bytes, or of those that it has.
func Head(r io.ReaderAt) (Print, error) {
	var b [HeadSize]byte
	n, err := r.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Print{}, fmt.Errorf("read fingerprint: %w", err)
	}
	return PrintOf(0, b[:n]), nil
}

// Bytes returns the bytes of a head that is not full yet; nil for a full one.
func (p Print) Bytes(r io.ReaderAt) ([]byte, error) {
	if p.Len >= HeadSize {
		return nil, nil
	}
	b := make([]byte, p.Len)
	if _, err := r.ReadAt(b, p.Offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read fingerprint: %w", err)
	}
	return b, nil
}

// Grow checks a head Print against r and, when it holds, returns one that covers as much
// of the first HeadSize bytes as r has by now.
func (p Print) Grow(r io.ReaderAt) (grown Print, holds bool, err error) {
	var b [HeadSize]byte
	n, err := r.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return p, false, fmt.Errorf("read fingerprint: %w", err)
	}
	if int64(n) < p.Len || (p.Len > 0 && xxhash.Sum64(b[:p.Len]) != p.Sum) {
		return p, false, nil
	}
	return PrintOf(0, b[:n]), true, nil
}

// sameWindow is how many bytes at either end SamePrefix compares.
const sameWindow = 64 << 10

// SamePrefix says whether two files agree as far as the shorter of them reaches, judged
// by the first and the last 64 KiB of that range. Empty files do not agree with any.
func SamePrefix(a, b io.ReaderAt, sizeA, sizeB int64) (bool, error) {
	n := min(sizeA, sizeB)
	if n <= 0 {
		return false, nil
	}
	for _, at := range []int64{0, max(0, n-sameWindow)} {
		l := min(n-at, sameWindow)
		x, y := make([]byte, l), make([]byte, l)
		for _, rd := range []struct {
			r io.ReaderAt
			b []byte
		}{{a, x}, {b, y}} {
			if k, err := rd.r.ReadAt(rd.b, at); int64(k) < l {
				if err == nil || errors.Is(err, io.EOF) {
					return false, nil
				}
				return false, fmt.Errorf("compare files: %w", err)
			}
		}
		if string(x) != string(y) {
			return false, nil
		}
	}
	return true, nil
}
