package spool

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/gofrs/flock"
)

var (
	// ErrFull says that the queue has no room, or its disk none: try again later (WaitRoom).
	// Nothing of the batch was appended.
	ErrFull = errors.New("spool is full")
	// ErrTooLarge says that a batch is larger than the queue will ever take.
	ErrTooLarge = errors.New("batch is larger than the spool takes")
	// ErrClosed says that the queue was closed.
	ErrClosed = errors.New("spool is closed")
	// ErrLocked says that another process uses the folder.
	ErrLocked = errors.New("another process is using this spool folder")
	// ErrNewer says that a file was written by a newer version.
	ErrNewer = errors.New("spool was written by a newer version")
)

// Queue is the queue. Its methods may be called at the same time.
type Queue struct {
	cfg  Config
	disk disk
	lock *flock.Flock
	now  func() time.Time
	// retryAfter is how long a disk that failed is left alone.
	retryAfter time.Duration
	work       sync.WaitGroup // the committer

	mu         sync.Mutex
	closed     bool
	running    bool // Run was called
	committing bool
	waiting    []*pending            // for the committer
	inflight   map[[16]byte]*pending // of waiting and being committed, by Key
	reserved   int64                 // bytes of waiting and being committed
	state      *state
	segments   []*segment // all files, oldest first
	bytes      int64      // of all files
	acked      position
	refused    int64         // the largest record that found no room since WaitRoom last returned
	fault      error         // why the disk takes nothing
	retry      time.Time     // not before is the disk tried again
	grown      chan struct{} // closed and made anew when records were committed
	shrunk     chan struct{} // the same when records were acknowledged, or there is room
	tidy       chan struct{} // capacity 1: files can be removed
	stats      Stats
	lagSince   time.Time // when the oldest line under way was seen, zero for none

	// The committer's alone.
	current *segment    // the file being written, nil for none
	torn    *segment    // was written behind its end, and is to be cut
	file    segmentFile // current's
	salt    uint32      // current's
	head    int64       // what current begins with takes
	epoch   uint64
	offsets map[string]int64 // of each source in the epoch
}

// maxSources bounds the sources whose offset is remembered; beyond it a new epoch begins.
const maxSources = 100_000

// Open opens the queue in cfg.Dir, which it makes if need be, and takes up what was not
// acknowledged; Run sends it. Errors: ErrLocked, ErrNewer, a fault of cfg, or of the system.
func Open(cfg Config) (*Queue, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make spool folder: %w", err)
	}
	lock := flock.New(filepath.Join(cfg.Dir, "lock"))
	if ok, err := lock.TryLock(); err != nil {
		return nil, fmt.Errorf("lock spool folder %s: %w", cfg.Dir, err)
	} else if !ok {
		return nil, fmt.Errorf("lock spool folder %s: %w", cfg.Dir, ErrLocked)
	}
	q := &Queue{
		cfg: cfg, disk: systemDisk(), lock: lock, now: time.Now, retryAfter: time.Second,
		inflight: make(map[[16]byte]*pending),
		grown:    make(chan struct{}), shrunk: make(chan struct{}), tidy: make(chan struct{}, 1),
	}
	q.begin()
	if err := q.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("spool: %w", err), lock.Close())
	}
	return q, nil
}

// begin starts a new epoch: each source's next line is the first of a new generation.
func (q *Queue) begin() {
	var b [8]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	q.epoch, q.offsets = binary.LittleEndian.Uint64(b[:]), make(map[string]int64)
}

// generation is a source's in this epoch.
func (q *Queue) generation(source string) uint64 {
	d := xxhash.NewWithSeed(q.epoch)
	d.WriteString(source)
	return max(1, d.Sum64())
}

