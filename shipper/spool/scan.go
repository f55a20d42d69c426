package spool

import (
	"errors"
	"io"
)

// scanner walks the records of a segment from an offset on. Damage is skipped: what stands
// behind it is found by its checksums.
type scanner struct {
	f    io.ReaderAt
	salt uint32
	at   int64 // of the next record
	end  int64

	buf   []byte
	start int64 // file offset of buf[0]
}

// scanChunk is how much is read at once.
const scanChunk = 256 << 10

// found is one record, or a stretch that holds none.
type found struct {
	payload []byte // valid until the next call; nil for damage
	at, end int64  // where the record, or the damage, begins and ends
}

// next returns the next record or stretch of damage, and io.EOF behind the last one.
func (s *scanner) next() (found, error) {
	if s.at >= s.end {
		return found{}, io.EOF
	}
	if f, ok, err := s.record(s.at); ok || err != nil {
		s.at = f.end
		return f, err
	}
	// Nothing can be told from a damaged frame but where it begins: look for the next one.
	for at := s.at + 1; ; at++ {
		if at+frameBytes > s.end {
			at = s.end
		}
		if at < s.end {
			b, err := s.bytes(at, frameBytes)
			if err != nil {
				return found{}, err
			}
			if _, ok := frameLength(b, s.salt); !ok {
				continue
			}
			f, ok, err := s.record(at)
			if err != nil {
				return found{}, err
			}
			if !ok || f.payload == nil {
				continue
			}
		}
		f := found{at: s.at, end: at}
		s.at = at
		return f, nil
	}
}

// record reads the record at an offset. ok is false when there is none; one whose payload
// is damaged is returned without it.
func (s *scanner) record(at int64) (f found, ok bool, err error) {
	if s.end-at < frameBytes {
		return found{}, false, nil
	}
	b, err := s.bytes(at, frameBytes)
	if err != nil {
		return found{}, false, err
	}
	n, ok := frameLength(b, s.salt)
	if !ok || n > s.end-at-frameBytes {
		return found{}, false, nil
	}
	if b, err = s.bytes(at, frameBytes+n); err != nil {
		return found{}, false, err
	}
	f = found{at: at, end: at + frameBytes + n}
	if payload, ok := framePayload(b); ok {
		f.payload = payload
	}
	return f, true, nil
}

// buffered says whether the next record is in memory already.
func (s *scanner) buffered() bool {
	have := s.start + int64(len(s.buf)) - s.at
	if s.at < s.start || have < frameBytes {
		return false
	}
	n, ok := frameLength(s.buf[s.at-s.start:], s.salt)
	return ok && have >= frameBytes+n
}

// bytes returns n bytes at an offset of the file; they are valid until the next call.
func (s *scanner) bytes(at, n int64) ([]byte, error) {
	have := s.start + int64(len(s.buf)) - at
	if at < s.start || have < n {
		var head []byte // what is there already of it
		if at >= s.start && have > 0 {
			head = s.buf[at-s.start:]
		}
		size := min(max(n, scanChunk), s.end-at)
		buf := s.buf[:0]
		if int64(cap(buf)) < size || cap(buf) > 2*scanChunk && size <= scanChunk {
			buf = make([]byte, size)
		}
		buf = buf[:size]
		m := copy(buf, head)
		s.buf, s.start = buf, at
		if k, err := s.f.ReadAt(buf[m:], at+int64(m)); m+k < len(buf) {
			s.buf = nil
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return s.buf[at-s.start : at-s.start+n], nil
}
