package shipper

import (
	"context"
	"time"

	"foghorn/shipper/tail"
)

// Lines that wait for others, to be one event with them, are held in the pipe of their
// generation. They keep the room that was reserved for them, and no acknowledgement moves
// a mark behind them. They leave the worker in one of three ways: with the event, when it
// is complete or its time-out has passed; given out at once, when their generation ends or
// the shipper stops; or they are dropped and read again.

// take takes lines that were read of g. They may be held back until settle.
func (w *worker) take(g *generation, lines []tail.Line, cur tail.Cursor) {
	g.take(lines, cur)
	if len(lines) == 0 {
		return
	}
	now := time.Now()
	if limit := w.src.set.limit; limit != nil {
		limit.charge(lines, now)
		w.throttle(limit, now)
	}
	w.pipe(g).add(lines, now)
}

func (w *worker) pipe(g *generation) *pipe {
	for _, p := range w.pipes {
		if p.gen == g {
			return p
		}
	}
	p := newPipe(g, w.s.cfg.LineLimit)
	w.pipes = append(w.pipes, p)
	return p
}

// allow cuts off those of the lines that are over the source's rate: they are read again
// later.
func (w *worker) allow(lines []tail.Line, cur tail.Cursor, now time.Time) ([]tail.Line, tail.Cursor) {
	if limit := w.src.set.limit; limit != nil {
		if n := limit.allow(lines, now); n < len(lines) {
			w.throttle(limit, now)
			return lines[:n], tail.At(lines[n].Offset)
		}
	}
	return lines, cur
}

// throttle lets nothing be read until the source is within its rate.
func (w *worker) throttle(limit *limiter, now time.Time) {
	d := limit.delay(now)
	if d > 0 && !now.Before(w.until) {
		w.s.metrics.throttled.Inc()
	}
	w.until = now.Add(d)
}

// settle puts the events that are complete into out. n tells whether more can be read at
// once. src.mu is held.
func (w *worker) settle(n next, now time.Time) {
	pipes := w.pipes[:0]
	for _, p := range w.pipes {
		over := p.gen.done || p.gen.fault != intact
		switch {
		case p.join == nil:
		case over:
			p.join.Flush()
		default:
			p.join.Expire(now)
			if n != again {
				p.join.Settle()
			} else if len(p.events) > 0 && w.live == nil && !p.gen.packed && p.join.Loose() {
				w.reread(p) // cheaper than to make room for it
			}
			p.join.Own()
		}
		w.collect(p)
		if !over {
			pipes = append(pipes, p)
		}
	}
	clear(w.pipes[len(pipes):])
	w.pipes = pipes
}

func (w *worker) collect(p *pipe) {
	if c := p.take(); c != nil {
		w.s.metrics.read(c)
		w.out = append(w.out, c)
	}
}

// reserve reserves room for the next step. Who holds lines back does not wait for it, as
// others might wait for what those take.
func (w *worker) reserve(ctx context.Context, l *lane) error {
	if w.kept > 0 {
		if l.room.TryAcquire(reservation) {
			return nil
		}
		w.src.mu.Lock()
		w.release(false)
		w.push(l, 0)
		w.src.mu.Unlock()
	}
	return l.reserve(ctx)
}

// release empties the pipes. What is held back is given out if out is set, or if the file
// cannot be read again from there, or if it was dropped before already; else it is dropped
// and read again. src.mu is held.
func (w *worker) release(out bool) {
	for _, p := range w.pipes {
		if p.join == nil {
			continue
		}
		n, _, at := p.join.Held()
		switch g := p.gen; {
		case n == 0:
			continue
		case out, g.packed, g.done, g.fault != intact, p.dropped == at+1:
			p.join.Flush()
			w.collect(p)
		default:
			p.dropped = at + 1
			w.reread(p)
			w.stopLive()
		}
	}
}

// reread drops what is held back, to be read again.
func (w *worker) reread(p *pipe) {
	lines, bytes, at := p.join.Held()
	if limit := w.src.set.limit; limit != nil {
		limit.refund(lines, bytes, time.Now())
	}
	p.join.Drop()
	p.gen.cur, p.gen.searched = tail.At(at), -1
}
