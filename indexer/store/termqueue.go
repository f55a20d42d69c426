package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"foghorn/pipeline"
)

// termQueue holds the segments whose terms are not yet where they belong: those of segments
// that wait to be merged in memory, others in their day's term index.
type termQueue struct {
	mu    sync.Mutex
	items []*segment
	wake  chan struct{}
}

// maxQueuedTerms bounds the segments that are indexed together.
const maxQueuedTerms = 4

func (q *termQueue) put(seg *segment) {
	q.mu.Lock()
	q.items = append(q.items, seg)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take removes the first item and those of the same day behind it, up to maxQueuedTerms.
func (q *termQueue) take() []*segment {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(q.items) && n < maxQueuedTerms && q.items[n].day == q.items[0].day {
		n++
	}
	items := slices.Clone(q.items[:n])
	clear(q.items[:n])
	q.items = q.items[n:]
	return items
}

func (q *termQueue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// indexTerms feeds the term indexes until stop is closed; then it takes in what is at
// hand. What it does not get to is found again at the next start.
func (s *Store) indexTerms(stop <-chan struct{}) {
	collect := newCollector()
	for {
		select {
		case <-s.terms.wake:
		case <-stop:
			s.indexQueued(nil, collect)
			return
		}
		if s.terms.len() < maxQueuedTerms {
			// Segments that are taken in together cost much less: many terms are the same.
			select {
			case <-time.After(s.cfg.IndexDelay):
			case <-stop:
			}
		}
		s.indexQueued(stop, collect)
	}
}

// indexQueued works off the queue. When stop is closed, or nil, it leaves out what would
// have to be read again.
func (s *Store) indexQueued(stop <-chan struct{}, collect *collector) {
	for {
		items := s.terms.take()
		if len(items) == 0 {
			return
		}
		stopping := stop == nil
		select {
		case <-stop:
			stopping = true
		default:
		}
		if stopping {
			items = slices.DeleteFunc(items, func(seg *segment) bool { return seg.terms.Load() == nil })
		}
		if len(items) == 0 {
			continue
		}
		if err := s.indexSegments(items, collect); err != nil {
			s.failed(err)
		}
	}
}

// indexSegments brings the terms of segments of one day where they belong.
func (s *Store) indexSegments(items []*segment, collect *collector) error {
	batch := make(map[*segment][]blockTerms)
	t, err := s.termIndex(items[0].day, false)
	if err != nil {
		return err
	}
	for _, seg := range items {
		if seg.retired.Load() || len(seg.Blocks) == 0 || t != nil && t.has(seg.Number) {
			continue
		}
		own := seg.terms.Load()
		if own == nil {
			terms, err := seg.collect(collect)
			if IsRetired(err) {
				continue
			}
			if err != nil {
				return fmt.Errorf("index again: %w", err)
			}
			own = &memTerms{seg.Number, terms}
			seg.terms.Store(own)
		}
		if !s.waits(seg) {
			batch[seg] = own.blocks
		}
	}
	if len(batch) == 0 {
		return nil
	}
	if t == nil {
		if t, err = s.termIndex(items[0].day, true); err != nil {
			return err
		}
	}
	err = t.add(batch, s.numbers())
	if errors.Is(err, errIndexDamaged) {
		// The index is made anew at the next start; until then the terms stay in memory.
		s.dropTermIndex(items[0].day)
	}
	if err == nil {
		for seg := range batch {
			seg.terms.Store(nil)
		}
	}
	return err
}

// numbers are the segments that count.
func (s *Store) numbers() map[uint64]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := make(map[uint64]bool, len(s.segments))
	for _, seg := range s.segments {
		live[seg.Number] = true
	}
	return live
}

// collect reads the terms of all blocks. A block that cannot be read gets the terms that
// rule nothing out.
func (s *segment) collect(c *collector) ([]blockTerms, error) {
	c.reset()
	terms := make([]blockTerms, len(s.Blocks))
	var e pipeline.Event
	var lines lineWriter
	for i := range s.Blocks {
		c.start()
		b, err := s.read(i, true)
		if errors.Is(err, errCorrupt) {
			terms[i] = blockTerms{words: []string{markManyWords, markLongWords}}
			continue
		}
		if err != nil {
			return nil, err
		}
		lines.reset()
		for r := range b.Len() {
			lines.add(b.Body(r))
			if !b.continues(r) {
				b.Event(r, &e)
				c.event(&e)
			}
		}
		c.lines(&lines)
		terms[i] = c.finish()
	}
	return terms, nil
}

// termIndex returns a day's index, open; nil if there is none and none is to be made. A
// damaged one is moved aside and made anew.
func (s *Store) termIndex(day string, make bool) (*termIndex, error) {
	s.mu.Lock()
	t := s.days[day]
	s.mu.Unlock()
	if t != nil {
		return t, nil
	}
	path := filepath.Join(s.dayDir(day), termDir)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && !make {
		return nil, nil
	}
	t, err := openTermIndex(path, s.queue)
	if errors.Is(err, errIndexDamaged) {
		s.failed(err)
		aside := path + ".damaged"
		if err := os.RemoveAll(aside); err != nil {
			return nil, err
		}
		if err := os.Rename(path, aside); err != nil {
			return nil, err
		}
		t, err = openTermIndex(path, s.queue)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.days[day] = t
	s.mu.Unlock()
	return t, nil
}

func (s *Store) dropTermIndex(day string) {
	s.mu.Lock()
	t := s.days[day]
	delete(s.days, day)
	s.mu.Unlock()
	if t != nil {
		if err := t.close(0); err != nil {
			s.failed(err)
		}
	}
}
