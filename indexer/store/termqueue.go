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

// termQueue holds the segments whose blocks are not yet in their day's term index.
type termQueue struct {
	mu    sync.Mutex
	items []queuedTerms
	wake  chan struct{}
}

// queuedTerms is a segment and, if they are still at hand, its terms.
type queuedTerms struct {
	seg   *segment
	terms []blockTerms
}

// maxQueuedTerms bounds the terms that are kept in memory; those of other segments are
// read from their blocks again.
const maxQueuedTerms = 4

func (q *termQueue) put(seg *segment, terms []blockTerms) {
	q.mu.Lock()
	if len(q.items) >= maxQueuedTerms {
		terms = nil
	}
	q.items = append(q.items, queuedTerms{seg, terms})
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take removes the first item and those of the same day behind it, up to maxQueuedTerms.
func (q *termQueue) take() []queuedTerms {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(q.items) && n < maxQueuedTerms && q.items[n].seg.day == q.items[0].seg.day {
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
			items = slices.DeleteFunc(items, func(q queuedTerms) bool { return q.terms == nil })
		}
		if err := s.indexSegments(items, collect); err != nil {
			s.failed(err)
		}
	}
}

// indexSegments brings segments of one day into its index, which it opens if need be.
func (s *Store) indexSegments(items []queuedTerms, collect *collector) error {
	batch := make(map[uint64][]blockTerms)
	var t *termIndex
	for _, item := range items {
		seg := item.seg
		if seg.retired.Load() || len(seg.Blocks) == 0 {
			continue
		}
		var err error
		if t, err = s.termIndex(seg.day); err != nil {
			return err
		}
		if t.has(seg.Number) {
			continue
		}
		if item.terms == nil {
			if item.terms, err = seg.collect(collect); err != nil {
				if IsRetired(err) {
					continue
				}
				return fmt.Errorf("index again: %w", err)
			}
		}
		batch[seg.Number] = item.terms
	}
	if len(batch) == 0 {
		return nil
	}
	err := t.add(batch)
	if errors.Is(err, errIndexDamaged) {
		// The index is made anew at the next start; until then its day is read unfiltered.
		s.dropTermIndex(items[0].seg.day)
	}
	return err
}

// collect reads the terms of all blocks. A block that cannot be read gets the terms that
// rule nothing out.
func (s *segment) collect(c *collector) ([]blockTerms, error) {
	c.reset()
	terms := make([]blockTerms, len(s.Blocks))
	var e pipeline.Event
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
		for r := range b.Len() {
			b.Event(r, &e)
			c.add(&e, b.continues(r))
		}
		terms[i].words, terms[i].values = c.finish()
	}
	return terms, nil
}

// termIndex returns a day's index, open. A damaged one is moved aside and made anew.
func (s *Store) termIndex(day string) (*termIndex, error) {
	s.mu.Lock()
	t := s.days[day]
	s.mu.Unlock()
	if t != nil {
		return t, nil
	}
	path := filepath.Join(s.dayDir(day), termDir)
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
