package api

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// flushSize and flushEvery bound how much of an answer and how long it waits to be sent.
const (
	flushSize  = 64 << 10
	flushEvery = 100 * time.Millisecond
)

// stream is an answer that is sent while it is made. The header goes out with the first
// bytes, so that an error found before them can still choose the status. A client that
// takes nothing for timeout ends the stream.
type stream struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	timeout time.Duration
	packer  packer // nil: sent as it is
	waits   bool   // something is in packer

	mu   sync.Mutex
	buf  []byte
	sent bool
	err  error
}

func newStream(w http.ResponseWriter, contentType string, timeout time.Duration) *stream {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not hold live lines back
	return &stream{w: w, rc: http.NewResponseController(w), timeout: timeout}
}

// flushing sends what waits every flushEvery until the function it returns is called,
// which returns after the last such flush.
func (s *stream) flushing() (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(flushEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				s.flush()
			}
		}
	}()
	return func() { close(done); <-gone }
}

// write appends what add appends, and sends when enough waits. Its error is the client's
// going away.
func (s *stream) write(add func([]byte) []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = add(s.buf)
	if len(s.buf) >= flushSize {
		s.send(s.packer == nil)
	}
	return s.err
}

// close sends what waits, and the end of what is compressed.
func (s *stream) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(true)
	if s.packer != nil && s.err == nil {
		s.sent, s.err = true, s.packer.Close()
	}
	return s.err
}

// flush sends what waits.
func (s *stream) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(true)
	return s.err
}

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
func (s *stream) send(now bool) {
	if s.err != nil || len(s.buf) == 0 && !(now && s.waits) {
		return
	}
	s.sent = true
	if err := s.rc.SetWriteDeadline(time.Now().Add(s.timeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.err = err
		return
	}
	var to io.Writer = s.w
	if s.packer != nil {
		to = s.packer
	}
	if _, s.err = to.Write(s.buf); s.err == nil && now && s.packer != nil {
		s.err = s.packer.Flush()
	}
	if s.err == nil && now {
		s.err = s.rc.Flush()
	}
	s.buf, s.waits = s.buf[:0], !now
}

// slots bounds how many requests of a kind are served at one time.
type slots chan struct{}

// take returns nil and a function that gives the slot back, or the problem to answer.
func (s slots) take(w http.ResponseWriter, what string) (release func(), p *Problem) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
		w.Header().Set("Retry-After", "1")
		return nil, problem(http.StatusTooManyRequests, "busy", "too many requests of this kind", "too many "+what+" at once; try again in a second")
	}
}
