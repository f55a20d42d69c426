package store

import "foghorn/pipeline"

// Tail returns a channel of the events that Append stores from now on, in batches of at
// most the events of one record, and a function that ends it. missed is called, with the
// store locked, with the number of events that the reader was too slow for: the channel
// holds buffer batches, and Append never waits for it. The events must not be changed.
func (s *Store) Tail(buffer int, missed func(events int)) (<-chan []pipeline.Event, func()) {
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
	missed func(events int)
}

// publish hands events to the followers; the caller holds the lock.
func (s *Store) publish(batch []pipeline.Event) {
	if len(batch) == 0 {
		return
	}
	for t := range s.tails {
		select {
		case t.ch <- batch:
		default:
			t.missed(len(batch))
		}
	}
}
