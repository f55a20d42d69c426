package shipper

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"foghorn/shipper/identity"
	"foghorn/shipper/tail"
)

// Times and sizes of a worker. They are not configuration: each stands for a property of
// how programs write and rotate logs.
const (
	// lookEvery is how often a file with a worker is looked at: for rotation, truncation,
	// and, where hpcloud/tail does not follow it, for new lines.
	lookEvery = 100 * time.Millisecond
	// liveMax is how far behind hpcloud/tail may be: Reader is 30 times as fast.
	liveMax = 4 << 20
	// stall is how long after a look lines may stand in a file that hpcloud/tail has not
	// given, since its notifications can be dropped: it looks every 250 ms.
	stall = 200 * time.Millisecond
	// liveRetry is the pause after hpcloud/tail ended by itself.
	liveRetry = 5 * time.Second
	// yieldBytes and yieldQuiet end a turn when other files wait for one.
	yieldBytes = 8 << 20
	yieldQuiet = time.Second
	// gather is how long lines of a live file are gathered before the file is looked at
	// and they are sent.
	gather      = 5 * time.Millisecond
	gatherBytes = 64 << 10
)

// patience is how long writers are waited for. It is no configuration: only tests are
// less patient.
type patience struct {
	// settle is how long a renamed file must be quiet before the file that took its place
	// is read: its writer may not have noticed yet.
	settle time.Duration
	// drainLimit ends that wait for a file whose writer goes on writing to it.
	drainLimit time.Duration
	// grace is how long a file that was renamed or removed with nothing in its place must
	// be quiet before its end is taken for its end.
	grace time.Duration
	// lateGrace is how long a finished file is kept open for a writer that comes late.
	lateGrace time.Duration
}

func defaultPatience() patience {
	return patience{
		settle: 500 * time.Millisecond, drainLimit: 3 * time.Second,
		grace: 5 * time.Second, lateGrace: 30 * time.Second,
	}
}

// next is what a worker does after a step.
type next uint8

const (
	again next = iota // there may be more to read
	wait              // until the file grows, or the registry has done something
	rest              // until a scan finds something to do
)

// worker reads one source while it has a turn.
type worker struct {
	s   *Shipper
	src *source

	live    *tail.Live
	liveGen *generation
	liveAt  int64     // where the next line of live starts
	liveEnd bool      // live has ended, or told of a truncation
	reset   bool      // it told of a truncation
	banned  time.Time // no live before this
	lines   []tail.Line
	heard   time.Time // when live last gave a line

	sent  int       // bytes in this turn
	quiet time.Time // since when nothing was read
	out   []*chunk

	pipes []*pipe   // of the generations that were read in this turn
	kept  int64     // room that lines take which are held back
	until time.Time // nothing is read before: the source is over its rate
}

// work gives src its turn.
func (s *Shipper) work(ctx context.Context, src *source) {
	w := &worker{s: s, src: src, quiet: time.Now()}
	l, err := s.lane(ctx, src)
	if err != nil {
		return
	}
	src.mu.Lock()
	if src.set == nil {
		src.set = s.settingsOf(src.path)
	}
	src.mu.Unlock()
	defer w.leave(ctx, l)
	for ctx.Err() == nil {
		if w.reserve(ctx, l) != nil {
			return
		}
		s.schedule.heard(src)
		n := w.step(ctx)
		w.push(l, reservation)
		if w.kept > 0 {
			n = min(n, wait)
		}
		if n == rest || w.yields(ctx, n) {
			return
		}
		if n == wait {
			w.wait(ctx)
		}
	}
}

// push hands what was read to the lane; reserved is the room that was reserved for it.
func (w *worker) push(l *lane, reserved int64) {
	held := int64(0)
	for _, p := range w.pipes {
		held += p.held()
	}
	for _, c := range w.out {
		w.sent += c.bytes
		w.quiet = time.Now()
	}
	w.kept = l.push(w.out, reserved+w.kept, held)
	w.out = w.out[:0]
}

func (w *worker) yields(ctx context.Context, n next) bool {
	if n == wait && w.kept > 0 && w.sent <= yieldBytes {
		return false // its time-out comes first
	}
	if d := time.Until(w.until); d > 0 && w.s.schedule.waiting(w.src) {
		time.AfterFunc(d, func() { w.s.schedule.ask(ctx, w.src) })
		return true
	}
	quiet := time.Since(w.quiet)
	if n == wait && quiet > w.s.cfg.IdleAfter && !w.unfinished() {
		return true
	}
	if !(w.sent > yieldBytes || n == wait && quiet > yieldQuiet) || !w.s.schedule.waiting(w.src) {
		return false
	}
	if n == again || w.kept > 0 || w.unfinished() {
		w.s.schedule.ask(context.Background(), w.src)
	}
	return true
}

// unfinished says that a renamed file still has to be ended.
func (w *worker) unfinished() bool {
	w.src.mu.Lock()
	defer w.src.mu.Unlock()
	for _, g := range w.src.gens {
		if !g.done && (!g.away.IsZero() || !g.saved) {
			return true
		}
	}
	return false
}

// leave ends the turn. Files stay open while there are few: a file that is renamed or
// removed later can then still be read to its end.
func (w *worker) leave(ctx context.Context, l *lane) {
	w.src.mu.Lock()
	defer w.src.mu.Unlock()
	w.release(ctx.Err() != nil || w.sent == 0) // else the next turn might end as this one did
	w.push(l, 0)
	w.stopLive()
	for _, g := range w.src.gens {
		if !g.packed && g.size > g.at() && (g.done || g.searched != g.size) {
			g.mtime = time.Time{} // something is owed: the next scan is to find it changed
		}
		if g.done || w.s.open.Load() > int64(w.s.cfg.MaxOpen) {
			g.close()
		}
	}
}

