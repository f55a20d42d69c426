package tail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Stream reads the lines of something that can only be read forward, such as a compressed
// file, and gives the same lines as a Reader gives of the same bytes. It is used by one
// goroutine.
type Stream struct {
	r     io.Reader
	limit int
	buf   []byte // [0,n) stands at offset
	n     int
	next  int64 // offset of the next line
	err   error // from r

	// Of a line over the limit that is being skipped:
	long  *Line
	zeros bool // nothing but NUL so far
}

// NewStream returns a Stream that cuts lines at limit bytes, after it has passed over
// the first offset bytes of r. The error says that r has ended or failed before.
func NewStream(r io.Reader, limit int, offset int64) (*Stream, error) {
	if n, err := io.CopyN(io.Discard, r, offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("pass over %d of %d bytes: %w", n, offset, err)
	}
	return &Stream{r: r, limit: limit, buf: make([]byte, max(ChunkSize, limit+1)), next: offset}, nil
}

// Next returns the next lines, a chunk at most; they have memory of their own. No lines and
// no error mean that there is more to come. Behind the last line it returns r's error,
// io.EOF if all is well; what stands behind the last line feed is the last line, its Size
// without a line feed.
func (s *Stream) Next() ([]Line, error) {
	s.fill()
	if s.long != nil {
		return s.skip(), nil
	}
	b := s.buf[:s.n]
	end, count := 0, 0
	for count < MaxLines {
		i := bytes.IndexByte(b[end:], '\n')
		if i < 0 {
			break
		}
		end += i + 1
		count++
	}
	switch {
	case count > 0:
		return s.lines(end, count), nil
	case s.n > s.limit:
		s.long, s.zeros = &Line{Offset: s.next, Truncated: true}, true
		return s.skip(), nil
	case s.err == nil:
		return nil, nil
	case s.n > 0:
		l := Line{Offset: s.next, Size: int64(s.n), Raw: bytes.Clone(b)}
		s.next, s.n = l.End(), 0
		return []Line{l}, nil
	}
	return nil, s.err
}

// fill reads until there is a chunk with a line in it, or the buffer is full.
func (s *Stream) fill() {
	for s.err == nil && s.n < len(s.buf) {
		if s.n >= ChunkSize && bytes.IndexByte(s.buf[:s.n], '\n') >= 0 {
			return
		}
		var n int
		n, s.err = s.r.Read(s.buf[s.n:])
		s.n += n
	}
}

// lines takes count lines that end at end.
func (s *Stream) lines(end, count int) []Line {
	b := bytes.Clone(s.buf[:end])
	s.n = copy(s.buf, s.buf[end:s.n])
	out := make([]Line, 0, count)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		l := Line{Offset: s.next, Size: int64(i) + 1, Raw: b[:i:i]}
		Cut(&l, int64(s.limit))
		out = append(out, l)
		s.next += l.Size
		b = b[i+1:]
	}
	return out
}

// skip takes what the buffer holds of a line over the limit.
func (s *Stream) skip() []Line {
	b, end := s.buf[:s.n], false
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b, end = b[:i], true
	}
	l := s.long
	l.Size += int64(len(b))
	text := b
	if s.zeros {
		z := int(leadingZeros(b))
		s.zeros = z == len(b)
		if hole := l.Size - int64(len(b)-z); !s.zeros && hole >= int64(s.limit) {
			l.Raw, text = nil, b[z:] // the text behind it is kept, see Reader.Next
		}
	}
	if room := s.limit - len(l.Raw); room > 0 {
		l.Raw = append(l.Raw, text[:min(room, len(text))]...)
	}
	used := len(b)
	if end {
		used++
		l.Size++
	}
	s.n = copy(s.buf, s.buf[used:s.n])
	if !end && s.err == nil {
		return nil
	}
	s.long, s.next = nil, l.End()
	return []Line{*l}
}
