package api

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// An answer is sent in pieces. The first goes out when it has firstPiece bytes, so that
// work on it can begin, the next when it has four times as many, up to lastPiece: fewer
// writes. What is less waits for flushEvery at most.
const (
	firstPiece = 16 << 10
	lastPiece  = 256 << 10
	flushEvery = 100 * time.Millisecond
)

// keepBuffer bounds the buffers that are kept for the pieces to come.
const keepBuffer = 1 << 20

// stream is an answer that is sent while it is made. The header goes out with the first
// bytes, so that an error found before them can still choose the status. A client that
// takes nothing for timeout ends the stream.
//
// One goroutine writes; while flushing, a second sends, so that the next piece is made
// while the last is on its way.
type stream struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	timeout time.Duration
	full    chan struct{} // a piece is ready; nil when no goroutine sends

	out    sync.Mutex // whoever sends; taken before mu
	packer packer     // nil: sent as it is
	waits  bool       // something is in packer, or in what buffers behind it
	spare  []byte     // the other buffer

	mu    sync.Mutex
	buf   []byte
	piece int
	sent  bool
	err   error
}

func newStream(w http.ResponseWriter, contentType string, timeout time.Duration) *stream {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not hold live lines back
	return &stream{w: w, rc: http.NewResponseController(w), timeout: timeout, piece: firstPiece}
}

// flushing sends full pieces, and what waits every flushEvery, until the function it
// returns is called, which returns after the last such piece.
func (s *stream) flushing() (stop func()) {
	s.full = make(chan struct{}, 1)
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(flushEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-s.full:
				_ = s.send(false) // the next write returns its error
			case <-tick.C:
				_ = s.send(true)
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(done)
		<-gone
		s.full = nil
		s.mu.Lock()
		full := len(s.buf) >= s.piece
		s.mu.Unlock()
		if full {
			_ = s.send(false)
		}
	})
}

// write appends what add appends, and sends when enough waits. Its error is the client's
// going away.
func (s *stream) write(add func([]byte) []byte) error {
	s.mu.Lock()
	if err := s.err; err != nil {
		s.mu.Unlock()
		return err
	}
	s.buf = add(s.buf)
	n, piece := len(s.buf), s.piece
	s.mu.Unlock()
	switch {
	case n >= piece && s.full == nil, n >= 2*piece: // also where sending does not keep up
		return s.send(false)
	case n >= piece:
		select {
		case s.full <- struct{}{}:
		default:
		}
	}
	return nil
}

// close sends what waits, and the end of what is compressed.
func (s *stream) close() error {
	err := s.send(false)
	if s.packer != nil && err == nil {
		err = s.packer.Close()
		s.mu.Lock()
		s.sent, s.err = true, err
		s.mu.Unlock()
	}
	return err
}

// flush sends what waits, at once.
func (s *stream) flush() error { return s.send(true) }

// begun says whether anything was sent.
func (s *stream) begun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// failed says whether the client went away.
func (s *stream) failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// send writes what waits; now also gets it out of what compresses and what buffers.
func (s *stream) send(now bool) error {
	s.out.Lock()
	defer s.out.Unlock()
	s.mu.Lock()
	piece := s.buf
	if s.err != nil || len(piece) == 0 && !(now && s.waits) {
		err := s.err
		s.mu.Unlock()
		return err
	}
	s.buf, s.spare = s.spare[:0], nil
	s.sent = true
	if len(piece) >= s.piece {
		s.piece = min(4*s.piece, lastPiece)
	}
	s.mu.Unlock()

	err := s.put(piece, now)
	s.waits = !now
	if cap(piece) <= keepBuffer {
		s.spare = piece
	}
	if err != nil {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
	}
	return err
}

func (s *stream) put(piece []byte, now bool) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(s.timeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	var to io.Writer = s.w
	if s.packer != nil {
		to = s.packer
	}
	if _, err := to.Write(piece); err != nil || !now {
		return err
	}
	if s.packer != nil {
		if err := s.packer.Flush(); err != nil {
			return err
		}
	}
	return s.rc.Flush()
}

// slots bounds how many requests of a kind are served at one time.
type slots chan struct{}

// take returns nil and a function that gives the slot back, or the problem to answer.
func (s slots) take(what string) (release func(), p *Problem) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
		return nil, problem(http.StatusTooManyRequests, "busy", "too many requests of this kind", "too many "+what+" at once; try again in a second")
	}
}