// step does one piece of work and puts what it read into out.
func (w *worker) step(ctx context.Context) next {
	w.src.mu.Lock()
	defer w.src.mu.Unlock()
	now := time.Now()
	n := wait
	if now.After(w.until) {
		n = w.look(ctx, now)
	}
	w.settle(n, now)
	return n
}

// look reads what comes next, or does what else is to be done.
func (w *worker) look(ctx context.Context, now time.Time) next {
	todo := rest
	for _, g := range w.src.gens {
		if g.done && (g.file != nil || g.check) && g.fault == intact {
			todo = min(todo, w.late(ctx, g, now))
		}
	}
	g := w.src.first()
	switch {
	case g == nil:
		w.stopLive()
		return todo
	case g.fault != intact || !g.saved:
		w.stopLive()
		w.s.kick()
		return min(todo, wait)
	}
	if g.packed {
		return min(todo, w.unpack(ctx, g))
	}
	if g.file == nil && !w.ready(g) {
		return min(todo, rest)
	}
	if w.live != nil && (w.liveGen != g || !g.away.IsZero()) {
		w.stopLive()
	}
	if w.live != nil {
		return min(todo, w.follow(ctx, g, now))
	}
	return min(todo, w.read(ctx, g, now))
}

// ready opens g. A fault is logged once, and tried again after the next scan.
func (w *worker) ready(g *generation) bool {
	err := g.open()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		g.fault = gone
		w.s.kick()
		return false
	case err != nil:
		w.fail(err)
		return false
	}
	same, err := g.look(time.Now(), true)
	if err != nil {
		w.fail(err)
		return false
	}
	if !same {
		w.lost(g, truncated)
		return false
	}
	if w.src.failure != "" {
		w.src.failure = ""
		w.s.log.Info().Str("path", w.src.path).Msg("file can be read again")
	}
	return true
}

func (w *worker) fail(err error) {
	w.s.metrics.errors.Inc()
	if w.src.failure != err.Error() {
		w.src.failure = err.Error()
		w.s.log.Warn().Str("path", w.src.path).Err(err).Msg("file cannot be read, trying again")
	}
}

// lost hands g to the registry, which closes its file: Live must have ended before that.
func (w *worker) lost(g *generation, f fault) {
	w.stopLive()
	g.fault = f
	w.s.kick()
}

// read reads the next chunk of g; at its end it ends g, or starts to follow it.
func (w *worker) read(ctx context.Context, g *generation, now time.Time) next {
	found, ok := w.chunk(ctx, g, now)
	if !ok || found {
		return again
	}
	if g.fault != intact {
		return wait
	}
	if g.file == nil {
		return rest
	}
	if !g.away.IsZero() {
		return w.end(ctx, g, now)
	}
	w.moved(g)
	if quiet := now.Sub(g.grew); quiet > w.s.cfg.IdleAfter || quiet > yieldQuiet && w.s.schedule.waiting(w.src) {
		return rest
	}
	if g.size-g.at() <= int64(w.s.cfg.LineLimit) && now.After(w.banned) {
		w.startLive(g)
	}
	return wait
}

// chunk reads what comes next in g and checks that g is still what it was. found says
// that something came; ok is false when ctx has ended.
func (w *worker) chunk(ctx context.Context, g *generation, now time.Time) (found, ok bool) {
	r, ok := w.s.reader(ctx)
	if !ok {
		return false, false
	}
	before := g.size
	lines, cur, err := r.Next(g.file, g.cur)
	w.s.readers <- r
	if err != nil {
		w.stopLive() // before the descriptor that it names is given to another file
		w.fail(err)
		g.close()
		return false, true
	}
	found = cur != g.cur
	same, err := g.look(now, found)
	switch {
	case err != nil:
		w.stopLive() // before the descriptor that it names is given to another file
		w.fail(err)
		g.close()
		return false, true
	case !same:
		w.keep(g, lines)
		w.lost(g, truncated)
		return false, true
	}
	lines, cur = w.allow(lines, cur, now)
	w.take(g, lines, cur)
	if !found && g.size == before {
		g.searched = g.size
		return false, true
	}
	return true, true // or it grew meanwhile, maybe just behind the read
}

// keep takes those lines that were read before g was truncated.
func (w *worker) keep(g *generation, lines []tail.Line) {
	if lines = g.unchanged(lines); len(lines) > 0 {
		w.take(g, lines, tail.At(lines[len(lines)-1].End()))
	}
}

// moved tells the registry when g is not at its path any more, or, if it is known to be
// away, when another file has come there.
func (w *worker) moved(g *generation) {
	f, err := identity.Stat(w.src.path)
	switch {
	case err == nil && f.ID != g.id && (g.away.IsZero() || f.Size > 0),
		errors.Is(err, fs.ErrNotExist) && g.away.IsZero():
		w.s.kick()
	}
}

// wait waits for lines of the live file, a nudge, or the next look.
func (w *worker) wait(ctx context.Context) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	var lines <-chan *tail.Text
	if w.live != nil && !w.liveEnd && !time.Now().Before(w.until) {
		lines = w.live.Lines()
	}
	select {
	case <-ctx.Done():
	case <-w.src.wake:
	case <-timer.C:
	case l, ok := <-lines:
		w.gather(ctx, l, ok)
	}
}
