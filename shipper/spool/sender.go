package spool

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"foghorn/shipper/deliver"
)

const (
	// windowHeaders bounds the headers of a window's records, but for those of one line.
	windowHeaders = 16 << 10
	// lineCost and headerCost are what a line and each of its headers cost in memory.
	lineCost, headerCost = 220, 40
	// keepWindows and keepBuffer bound the memory that is kept for the next windows.
	keepWindows = 4
	keepBuffer  = 1 << 20
	// readAttempts is how often a file is tried that cannot be read, a second apart, before
	// it is given up.
	readAttempts = 10
)

var errNoSegment = errors.New("it is no segment")

// sender reads records and hands them to the lanes, window by window.
type sender struct {
	q         *Queue
	deliver   *deliver.Sender
	log       zerolog.Logger
	lanes     []*lane
	maxMemory int64
	record    found         // the one being decoded
	room      chan struct{} // capacity 1: memory was given back

	mu     sync.Mutex
	flight []*window // in order of reading
	memory int64
	spare  []*window
}

// window is what was read in one go. It is done when all its parts are acknowledged, and
// acknowledged when all windows before it are.
type window struct {
	end      position
	cost     int64
	lines    int
	parts    atomic.Int32
	observed time.Time // of its first line
	done     bool

	buf    []byte // that the records lie in
	out    outbox
	unsure atomic.Bool // an attempt to send it failed, and may still be reading the memory
}

// read reads until ctx ends.
func (s *sender) read(ctx context.Context) {
	s.q.mu.Lock()
	at := s.q.acked
	s.q.mu.Unlock()
	d := newDecoder(len(s.lanes))
	var (
		f        *os.File
		seq      uint64
		salt     uint32
		failures int
	)
	defer func() {
		if f != nil {
			f.Close()
		}
	}()
	for ctx.Err() == nil {
		seg, last, wait := s.q.next(at)
		if wait != nil {
			select {
			case <-ctx.Done():
				return
			case <-wait:
			}
			if !pause(ctx, s.q.cfg.Linger) {
				return
			}
			continue
		}
		if seg.seq != at.seq || at.offset < headerBytes {
			at = position{seg.seq, headerBytes}
		}
		if f == nil || seq != seg.seq {
			if f != nil {
				f.Close()
			}
			var err error
			if f, salt, err = s.open(seg); err != nil {
				f = nil
				failures++
				at = s.unread(ctx, at, seg, last, err, &failures)
				continue
			}
			seq = seg.seq
		}
		next, err := s.window(ctx, d, &scanner{f: f, salt: salt, at: at.offset, end: seg.end}, seg, last)
		if err != nil {
			failures++
			at = s.unread(ctx, next, seg, last, err, &failures)
			continue
		}
		at, failures = next, 0
	}
}

// open opens a segment's file. One that is no segment, as after a crash while it was made, holds
// no record.
func (s *sender) open(seg segment) (f *os.File, salt uint32, err error) {
	path := segmentPath(s.q.cfg.Dir, seg.seq)
	if f, err = os.Open(path); err != nil {
		return nil, 0, err
	}
	salt, ok, err := readHeader(f, path)
	if err == nil && !ok {
		err = errNoSegment
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, salt, nil
}

// unread decides what to do about a file that cannot be read: try it again, or go on behind.
func (s *sender) unread(ctx context.Context, at position, seg segment, last bool, err error, failures *int) position {
	path := segmentPath(s.q.cfg.Dir, seg.seq)
	if *failures == 1 && !errors.Is(err, errNoSegment) {
		s.fault(path, err)
	}
	if *failures < readAttempts && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNoSegment) {
		pause(ctx, time.Second)
		return at
	}
	*failures = 0
	s.q.damage(s, path, at.offset, seg.end, false)
	return s.skip(at, seg, last)
}

// skip moves behind a segment.
func (s *sender) skip(at position, seg segment, last bool) position {
	if at.offset = seg.end; !last {
		at = position{seg.seq + 1, 0}
	}
	s.launch(&window{end: at})
	return at
}

