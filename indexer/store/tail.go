package store

import "foghorn/pipeline"

// Tail returns a channel of the lines that Append stores from now on, in batches of at
// most the lines of one record, and a function that ends it. missed is called, with the
// store locked, with the number of lines that the reader was too slow for: the channel
// holds buffer batches, and Append never waits for it. The events must not be changed.
func (s *Store) Tail(buffer int, missed func(lines int)) (<-chan []pipeline.Event, func()) {
	t := &follower{ch: make(chan []pipeline.Event, buffer), missed: missed}
	s.mu.Lock()
	s.tails[t] = struct{}{}
	s.mu.Unlock()
	return t.ch, func() {
		s.mu.Lock()
		delete(s.tails, t)
		s.mu.Unlock()
	}
}

type follower struct {
	ch     chan []pipeline.Event
	missed func(lines int)
}

// publish hands the rows from first on to the followers; the caller holds the lock.
func (s *Store) publish(h *head, first int) {
	n := int(h.n.Load()) - first
	if len(s.tails) == 0 || n == 0 {
		return
	}
	batch := make([]pipeline.Event, n)
	for i := range batch {
		batch[i] = h.row(first + i).event
	}
	for t := range s.tails {
		select {
		case t.ch <- batch:
		default:
			t.missed(n)
		}
	}
}
