package shipper

import (
	"context"
	"errors"
	"time"

	"foghorn/shipper/tail"
)

// startLive lets hpcloud/tail follow g, where it can.
func (w *worker) startLive(g *generation) {
	live, err := tail.Follow(g.file, g.at())
	if err != nil {
		// It cannot be followed here: the worker polls it instead.
		w.banned = time.Now().Add(time.Minute)
		if !errors.Is(err, tail.ErrUnsupported) {
			w.s.log.Debug().Str("path", w.src.path).Err(err).Msg("file is polled for now")
			w.banned = time.Now().Add(liveRetry)
		}
		return
	}
	w.live, w.liveGen, w.liveAt = live, g, g.at()
	w.liveEnd, w.reset, w.lines, w.heard = false, false, nil, time.Now()
}

func (w *worker) stopLive() {
	if w.live != nil {
		w.live.Stop()
		w.live, w.liveGen, w.lines = nil, nil, nil
	}
}

// gather takes a first line from live, and those that follow at once.
func (w *worker) gather(ctx context.Context, l *tail.Text, ok bool) {
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for bytes := 0; ; {
		switch {
		case !ok:
			w.liveEnd = true
			return
		case l.Err != nil:
			w.liveEnd, w.reset = true, true
			return
		}
		line := tail.Line{Offset: w.liveAt, Size: int64(len(l.Text)) + 1, Raw: []byte(l.Text)}
		tail.Cut(&line, int64(w.s.cfg.LineLimit))
		w.liveAt = line.End()
		w.lines = append(w.lines, line)
		if bytes += len(line.Raw); bytes > gatherBytes {
			return
		}
		select {
		case l, ok = <-w.live.Lines():
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// follow takes the lines that live gave, once g is seen to be still what it was.
func (w *worker) follow(ctx context.Context, g *generation, now time.Time) next {
	lines := w.lines
	w.lines = nil
	same, err := g.look(now, len(lines) > 0)
	switch {
	case err != nil:
		w.stopLive()
		w.fail(err)
		g.close()
		return rest
	case !same || w.reset:
		w.keep(g, lines)
		w.lost(g, truncated)
		return wait
	}
	if len(lines) > 0 {
		w.heard = now
	}
	for len(lines) > 0 && lines[0].Offset < g.at() {
		lines = lines[1:]
	}
	if some, cur := w.allow(lines, tail.At(w.liveAt), now); len(some) < len(lines) {
		w.stopLive() // the rest is read later
		w.take(g, some, cur)
	} else if len(lines) > 0 {
		w.take(g, lines, cur)
	}
	behind := g.size - g.at()
	switch {
	case w.liveEnd:
		w.stopLive()
		w.banned = now.Add(liveRetry)
		return again
	case behind > liveMax || behind > int64(w.s.cfg.LineLimit) && now.Sub(w.heard) > lookEvery:
		// Far behind, or a line over the limit is being written.
		w.stopLive()
		return w.read(ctx, g, now)
	case behind > 0 && g.searched != g.size && now.Sub(g.grew) >= stall:
		if found, ok := w.chunk(ctx, g, now); found || !ok {
			return again // it gives these lines later, and they are dropped then
		}
	}
	if len(lines) == 0 {
		w.moved(g)
	}
	return wait
}
