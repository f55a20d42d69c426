package tail

import (
	"bytes"
	"errors"
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
	pass  int64 // how much is still to be passed over
	err   error // from r

	// Of a line over the limit that is being skipped:
	long  *Line
	zeros bool // nothing but NUL so far
}

// passed is how much of what is passed over one call of Next takes.
const passed = 4 << 20

// NewStream returns a Stream that cuts lines at limit bytes and begins at offset, where a
// line starts.
func NewStream(r io.Reader, limit int, offset int64) *Stream {
	return &Stream{r: r, limit: limit, buf: make([]byte, max(ChunkSize, limit+1)), next: offset, pass: offset}
}

// Next returns the next complete lines, a chunk at most; they have memory of their own. No
// lines and no error mean that there is more to come. Behind the last complete line it
// returns r's error, io.EOF if all is well, and io.ErrUnexpectedEOF where r ends before
// the Stream's beginning.
func (s *Stream) Next() ([]Line, error) {
	if s.pass > 0 && s.err == nil {
		n, err := io.CopyN(io.Discard, s.r, min(s.pass, passed))
		if s.pass -= n; errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		s.err = err
		return nil, err
	}
	s.fill()
	if s.long != nil {
		return s.skip()
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
	if count > 0 {
		return s.lines(end, count), nil
	}
	if s.n > s.limit {
		s.long, s.zeros = &Line{Offset: s.next, Truncated: true}, true
		return s.skip()
	}
	return nil, s.err
}

// Rest returns what stands behind the last line feed as a line, its Size without a line
// feed. ok is false when nothing stands there. It is called once Next has returned an error.
func (s *Stream) Rest() (l Line, ok bool) {
	if s.long != nil {
		l, s.long, s.next = *s.long, nil, s.long.End()
		return l, true
	}
	if s.n == 0 || s.pass > 0 {
		return Line{}, false
	}
	l = Line{Offset: s.next, Size: int64(s.n), Raw: bytes.Clone(s.buf[:s.n])}
	s.next, s.n = l.End(), 0
	return l, true
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
func (s *Stream) skip() ([]Line, error) {
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
	if !end {
		return nil, s.err
	}
	s.long, s.next = nil, l.End()
	return []Line{*l}, nil
}
