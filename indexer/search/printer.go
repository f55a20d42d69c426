package search

import (
	"context"
	"sort"
	"sync/atomic"
	"time"

	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// printer turns matches, in order, into hits: lines with their context, counts, sources.
type printer struct {
	w       *work
	hit     func(*Hit) error
	sources []*sourceLines
	verdict func(unitKey) []uint64 // the matching rows of a block
	stop    atomic.Int64           // sources up to this one are done

	current int   // source
	shown   int64 // its last line that was returned
	match   int64 // its last match
	count   int64 // its matches
	done    int64 // its matches that were returned
	any     bool  // anything was returned

	resume func() string // behind

	block *store.Block // the last one read, and what it is
	key   unitKey
}

func newPrinter(ctx context.Context, w *work, sources []*sourceLines, hit func(*Hit) error) *printer {
	p := &printer{
		w: w, hit: hit, sources: sources, current: -1, shown: -1, match: -1,
		verdict: func(k unitKey) []uint64 {
			set, _, err := w.verdict(ctx, k)
			if err != nil {
				return nil // the search ends, and tells why
			}
			return set
		},
	}
	p.resume = p.behind
	return p
}

// judged is a verdict and, if lines of the piece match, the block.
type judged struct {
	bits  []uint64
	block *store.Block
}

// piece takes the verdict of the next piece.
func (p *printer) piece(c piece, j judged) error {
	if int64(c.source) <= p.stop.Load() {
		return nil
	}
	if j.block != nil {
		p.key, p.block = c.key, j.block
	}
	if c.source != p.current {
		p.current, p.shown, p.match, p.count, p.done = c.source, -1, -1, 0, 0
	}
	began := time.Now()
	defer func() { p.w.returning += time.Since(began) }()
	var err error
	rowsIn(j.bits, c.from, c.to, func(row int) bool {
		err = p.matched(c, c.seq(row))
		return err == nil && int64(c.source) > p.stop.Load()
	})
	if err != nil {
		return err
	}
	if j.block != nil {
		p.w.s.cache.grown(cacheKey{c.key.part.Segment(), c.key.block})
	}
	done := int64(c.source) <= p.stop.Load()
	if !done && c.lastPiece {
		err, done = p.endSource(), true
	}
	if err != nil {
		return err
	}
	if rest := !done || c.source < len(p.sources)-1; rest && p.w.late() {
		end := int64(allSeq)
		if !done {
			end = c.seq(c.to - 1)
		}
		p.w.partial = true
		p.w.cursor = p.at(end)
		return errStop
	}
	return nil
}

// at is the cursor behind line seq of the current source.
func (p *printer) at(seq int64) string {
	return cursor{
		Source: []byte(p.sources[p.current].id), Seq: seq, Shown: p.shown, Match: p.match, Count: p.count, Any: p.any,
	}.encode(&p.w.req)
}

// matched takes line seq of the current source.
func (p *printer) matched(c piece, seq int64) error {
	req := &p.w.req
	p.w.matched++
	p.count++
	full := req.PerSource > 0 && p.count >= int64(req.PerSource)
	switch req.Mode {
	case Counts:
		if full {
			return p.endSource()
		}
		return nil
	case Sources:
		if err := p.total(); err != nil {
			return err
		}
		p.stop.Store(int64(p.current))
		return p.limit(allSeq)
	}
	if seq <= p.shown { // it was returned as the context of the last match before a limit
		p.match = seq
		return nil
	}
	if err := p.trailing(seq); err != nil {
		return err
	}
	for s := max(seq-int64(req.Before), p.shown+1, p.first()); s <= seq; s++ {
		if err := p.line(s, s < seq); err != nil {
			return err
		}
	}
	p.match = seq
	if full {
		return p.endSource()
	}
	return p.limit(seq)
}

// limit ends the search when it has as many matches as it may return.
func (p *printer) limit(seq int64) error {
	req := &p.w.req
	if req.Limit <= 0 || p.w.matched < int64(req.Limit) {
		return nil
	}
	if req.Mode == Lines {
		// The context that follows, up to the next match, which the cursor leads to.
		for s := p.match + 1; s < p.end() && s-p.match <= int64(req.After); s++ {
			if p.isMatch(s) {
				break
			}
			if err := p.line(s, true); err != nil {
				return err
			}
		}
	}
	p.w.cursor = p.at(seq)
	return errStop
}

// first and end bound the lines of the current source.
func (p *printer) first() int64 { return p.sources[p.current].spans[0].run.FirstSeq }

func (p *printer) end() int64 {
	spans := p.sources[p.current].spans
	return spans[len(spans)-1].end()
}

// trailing returns the lines after the last match, before line end.
func (p *printer) trailing(end int64) error {
	if p.match < 0 {
		return nil
	}
	for s := max(p.shown, p.match) + 1; s < end && s <= p.match+int64(p.w.req.After); s++ {
		if err := p.line(s, true); err != nil {
			return err
		}
	}
	return nil
}

// endSource returns what comes at the end of a source, and marks it done.
func (p *printer) endSource() error {
	p.stop.Store(int64(p.current))
	switch p.w.req.Mode {
	case Counts:
		return p.total()
	case Lines:
		if err := p.trailing(p.end()); err != nil {
			return err
		}
		if p.match >= 0 && p.w.req.Limit > 0 && p.w.matched >= int64(p.w.req.Limit) {
			p.w.cursor = p.at(allSeq)
			return errStop
		}
	}
	return nil
}

func (p *printer) total() error {
	s := p.sources[p.current]
	e := pipeline.Event{ID: pipeline.LineID{Source: s.id}, Host: s.host, Path: s.path}
	return p.hit(&Hit{Event: &e, Count: p.count})
}

// line returns line seq of the current source, if it can be read.
func (p *printer) line(seq int64, context bool) error {
	var e pipeline.Event
	sp, ok := p.fetch(seq, &e)
	if !ok {
		return nil
	}
	h := Hit{Event: &e, LineNumber: sp.run.FirstLine + seq - sp.run.FirstSeq + 1, Context: context}
	h.Group = p.any && (p.w.req.Before > 0 || p.w.req.After > 0) && (p.shown < 0 || seq != p.shown+1)
	p.any, p.shown = true, seq
	if !context {
		p.match, p.done = seq, p.count
	}
	h.resume = p.resume
	return p.hit(&h)
}

// behind is the cursor behind the line that was returned last.
func (p *printer) behind() string {
	c := cursor{Source: []byte(p.sources[p.current].id), Seq: p.shown, Shown: p.shown, Match: p.match, Count: p.done, Any: true}
	return c.encode(&p.w.req)
}

// isMatch says whether line seq of the current source matches.
func (p *printer) isMatch(seq int64) bool {
	sp, key, row := p.locate(seq)
	if sp == nil {
		return false
	}
	set := p.verdict(key)
	return row/64 < len(set) && set[row/64]>>(row%64)&1 != 0
}

// locate finds line seq of the current source: its run, its block and its row there.
func (p *printer) locate(seq int64) (*span, unitKey, int) {
	spans := p.sources[p.current].spans
	i := sort.Search(len(spans), func(i int) bool { return spans[i].end() > seq })
	if i == len(spans) {
		return nil, unitKey{}, 0
	}
	sp := &spans[i]
	row, ok := sp.run.Find(seq)
	if !ok {
		return nil, unitKey{}, 0
	}
	row += sp.run.FirstRow
	key := unitKey{sp.part, sp.part.BlockOf(row)}
	first, _ := sp.part.Rows(key.block)
	return sp, key, row - first
}

// fetch reads line seq of the current source.
func (p *printer) fetch(seq int64, e *pipeline.Event) (*span, bool) {
	sp, key, row := p.locate(seq)
	if sp == nil {
		return nil, false
	}
	if key != p.key {
		p.key, p.block = key, p.w.complete(key, nil)
	}
	if p.block == nil {
		return nil, false
	}
	p.block = p.w.fill(e, key, p.block, row, sp.run, false)
	return sp, p.block != nil
}
