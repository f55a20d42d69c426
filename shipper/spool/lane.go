package spool

import (
	"context"
	"sync"

	"foghorn/pipeline"
)

const (
	// produceBytes and produceRecords bound what is given to one Produce.
	produceBytes   = 256 << 10
	produceRecords = 4_000
)

// part is a window's records of one partition.
type part struct {
	w    *window
	msgs []pipeline.Message
}

// lane sends the records of one partition, in order, with one Produce at a time.
type lane struct {
	s         *sender
	partition int
	wake      chan struct{} // capacity 1

	msgs []pipeline.Message // of several parts; run's alone

	mu    sync.Mutex
	queue []part
}

func (l *lane) put(p part) {
	l.mu.Lock()
	l.queue = append(l.queue, p)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// take returns the next parts and their records.
func (l *lane) take() (parts []part, msgs []pipeline.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, records, bytes := 0, 0, 0
	for n < len(l.queue) && (n == 0 || records < produceRecords && bytes < produceBytes) {
		for i := range l.queue[n].msgs {
			bytes += len(l.queue[n].msgs[i].Value)
		}
		records += len(l.queue[n].msgs)
		n++
	}
	if n == 0 {
		return nil, nil
	}
	parts = append(parts, l.queue[:n]...)
	clear(l.queue[:n])
	l.queue = l.queue[n:]
	if n == 1 {
		return parts, parts[0].msgs
	}
	l.msgs = l.msgs[:0]
	for _, p := range parts {
		l.msgs = append(l.msgs, p.msgs...)
	}
	return parts, l.msgs
}

// run sends until ctx ends, or until stop is closed and all was sent.
func (l *lane) run(ctx context.Context, stop <-chan struct{}) {
	stopping := false
	for {
		if parts, msgs := l.take(); parts != nil {
			sure, err := l.s.deliver.Produce(ctx, msgs)
			if err != nil {
				return // ctx has ended: what was not acknowledged is sent after the next start
			}
			if !sure {
				l.msgs = nil
			}
			for _, p := range parts {
				if !sure {
					p.w.unsure.Store(true)
				}
				l.s.part(p.w)
			}
			continue
		}
		if stopping {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-stop:
			stopping = true
		case <-l.wake:
		}
	}
}
