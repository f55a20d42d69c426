package search

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sort"
	"time"

	"foghorn/indexer/store"
)

// ref is a matching event that waits for its turn.
type ref struct {
	time int64
	unit int32 // index into sweep.units
	row  int32 // of its block: the event's first
}

// sweep answers in the order of time, with whole events. It looks at blocks by their best time (the newest
// line they may hold, or the oldest) and returns a line once no block that is left can
// hold a better one. What it holds meanwhile are references.
type sweep struct {
	w       *work
	hit     func(*Hit) error
	sign    int64 // times are compared as sign*time, ascending
	units   []timedUnit
	pending []ref
	cut     bool // pending had to drop its worst
	worst   int64
	ready   []ref
	cur     *cursor
	start   int64 // the signed time at which the answer starts
	batch   *batch
}

type timedUnit struct {
	key  unitKey
	best int64 // sign*time of the first line it may hold
}

func (w *work) byTime(ctx context.Context, cur *cursor, hit func(*Hit) error) error {
	s := &sweep{w: w, hit: hit, sign: 1, cur: cur, worst: math.MaxInt64, batch: w.s.newBatch()}
	defer w.s.release(s.batch)
	if w.req.Order == Newest {
		s.sign = -1
	}
	s.start = math.MinInt64
	if cur != nil {
		s.start = s.sign * cur.Time
	}
	s.units = w.units(s.sign, s.start)
	next := -1
	err := ordered(ctx, w.s.cfg.Workers, func() (int, bool) {
		next++
		return next, next < len(s.units)
	}, inTurn(w, func(ctx context.Context, i int) (judged, error) {
		set, b, err := w.verdict(ctx, s.units[i].key)
		return judged{set, b}, err
	}), func(i int, j judged) error { return s.unit(ctx, i, j) })
	if err == nil {
		err = s.finish(ctx)
	}
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// units lists the blocks in the time range, the one with the best time first; those whose
// times are all before start are left out. Times are multiplied by sign.
func (w *work) units(sign, start int64) (units []timedUnit) {
	for _, p := range w.view.Parts {
		for b := range p.Blocks() {
			k := unitKey{p, b}
			if !w.inTime(k) {
				continue
			}
			oldest, newest := p.Times(b)
			best, last := oldest, newest
			if sign < 0 {
				best, last = -newest, -oldest
			}
			if last >= start {
				units = append(units, timedUnit{k, best})
			}
		}
	}
	slices.SortStableFunc(units, func(a, b timedUnit) int { return cmp.Compare(a.best, b.best) })
	return units
}

// unit takes the verdict of the next block.
func (s *sweep) unit(ctx context.Context, i int, j judged) error {
	if j.bits != nil {
		s.collect(i, j)
	}
	bound := int64(math.MaxInt64)
	if i+1 < len(s.units) {
		bound = s.units[i+1].best
	}
	if err := s.release(ctx, min(bound, s.worst)); err != nil {
		return err
	}
	if s.cut && bound >= s.worst {
		// What was dropped comes next: the answer ends here.
		return s.end(ctx, s.worst)
	}
	// A search whose budget is spent still moves on in time, so that its cursor leads on.
	if i+1 < len(s.units) && bound > s.start && s.w.late() {
		return s.end(ctx, bound)
	}
	return nil
}

// end returns what is ready and says from which time on the answer is incomplete.
func (s *sweep) end(ctx context.Context, time int64) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	s.w.partial = true
	s.w.cursor = s.after(time)
	return errStop
}

// after is the cursor to the lines of the given signed time and those that follow. Where
// lines of that time were returned already, it stands behind the last of them.
func (s *sweep) after(time int64) string {
	if s.cur != nil && s.cur.Within && s.sign*s.cur.Time == time {
		return s.cur.encode(&s.w.req)
	}
	return cursor{Time: s.sign * time}.encode(&s.w.req)
}

