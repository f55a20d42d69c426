package search

import (
	"context"
	"sync"
	"time"
)

// turns lets as many workers of all searches work at a time as there are CPUs, so that what
// else the process does, taking lines in above all, competes with no more of them however many
// searches there are. Workers wait for their turn before each block. Those of searches that
// have cost little so far and the others are in two queues, first come, first served, which
// take turns themselves: a cheap search waits for a few blocks of dear ones, and no queue
// starves the other.
type turns struct {
	mu     sync.Mutex
	free   int
	queues [2][]chan struct{} // a channel of each waiting worker, closed when its turn has come
	next   int                // the queue to ask first
}

// cheap is how much work a search may have cost to wait among the cheap ones: some ten blocks.
const cheap = 20 * time.Millisecond

// The queues.
const (
	cheapQueue = iota
	dearQueue
)

func newTurns(n int) *turns { return &turns{free: n} }

// take waits for a turn, which must be given back; its error is that of ctx.
func (t *turns) take(ctx context.Context, queue int) error {
	t.mu.Lock()
	if t.free > 0 { // nobody waits
		t.free--
		t.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	t.queues[queue] = append(t.queues[queue], turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	for i, waiting := range t.queues[queue] {
		if waiting == turn {
			t.queues[queue] = append(t.queues[queue][:i], t.queues[queue][i+1:]...)
			t.mu.Unlock()
			return ctx.Err()
		}
	}
	t.mu.Unlock() // the turn has come meanwhile
	t.give()
	return ctx.Err()
}

// give gives a turn back.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range t.queues {
		queue := t.next
		t.next = (queue + 1) % len(t.queues)
		if waiting := t.queues[queue]; len(waiting) > 0 {
			t.queues[queue] = waiting[1:]
			close(waiting[0])
			return
		}
	}
	t.free++
}

// inTurn has what a worker of w does for an item wait for its turn.
func inTurn[T, R any](w *work, do func(context.Context, T) (R, error)) func(context.Context, T) (R, error) {
	return func(ctx context.Context, item T) (result R, err error) {
		queue := cheapQueue
		if time.Duration(w.worked.Load()) > cheap {
			queue = dearQueue
		}
		if err := w.s.turns.take(ctx, queue); err != nil {
			return result, err
		}
		defer w.s.turns.give()
		start := time.Now()
		defer func() { w.worked.Add(int64(time.Since(start))) }()
		return do(ctx, item)
	}
}