// window decodes the records from sc's place on that one chunk of the file holds, or a part of
// a larger one, hands them to the lanes, and returns where the next window begins: at the same
// record while d has lines of it left.
func (s *sender) window(ctx context.Context, d *decoder, sc *scanner, seg segment, last bool) (position, error) {
	w, at, now := s.fresh(), position{seg.seq, sc.at}, s.q.now()
	sc.buf = w.buf
	path := segmentPath(s.q.cfg.Dir, seg.seq)
	for first := true; first || len(w.out.headers) < windowHeaders && sc.buffered(); first = false {
		if d.left == 0 {
			r, err := sc.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return at, err
			}
			s.record = r
			err = nil
			if len(r.payload) > 0 && r.payload[0] == kindBatch {
				err = d.begin(r.payload, now)
			}
			if r.payload == nil || err != nil {
				s.q.damage(s, path, r.at, r.end, r.end == seg.end)
			}
		}
		before := d.c.left()
		lines, observed, err := d.more(&w.out, windowHeaders)
		if err != nil {
			s.q.damage(s, path, s.record.at, s.record.end, false)
		}
		if w.observed.IsZero() {
			w.observed = observed
		}
		w.cost += int64(before-d.c.left()) + int64(lines)*lineCost
		w.lines += lines
		if d.left > 0 {
			sc.buf = nil // the next window needs it too
			break
		}
		at.offset, sc.at = s.record.end, s.record.end
	}
	if at.offset >= seg.end && !last {
		at = position{seg.seq + 1, 0}
	}
	w.cost += int64(len(w.out.headers)) * headerCost
	w.buf, w.end = sc.buf, at
	if err := s.reserve(ctx, w.cost); err != nil {
		return at, nil // ctx has ended: nothing of the window was sent
	}
	s.launch(w)
	return at, nil
}

// fresh returns an empty window.
func (s *sender) fresh() *window {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &window{}
	if n := len(s.spare); n > 0 {
		w = s.spare[n-1]
		s.spare[n-1] = nil
		s.spare = s.spare[:n-1]
		w.cost, w.lines, w.observed, w.done = 0, 0, time.Time{}, false
	}
	w.buf = w.buf[:0]
	w.out.reset(len(s.lanes))
	return w
}

// recycle keeps an acknowledged window's memory. s.mu is held.
func (s *sender) recycle(w *window) {
	if !w.unsure.Load() && cap(w.buf) <= keepBuffer && len(s.spare) < keepWindows {
		s.spare = append(s.spare, w)
	}
}

// reserve waits until a window fits in memory beside those under way.
func (s *sender) reserve(ctx context.Context, cost int64) error {
	for {
		s.mu.Lock()
		ok := s.memory == 0 || s.memory+cost <= s.maxMemory
		if ok {
			s.memory += cost
		}
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.room:
		}
	}
}

// launch hands a window's records to the lanes.
func (s *sender) launch(w *window) {
	s.mu.Lock()
	s.flight = append(s.flight, w)
	s.q.lag(s.flight[0].observed)
	s.mu.Unlock()
	w.parts.Store(1) // held until all parts are handed over
	for p, msgs := range w.out.msgs {
		if len(msgs) > 0 {
			w.parts.Add(1)
			s.lanes[p].put(part{w, msgs})
		}
	}
	s.part(w)
}

// part takes the acknowledgement of one part of a window.
func (s *sender) part(w *window) {
	if w.parts.Add(-1) > 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.done = true
	n, lines := 0, 0
	for ; n < len(s.flight) && s.flight[n].done; n++ {
		s.memory -= s.flight[n].cost
		lines += s.flight[n].lines
		s.recycle(s.flight[n])
	}
	if n == 0 {
		return
	}
	s.q.ack(s.flight[n-1].end, lines)
	clear(s.flight[:n])
	if s.flight = s.flight[n:]; len(s.flight) > 0 {
		s.q.lag(s.flight[0].observed)
	} else {
		s.q.lag(time.Time{})
	}
	select {
	case s.room <- struct{}{}:
	default:
	}
}
