package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

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

func (q *termQueue) take() (queuedTerms, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return queuedTerms{}, false
	}
	item := q.items[0]
	q.items[0] = queuedTerms{}
	q.items = q.items[1:]
	return item, true
}

// indexTerms feeds the term indexes until stop is closed; then it takes in what is at
// hand. What it does not get to is found again at the next start.
func (s *Store) indexTerms(stop <-chan struct{}) {
	collect := newCollector()
	stopping := false
	for {
		item, ok := s.terms.take()
		switch {
		case ok && !(stopping && item.terms == nil):
			if err := s.indexSegment(item, collect); err != nil {
				s.failed(err)
			}
		case ok:
		case stopping:
			return
		default:
			select {
			case <-s.terms.wake:
			case <-stop:
				stopping = true
			}
			continue
		}
		select {
		case <-stop:
			stopping = true
		default:
		}
	}
}

// indexSegment brings a segment's blocks into its day's index, which it opens if need be.
func (s *Store) indexSegment(item queuedTerms, collect *collector) error {
	seg := item.seg
	if seg.retired.Load() || len(seg.Blocks) == 0 {
		return nil
	}
	t, err := s.termIndex(seg.day)
	if err != nil {
		return err
	}
	if t.has(seg.Number) {
		return nil
	}
	terms := item.terms
	if terms == nil {
		if terms, err = seg.collect(collect); err != nil {
			return fmt.Errorf("index again: %w", err)
		}
	}
	err = t.add(seg.Number, terms)
	if errors.Is(err, errIndexDamaged) {
		// The index is made anew by the next start; until then its day is read unfiltered.
		s.dropTermIndex(seg.day)
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
			c.add(&e)
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
		if err := t.close(); err != nil {
			s.failed(err)
		}
	}
}