func (s *sweep) collect(i int, j judged) {
	k := s.units[i].key
	from, n := k.part.Rows(k.block)
	rowsIn(j.bits, 0, n, func(row int) bool {
		r := ref{j.block.Time(row), int32(i), int32(row)}
		if s.sign*r.time < s.worst && s.behind(r, from) {
			s.pending = append(s.pending, r)
		}
		return true
	})
	// Keep no more than can be returned.
	most := s.w.s.cfg.MaxPending
	limited := false
	if l := s.w.req.Limit; l > 0 && l-int(s.w.matched)-len(s.ready) <= most {
		most, limited = max(l-int(s.w.matched)-len(s.ready), 1), true
	}
	if len(s.pending) > 2*most+firstBatch {
		s.sort(s.pending)
		if !limited {
			// Lines of one time stay together; if all have one time, all stay.
			worst := s.sign * s.pending[most].time
			most = sort.Search(len(s.pending), func(i int) bool { return s.sign*s.pending[i].time >= worst })
			if most == 0 {
				return
			}
			s.cut, s.worst = true, worst
		}
		s.pending = s.pending[:most]
	}
}

// behind says whether a line comes after the cursor.
func (s *sweep) behind(r ref, firstRow int) bool {
	if s.cur == nil {
		return true
	}
	if t := s.sign * s.cur.Time; s.sign*r.time != t {
		return s.sign*r.time > t
	}
	if !s.cur.Within {
		return true
	}
	source, seq := s.place(r)
	c := cmp.Or(cmp.Compare(source, string(s.cur.Source)), cmp.Compare(seq, s.cur.Seq))
	return int64(c)*s.sign > 0
}

// place tells which line of which source a reference means.
func (s *sweep) place(r ref) (source string, seq int64) {
	run, at := s.run(r)
	return run.Source, run.Seq(at)
}

// run returns the run that a line is in, and its place there.
func (s *sweep) run(r ref) (run *store.Run, at int) {
	k := s.units[r.unit].key
	first, _ := k.part.Rows(k.block)
	runs := k.part.Runs()
	row := first + int(r.row)
	i := sort.Search(len(runs), func(i int) bool { return runs[i].FirstRow+runs[i].Rows > row })
	return &runs[i], row - runs[i].FirstRow
}

// sort puts references in order. Ties go by source and place in it; newest first is exactly
// the reverse of oldest first.
func (s *sweep) sort(refs []ref) {
	slices.SortFunc(refs, func(a, b ref) int {
		if c := cmp.Compare(s.sign*a.time, s.sign*b.time); c != 0 {
			return c
		}
		as, aq := s.place(a)
		bs, bq := s.place(b)
		return int(s.sign) * cmp.Or(cmp.Compare(as, bs), cmp.Compare(aq, bq))
	})
}

// release makes ready what comes before the bound, and returns it in batches. Bounds rise:
// what is released comes behind all that was released before.
func (s *sweep) release(ctx context.Context, bound int64) error {
	before := len(s.ready)
	left := s.pending[:0]
	for _, r := range s.pending {
		if s.sign*r.time < bound {
			s.ready = append(s.ready, r)
		} else {
			left = append(left, r)
		}
	}
	s.pending = left
	if len(s.ready) == before {
		return nil
	}
	s.sort(s.ready[before:])
	limit := s.w.req.Limit
	if len(s.ready) >= s.batch.lines || limit > 0 && int(s.w.matched)+len(s.ready) >= limit {
		return s.flush(ctx)
	}
	return nil
}

// flush returns what is ready.
func (s *sweep) flush(ctx context.Context) error {
	for len(s.ready) > 0 {
		n := min(s.batch.lines, len(s.ready))
		if l := s.w.req.Limit; l > 0 {
			n = min(n, l-int(s.w.matched))
		}
		began := time.Now()
		n, err := s.show(ctx, s.ready[:n])
		s.w.returning += time.Since(began)
		if err != nil {
			return err
		}
		s.cur = s.placeOf(s.ready[n-1])
		s.ready = s.ready[n:]
		if l := s.w.req.Limit; l > 0 && int(s.w.matched) >= l {
			s.w.cursor = s.cur.encode(&s.w.req)
			return errStop
		}
	}
	return nil
}

// placeOf is the cursor behind a line that was returned.
func (s *sweep) placeOf(r ref) *cursor {
	source, seq := s.place(r)
	return &cursor{Source: []byte(source), Seq: seq, Time: r.time, Within: true}
}

// finish returns the rest when all blocks were looked at.
func (s *sweep) finish(ctx context.Context) error {
	if err := s.release(ctx, math.MaxInt64); err != nil {
		return err
	}
	return s.flush(ctx)
}