// load reads what an earlier process left.
func (q *Queue) load() error {
	segments, err := listSegments(q.cfg.Dir)
	if err != nil {
		return err
	}
	for _, s := range segments {
		q.bytes += s.end
	}
	q.segments = segments
	pos, ok, err := loadCheckpoint(q.cfg.Dir)
	if err != nil {
		return err
	}
	if ok {
		q.acked = pos
	}
	q.state = newState(q.cfg.MaxBytes)
	// The newest file whose state is whole says what all before it say.
	for i := len(segments) - 1; i >= 0; i-- {
		st, err := q.loadSegment(segments[i])
		if err != nil {
			return err
		}
		if st == nil && i > 0 {
			continue
		}
		if st != nil {
			q.state = st
		}
		for _, s := range segments[i:] {
			if err := q.replay(s); err != nil {
				return err
			}
		}
		break
	}
	return nil
}

// loadSegment returns the state that a file begins with, nil when that cannot be read.
func (q *Queue) loadSegment(s *segment) (*state, error) {
	path := segmentPath(q.cfg.Dir, s.seq)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	salt, ok, err := readHeader(f, path)
	if err != nil || !ok {
		return nil, err
	}
	sc := scanner{f: f, salt: salt, at: headerBytes, end: s.end}
	r, err := sc.next()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := readState(r.payload, q.cfg.MaxBytes)
	if err != nil {
		return nil, nil // damaged: the file before it knows most
	}
	return st, nil
}

// replay adds the keys and marks of a file's batches to the state.
func (q *Queue) replay(s *segment) error {
	f, err := os.Open(segmentPath(q.cfg.Dir, s.seq))
	if err != nil {
		return err
	}
	defer f.Close()
	salt, ok, err := readHeader(f, f.Name())
	if err != nil || !ok {
		return err
	}
	sc := scanner{f: f, salt: salt, at: headerBytes, end: s.end}
	for {
		r, err := sc.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name(), err)
		}
		if len(r.payload) > 0 && r.payload[0] == kindBatch {
			q.state.replay(r.payload, q.now())
		}
	}
}

// Close waits for Appends under way and gives the folder back. Run has returned before.
func (q *Queue) Close() error {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.work.Wait()
	var err error
	if q.file != nil {
		err = q.file.Close()
		q.file = nil
	}
	return errors.Join(err, q.lock.Close())
}

// Mark returns the Mark of the newest batch with this Name, or "".
func (q *Queue) Mark(name string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.state.marks[name]
}

// Ready returns nil, or why the queue takes nothing.
func (q *Queue) Ready() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fault != nil {
		return fmt.Errorf("spool %s: %w", q.cfg.Dir, q.fault)
	}
	if q.refused > 0 && q.refused > q.room() {
		return fmt.Errorf("spool %s: %w: %d of %d bytes wait for the broker", q.cfg.Dir, ErrFull, q.bytes, q.cfg.MaxBytes)
	}
	return nil
}

// WaitRoom waits until what Append last refused could be taken, and returns ctx's error
// when that ends first.
func (q *Queue) WaitRoom(ctx context.Context) error {
	for {
		q.mu.Lock()
		pause := time.Hour
		if q.fault != nil {
			pause = q.retry.Sub(q.now())
		} else if q.refused <= q.room() {
			pause = 0
		}
		if pause <= 0 || q.closed {
			q.refused = 0
			q.mu.Unlock()
			return ctx.Err()
		}
		shrunk := q.shrunk
		q.mu.Unlock()
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-shrunk:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// room is how many bytes can be appended, and the head of a new file. q.mu is held.
func (q *Queue) room() int64 { return q.cfg.MaxBytes - q.bytes - q.reserved - q.state.size() }

// Drain waits until everything appended before was acknowledged, and returns ctx's error
// when that ends first.
func (q *Queue) Drain(ctx context.Context) error {
	q.mu.Lock()
	var end position
	if n := len(q.segments); n > 0 {
		end = position{q.segments[n-1].seq, q.segments[n-1].end}
	}
	for q.acked.before(end) {
		shrunk := q.shrunk
		q.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-shrunk:
		}
		q.mu.Lock()
	}
	q.mu.Unlock()
	return nil
}

func (p position) before(o position) bool {
	return p.seq < o.seq || p.seq == o.seq && p.offset < o.offset
}
