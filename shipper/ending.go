package shipper

import (
	"context"
	"time"

	"foghorn/shipper/tail"
)

// end finishes a file that is no longer at its source's path, once it is quiet.
func (w *worker) end(ctx context.Context, g *generation, now time.Time) next {
	quiet, away := now.Sub(g.grew), now.Sub(g.away)
	switch {
	case w.src.old && quiet >= w.s.wait.settle:
	case w.src.old:
		return wait
	case w.src.newerThan(g) && quiet >= w.s.wait.settle:
	case w.src.newerThan(g) && away >= w.s.wait.drainLimit:
		g.done = true // its last line may be half written: late takes it
		return again
	case quiet >= w.s.wait.grace && away >= w.s.wait.grace:
	default:
		if !w.src.newerThan(g) {
			w.moved(g)
		}
		return wait
	}
	if !w.rest(ctx, g, now) {
		return wait
	}
	g.done = true
	w.s.dirty.Store(true)
	if w.src.old {
		g.close() // nobody goes on writing to it
	}
	return again
}

// rest takes the unterminated last line of g, if there is one.
func (w *worker) rest(ctx context.Context, g *generation, now time.Time) bool {
	r, ok := w.s.reader(ctx)
	if !ok {
		return false
	}
	l, found, err := r.Rest(g.file, g.cur)
	w.s.readers <- r
	if err != nil {
		w.fail(err)
		return false
	}
	if !found {
		return true
	}
	same, err := g.look(now, true)
	if err != nil || !same {
		w.lost(g, truncated)
		return false
	}
	w.take(g, []tail.Line{l}, tail.At(l.End()))
	return true
}

// late reads what a writer put behind the end of a finished file.
func (w *worker) late(ctx context.Context, g *generation, now time.Time) next {
	if g.file == nil {
		g.check = false
		if err := g.open(); err != nil {
			return rest // it is finished: what cannot be opened is left alone
		}
	}
	if found, ok := w.chunk(ctx, g, now); found || !ok {
		return again
	}
	switch {
	case g.fault != intact || g.file == nil:
		g.close()
		return rest
	case now.Sub(g.grew) >= w.s.wait.grace && g.size > g.at():
		w.rest(ctx, g, now)
		return again
	case now.Sub(g.grew) >= w.s.wait.lateGrace && now.Sub(g.away) >= w.s.wait.lateGrace:
		g.close()
		return rest
	}
	return wait
}
