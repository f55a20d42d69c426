package shipper

import (
	"context"
	"sync"
)

// turn is where a source stands with the scheduler.
type turn uint8

const (
	idle turn = iota
	queued
	active
)

// scheduler gives sources their turn: at most limit of them have a worker, the others
// wait in the order in which they asked. Those of old files, which no pattern names, have
// few workers of their own, so that they do not hold up files that are being written.
type scheduler struct {
	limit int
	work  func(ctx context.Context, src *source)

	mu        sync.Mutex
	wg        sync.WaitGroup
	live, old class
}

// class is the sources that wait for the same workers.
type class struct {
	queue   []*source
	running int
}

// oldLimit is how many old files are read at the same time.
const oldLimit = 4

func (s *scheduler) class(src *source) (c *class, limit int) {
	if src.old {
		return &s.old, oldLimit
	}
	return &s.live, s.limit
}

// ask wants a worker for src. One that is at work already is woken, and gets another
// turn after this one.
func (s *scheduler) ask(ctx context.Context, src *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch src.turn {
	case active:
		src.again = true
		src.nudge()
	case idle:
		s.enqueue(ctx, src)
	}
}

func (s *scheduler) enqueue(ctx context.Context, src *source) {
	c, limit := s.class(src)
	src.turn = queued
	c.queue = append(c.queue, src)
	s.start(ctx, c, limit)
}

func (s *scheduler) start(ctx context.Context, c *class, limit int) {
	for c.running < limit && len(c.queue) > 0 && ctx.Err() == nil {
		src := c.queue[0]
		c.queue[0] = nil
		c.queue = c.queue[1:]
		src.turn, src.again = active, false
		c.running++
		s.wg.Go(func() {
			s.work(ctx, src)
			s.mu.Lock()
			defer s.mu.Unlock()
			c.running--
			src.turn = idle
			if src.again {
				src.turn = queued
				c.queue = append(c.queue, src)
			}
			s.start(ctx, c, limit)
		})
	}
}

// heard says that the worker of src has seen all that it was woken for so far.
func (s *scheduler) heard(src *source) {
	s.mu.Lock()
	src.again = false
	s.mu.Unlock()
}

// waiting says whether another source waits for a turn that src could give up.
func (s *scheduler) waiting(src *source) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, _ := s.class(src)
	return len(c.queue) > 0
}

func (s *scheduler) workers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live.running + s.old.running
}
