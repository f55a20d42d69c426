package tail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Line is one line of a file.
type Line struct {
	// Offset is where it starts, Size how many bytes it takes, line feed included.
	Offset, Size int64
	// Raw is the line without its line feed. Of a line over the limit it is the
	// beginning, and Truncated is set.
	Raw       []byte
	Truncated bool
}

// End is the offset of the next line.
func (l *Line) End() int64 { return l.Offset + l.Size }

// Cursor is a place in a file: the start of a line, and how much of a line over the
// limit was already skipped. The zero Cursor is the beginning.
type Cursor struct {
	// Offset is where the next line starts.
	Offset int64
	// skipped bytes from Offset on belong to a line over the limit and hold no line
	// feed; zeros of them, from the start, are NUL.
	skipped, zeros int64
}

// At returns a Cursor at a line's start.
func At(offset int64) Cursor { return Cursor{Offset: offset} }

// Reached is the offset up to which the file was looked at.
func (c Cursor) Reached() int64 { return c.Offset + c.skipped }

// MaxLines bounds the lines of a chunk, and so what many short lines cost in headers.
const MaxLines = 8192

// ChunkSize bounds the bytes of a chunk, but for a line that alone is longer.
const ChunkSize = 256 << 10

// Reader reads the complete lines that a file has. It holds one buffer and is used by
// one goroutine at a time, for any number of files.
type Reader struct {
	limit int64
	buf   []byte
}

// NewReader returns a Reader that cuts lines at limit bytes.
func NewReader(limit int) *Reader {
	return &Reader{limit: int64(limit), buf: make([]byte, max(ChunkSize, limit+1))}
}

// Next returns the next complete lines from c on, a chunk at most, and where to go on. No lines and an unmoved Cursor mean that the file has no further complete line;
// no lines and a moved one that a line over the limit is being skipped. The lines have
// memory of their own.
//
// A line over the limit that begins with NUL bytes for the limit's length, which is what a
// file holds that was truncated beneath a writer without O_APPEND, keeps the text behind
// them instead.
func (r *Reader) Next(f io.ReaderAt, c Cursor) ([]Line, Cursor, error) {
	if c.skipped > 0 {
		return r.skip(f, c)
	}
	n, err := r.readAt(f, r.buf[:min(ChunkSize, len(r.buf))], c.Offset)
	if err != nil {
		return nil, c, err
	}
	if n == ChunkSize && bytes.IndexByte(r.buf[:n], '\n') < 0 {
		more, err := r.readAt(f, r.buf[n:], c.Offset+int64(n))
		if err != nil {
			return nil, c, err
		}
		n += more
	}
	b := r.buf[:n]
	last := bytes.LastIndexByte(b, '\n')
	if last < 0 {
		if int64(n) <= r.limit {
			return nil, c, nil
		}
		c.skipped, c.zeros = int64(n), leadingZeros(b)
		return nil, c, nil
	}
	// Count first: what is copied is what is returned.
	end, count := 0, 0
	for end <= last && count < MaxLines {
		end += bytes.IndexByte(b[end:], '\n') + 1
		count++
	}
	b = bytes.Clone(b[:end])
	lines := make([]Line, 0, count)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		l := Line{Offset: c.Offset, Size: int64(i) + 1, Raw: b[:i:i]}
		Cut(&l, r.limit)
		lines = append(lines, l)
		c.Offset += l.Size
		b = b[i+1:]
	}
	return lines, c, nil
}

// skip looks for the end of a line over the limit.
func (r *Reader) skip(f io.ReaderAt, c Cursor) ([]Line, Cursor, error) {
	n, err := r.readAt(f, r.buf, c.Offset+c.skipped)
	if err != nil {
		return nil, c, err
	}
	b := r.buf[:n]
	i := bytes.IndexByte(b, '\n')
	if i >= 0 {
		b = b[:i]
	}
	if c.zeros == c.skipped {
		c.zeros += leadingZeros(b)
	}
	c.skipped += int64(len(b))
	if i < 0 {
		return nil, c, nil
	}
	l, err := r.long(f, c)
	if err != nil {
		return nil, c, err
	}
	l.Size++
	return []Line{l}, At(l.End()), nil
}

// long makes the line that was skipped up to its end or the file's.
func (r *Reader) long(f io.ReaderAt, c Cursor) (Line, error) {
	from := int64(0)
	if c.zeros >= r.limit && c.zeros < c.skipped {
		from = c.zeros
	}
	raw := make([]byte, min(r.limit, c.skipped-from))
	if n, err := f.ReadAt(raw, c.Offset+from); n < len(raw) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Line{}, fmt.Errorf("read line at offset %d: %w", c.Offset, err)
	}
	return Line{Offset: c.Offset, Size: c.skipped, Raw: raw, Truncated: true}, nil
}

// Rest returns what stands behind the last line feed as a line: the end of a file that
// is known to be finished. Its Size has no line feed in it. ok is false when nothing
// stands there, or a complete line, which Next returns.
func (r *Reader) Rest(f io.ReaderAt, c Cursor) (l Line, ok bool, err error) {
	if c.skipped > 0 {
		l, err = r.long(f, c)
		return l, err == nil, err
	}
	n, err := r.readAt(f, r.buf, c.Offset)
	if err != nil || n == 0 || int64(n) > r.limit || bytes.IndexByte(r.buf[:n], '\n') >= 0 {
		return Line{}, false, err
	}
	return Line{Offset: c.Offset, Size: int64(n), Raw: bytes.Clone(r.buf[:n])}, true, nil
}

func (r *Reader) readAt(f io.ReaderAt, b []byte, at int64) (int, error) {
	n, err := f.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read at offset %d: %w", at, err)
	}
	return n, nil
}

// Cut shortens a line that is longer than limit to its beginning, or, where that is a
// hole, to the text behind it (see Next), and marks it.
func Cut(l *Line, limit int64) {
	if int64(len(l.Raw)) <= limit {
		return
	}
	if z := leadingZeros(l.Raw); z >= limit && z < int64(len(l.Raw)) {
		l.Raw = l.Raw[z:]
	}
	n := min(limit, int64(len(l.Raw)))
	l.Raw, l.Truncated = l.Raw[:n:n], true
}

func leadingZeros(b []byte) int64 {
	for i, c := range b {
		if c != 0 {
			return int64(i)
		}
	}
	return int64(len(b))
}
