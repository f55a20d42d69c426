package alert

import (
	"context"
	"sync"
	"time"

	"foghorn/pipeline"
)

// item is one event on its way to one receiver.
type item struct {
	anomaly pipeline.Anomaly
	body    []byte    // the record's value
	written time.Time // when the event was written to the topic
	offset  int64
	ledger  *ledger
	n       uint64 // place in the queue, rising
}

// queue holds the events that wait for one receiver. Safe for concurrent use.
type queue struct {
	max      int
	patience time.Duration
	mu       sync.Mutex
	items    []item
	pushed   uint64
	progress time.Time     // last delivery, or when the queue was last empty
	changed  chan struct{} // closed and renewed on every change
}

func newQueue(size int, patience time.Duration) *queue {
	return &queue{max: size, patience: patience, changed: make(chan struct{})}
}

func (q *queue) signal() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// push appends an event. While the queue is full it waits, until the receiver took
// nothing for the patience; then it makes room by dropping the oldest event, which it
// returns. It reports false when ctx ended first.
func (q *queue) push(ctx context.Context, it item) (dropped *item, ok bool) {
	for {
		q.mu.Lock()
		now := time.Now()
		if len(q.items) == 0 {
			q.progress = now
		}
		stuck := now.Sub(q.progress) >= q.patience
		if len(q.items) >= q.max && stuck {
			first := q.items[0]
			dropped, q.items = &first, q.items[1:]
		}
		if len(q.items) < q.max {
			q.pushed++
			it.n = q.pushed
			q.items = append(q.items, it)
			q.signal()
			q.mu.Unlock()
			return dropped, true
		}
		changed, wait := q.changed, q.patience-now.Sub(q.progress)
		q.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, false
		case <-changed:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// head returns up to n of the oldest events without removing them, and a channel that
// closes when the queue changes.
func (q *queue) head(n int) ([]item, <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]item(nil), q.items[:min(n, len(q.items))]...), q.changed
}

// remove takes out every event for which gone says true and returns them. progress says
// that the receiver took something.
func (q *queue) remove(progress bool, gone func(*item) bool) []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out, keep []item
	for i := range q.items {
		if gone(&q.items[i]) {
			out = append(out, q.items[i])
		} else {
			keep = append(keep, q.items[i])
		}
	}
	q.items = keep
	if progress {
		q.progress = time.Now()
	}
	if len(out) > 0 {
		q.signal()
	}
	return out
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
