package search

import (
	"context"

	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// plan decides lines by their patterns: most queries are answered for all lines of a pattern
// by its text, and only lines whose words with digits matter are put together.
type plan struct {
	both  decider // of events of one line
	line  decider // of lines, where those of one event are judged by themselves; nil: as both
	needs decideNeeds
}

func newPlan(req *Request) plan {
	p := plan{both: newDecider(filterOf(req)), needs: newDecideNeeds(filterOf(req))}
	if req.byLine() && req.Where != nil {
		p.line = newDecider(filterOf(&Request{Query: req.Query}))
	}
	return p
}

// sketch is the memory that deciding a block takes.
type sketch struct {
	pattern
	both, line []decision
	// needs has, for each pattern, a bit for each need of the query that its lines may fulfil.
	needs []uint64
}

// decide fills the decisions about the patterns of b, and returns the least and the greatest.
func (p *plan) decide(ctx context.Context, b *store.Block, s *sketch) (least, best decision) {
	least, best = yes, no
	s.both, s.line, s.needs = s.both[:0], s.line[:0], s.needs[:0]
	for i := range b.Patterns() {
		if i&63 == 0 && ctx.Err() != nil {
			return no, no
		}
		s.use(b, i)
		d := p.both.decide(&s.pattern)
		s.both = append(s.both, d)
		least, best = min(least, d), max(best, d)
		if p.line != nil {
			d = p.line.decide(&s.pattern)
			s.line = append(s.line, d)
			least, best = min(least, d), max(best, d)
		}
	}
	return least, best
}

// mayJoin fills needs, and says whether an event of several lines may match though none of
// its lines does by itself: all that the query needs is in some pattern.
func (p *plan) mayJoin(b *store.Block, s *sketch) bool {
	every := uint64(1)<<len(p.needs.needs) - 1 // query.Required gives no more than 64
	found := uint64(0)
	for i := range b.Patterns() {
		s.use(b, i)
		mask := every
		if !s.opaque {
			mask = 0
			for n := range p.needs.needs {
				if p.needs.may(&s.pattern, n) {
					mask |= 1 << n
				}
			}
		}
		s.needs = append(s.needs, mask)
		found |= mask
	}
	return found == every
}

// byPattern finds the matching rows of a block whose patterns are known. It returns the
// block, with its fields if they were needed, and an error of reading it.
func (w *work) byPattern(ctx context.Context, k unitKey, b *store.Block) (*store.Block, *rows, error) {
	s, _ := w.s.sketches.Get().(*sketch)
	if s == nil {
		s = new(sketch)
	}
	defer w.s.sketches.Put(s)
	found := &rows{n: b.Len()}
	least, best := w.plan.decide(ctx, b, s)
	key := cacheKey{k.part.Segment(), k.block}
	if best == no {
		alone := w.judge.byLine
		if !alone {
			of, err := w.shape(k)
			if err != nil {
				return b, found, err
			}
			alone = !of.joined
		}
		if alone || !w.plan.mayJoin(b, s) {
			w.decided(found.n, true)
			return b, found, ctx.Err()
		}
	}
	if err := b.LoadNumbers(); err != nil {
		return b, found, err
	}
	joined := b.Joined()
	if _, known := w.s.shapes.get(key); !joined && !known {
		w.s.shapes.put(key, found.n, found.n)
	}
	if joined && !w.judge.byLine && best != no {
		w.plan.mayJoin(b, s)
	}
	if least == yes && !joined { // all lines match
		for i := range found.n {
			if !w.bounded || w.inRange(b.Time(i)) {
				found.add(i)
			}
		}
		w.decided(found.n, true)
		return b, found, nil
	}
	if err := b.LoadPatterns(); err != nil {
		return b, found, err
	}
	if b = w.withFields(k, b); b == nil {
		return nil, found, nil
	}
	e := eventJudge{w: w, b: b, s: s, found: found}
	if err := e.load(ctx); err != nil {
		return b, found, err
	}
	var end int
	for i := 0; i < found.n; i = end {
		if end = i + 1; joined {
			end = b.EventEnd(i)
		}
		if i&255 == 0 && ctx.Err() != nil {
			return b, found, ctx.Err()
		}
		if w.bounded && !w.inRange(b.Time(i)) {
			continue
		}
		if err := e.event(i, end); err != nil {
			return b, found, err
		}
	}
	w.decided(found.n-e.looked, e.looked == 0)
	return b, found, nil
}

// decided counts what patterns alone decided.
func (w *work) decided(lines int, all bool) {
	w.linesByPattern.Add(int64(lines))
	if all {
		w.blocksByPattern.Add(1)
	}
}

// eventJudge judges the events of a block by the decisions about its patterns.
type eventJudge struct {
	w      *work
	b      *store.Block
	s      *sketch
	found  *rows
	looked int // lines
	e      pipeline.Event
	buf    []byte
}

// load puts together the lines that have to be looked at by themselves.
func (j *eventJudge) load(ctx context.Context) error {
	for p, d := range j.s.both {
		if err := ctx.Err(); err != nil {
			return err
		}
		if d == look && !j.w.textless {
			if err := j.b.LoadLines(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// event adds the matching rows of the event in the rows from first to before end.
func (j *eventJudge) event(first, end int) error {
	if end == first+1 || j.w.judge.byLine && j.w.plan.line == nil {
		for i := first; i < end; i++ {
			switch j.s.both[j.b.PatternOf(i)] {
			case yes:
				j.found.add(i)
			case look:
				j.looked++
				if j.b.Event(i, &j.e); j.w.judge.both.Match(&j.e) {
					j.found.add(i)
				}
			}
		}
		return nil
	}
	if !j.may(first, end) {
		return nil
	}
	j.looked += end - first
	for i := first; i < end; i++ {
		if err := j.b.LoadLines(j.b.PatternOf(i)); err != nil {
			return err
		}
	}
	j.buf = j.w.judge.event(j.b, first, end, &j.e, j.buf, j.found)
	return nil
}

// may says whether an event of several lines, judged as one or with a condition on the whole,
// may match.
func (j *eventJudge) may(first, end int) bool {
	needs := uint64(0)
	for i := first; i < end; i++ {
		p := j.b.PatternOf(i)
		if j.w.judge.byLine {
			if j.s.line[p] != no {
				return true
			}
			continue
		}
		needs |= j.s.needs[p]
	}
	return !j.w.judge.byLine && needs == uint64(1)<<len(j.w.plan.needs.needs)-1
}

// textless says that n looks at numbers and fields only, never at the line.
func textless(n query.Node) bool {
	sub := func(nodes []query.Node) bool {
		for _, n := range nodes {
			if !textless(n) {
				return false
			}
		}
		return true
	}
	switch n := n.(type) {
	case query.All:
		return true
	case query.And:
		return sub(n.Nodes)
	case query.Or:
		return sub(n.Nodes)
	case query.Not:
		return textless(n.Node)
	case query.Field:
		return pipeline.CanonicalField(n.Name) != "body"
	case query.Exists:
		return pipeline.CanonicalField(n.Name) != "body"
	}
	return false
}
