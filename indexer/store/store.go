package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	index "github.com/blevesearch/bleve_index_api"
	"github.com/gofrs/flock"

	"foghorn/pipeline"
)

// Store keeps lines. Append is called by the readers of partitions, View by searches; both
// may be called by any number of goroutines.
type Store struct {
	cfg   Config
	deps  Deps
	lock  *flock.Flock
	queue *index.AnalysisQueue

	mu        sync.Mutex
	ledger    *ledger
	head      *head
	sealing   *head
	segments  []*segment            // by number; replaced, never changed
	days      map[string]*termIndex // by day; absent until it is open
	offsets   map[int]int64
	next      uint64 // number of the next segment
	damaged   []Damage
	fault     error         // why the last attempt to seal failed
	room      chan struct{} // closed when a head was sealed, or failed to be
	waiting   int           // how many wait for room
	termBytes int64         // of the term indexes on disk, as last measured
	retention Retention
	changes   int   // of retention
	thinFault error // why the last attempt to thin failed
	thinned   *thinnedList
	tails     map[*follower]struct{}

	wake    chan struct{}
	merging chan struct{} // wakes the merger

	mergeMu    sync.Mutex // one merge at a time; taken before sealMu
	rebuild    *builder   // of the merger, made when it is needed
	unfinished []string   // files of a merge, or of thinning, that failed
	checked    time.Time  // when it was last looked for days to remove
	sealMu     sync.Mutex // one commit at a time
	build      *builder
	terms      termQueue
}

// Damage is a part of the store that cannot be read.
type Damage struct {
	File, Reason string
	Lines        int64
}

// ErrLocked is wrapped by Open when another process uses the folder.
var ErrLocked = errors.New("the store's folder is in use by another process")

// Appended tells what became of a record's events.
type Appended struct {
	// Lines and Bytes count original lines, of which an event has one or more; Duplicates
	// counts events that came before.
	Lines, Bytes, Duplicates int64
	Gaps                     []Gap
}

// Append stores the fresh lines of a record's events and the offset behind the record, both
// or neither: next is the offset of the next record of the partition. The lines can be
// searched when it returns, all at once, and are committed by a later seal. It waits while the head is
// full and the one before it is not sealed yet, and fails only when ctx ends. Of events it
// keeps no memory but the strings that pipeline.EventDecoder says stay.
func (s *Store) Append(ctx context.Context, partition int, next int64, events []pipeline.Event) (Appended, error) {
	if err := s.lockWithRoom(ctx); err != nil {
		return Appended{}, err
	}
	defer s.mu.Unlock()
	var a Appended
	h := s.head
	if h.since.IsZero() {
		h.since = s.deps.Now()
	}
	lines, bytes := h.n.Load(), h.lineBytes
	var live []pipeline.Event
	for i := range events {
		e, seq, line, gap := s.ledger.take(&events[i])
		if e == nil {
			a.Duplicates++
			continue
		}
		if gap > 0 {
			g := Gap{e.ID.Source, e.ID.Generation, e.ID.Offset - gap, e.ID.Offset}
			a.Gaps = append(a.Gaps, g)
		}
		h.append(e, seq, line)
		if len(s.tails) > 0 {
			live = append(live, e.Clone())
		}
	}
	a.Lines, a.Bytes = h.n.Load()-lines, h.lineBytes-bytes
	h.gaps = append(h.gaps, a.Gaps...)
	s.offsets[partition] = next
	s.publish(live)
	if s.full(h) {
		s.rotate()
	}
	return a, nil
}

// Lost notes that records of a partition were gone before they could be read.
func (s *Store) Lost(partition int, from, to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.head.gaps = append(s.head.gaps, Gap{Source: fmt.Sprintf("%s/%d", pipeline.TopicEvents, partition), From: from, To: to})
}

// lockWithRoom returns with the lock held and a head that takes lines.
func (s *Store) lockWithRoom(ctx context.Context) error {
	for {
		s.mu.Lock()
		if !s.full(s.head) {
			return nil
		}
		s.rotate()
		if !s.full(s.head) {
			return nil
		}
		room := s.room
		s.waiting++
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
		}
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (s *Store) full(h *head) bool {
	return h.n.Load() >= int64(s.cfg.SegmentLines) || h.memory >= s.cfg.SegmentBytes
}

// rotate hands the head to the sealer, if that is free.
func (s *Store) rotate() {
	if s.sealing != nil {
		return
	}
	s.sealing = s.head
	s.sealing.offsets = maps.Clone(s.offsets)
	s.head = newHead()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Offsets returns the next offset of each partition, as of the last Append. After Open
// they are those committed with the data: where reading goes on.
func (s *Store) Offsets() map[int]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.offsets)
}

// Ready returns nil while the store takes lines, or why it does not.
func (s *Store) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return fmt.Errorf("store takes no more lines once its head is full: %w", s.fault)
	}
	return nil
}
