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
// wait in the order in which they asked.
type scheduler struct {
	limit int
	work  func(ctx context.Context, src *source)

	mu      sync.Mutex
	wg      sync.WaitGroup
	queue   []*source
	running int
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
		src.turn = queued
		s.queue = append(s.queue, src)
		s.start(ctx)
	}
}

func (s *scheduler) start(ctx context.Context) {
	for s.running < s.limit && len(s.queue) > 0 && ctx.Err() == nil {
		src := s.queue[0]
		s.queue[0] = nil
		s.queue = s.queue[1:]
		src.turn, src.again = active, false
		s.running++
		s.wg.Go(func() {
			s.work(ctx, src)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.running--
			src.turn = idle
			if src.again {
				src.turn = queued
				s.queue = append(s.queue, src)
			}
			s.start(ctx)
		})
	}
}

// heard says that the worker of src has seen all that it was woken for so far.
func (s *scheduler) heard(src *source) {
	s.mu.Lock()
	src.again = false
	s.mu.Unlock()
}

// waiting says whether another source waits for its turn.
func (s *scheduler) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue) > 0
}

func (s *scheduler) workers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}
