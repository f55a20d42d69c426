package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// Around names a line of a source and how many lines before and after it are wanted.
type Around struct {
	// Line is the line's identity; an offset within the line will do.
	Line          pipeline.LineID
	Before, After int
	// BodyOnly is that of a Request.
	BodyOnly bool
}

// ErrNoLine is wrapped by Context's error for a line that is not in the store.
var ErrNoLine = errors.New("no such line")

// Context calls hit for a line and those around it in its source, as they were written,
// across rotations. The others have Context set. It is bounded as a search.
func (s *Searcher) Context(ctx context.Context, a Around, hit func(*Hit) error) (Summary, error) {
	return s.run(ctx, Request{Query: query.All{}, Order: ByFile, BodyOnly: a.BodyOnly}, func(w *work) error {
		p := newPrinter(ctx, w, sourcesOf(w.view), hit)
		seq, ok := p.find(a.Line)
		if !ok {
			return fmt.Errorf("%w: %s, generation %d, offset %d", ErrNoLine, a.Line.Source, a.Line.Generation, a.Line.Offset)
		}
		w.matched = 1
		for q := max(seq-int64(a.Before), p.first()); q < p.end() && q-seq <= int64(a.After); q++ {
			if err := errors.Join(ctx.Err(), p.line(q, q != seq)); err != nil {
				return err
			}
			if w.late() && q-seq < int64(a.After) && q+1 < p.end() {
				w.partial = true
				return nil
			}
		}
		return nil
	})
}

// find makes the line's source the current one and returns the line's number in it.
func (p *printer) find(id pipeline.LineID) (seq int64, ok bool) {
	if p.current, ok = slices.BinarySearchFunc(p.sources, id.Source, compareSource); !ok {
		return 0, false
	}
	spans := p.sources[p.current].spans
	for i := len(spans) - 1; i >= 0; i-- {
		r := spans[i].run
		if r.Generation != id.Generation || id.Offset < r.FirstOffset || id.Offset >= r.NextOffset {
			continue
		}
		var e pipeline.Event
		after := sort.Search(r.Rows, func(i int) bool {
			_, ok := p.fetch(r.Seq(i), &e)
			return !ok || e.ID.Offset > id.Offset
		})
		if after == 0 {
			continue
		}
		seq = r.Seq(after - 1)
		if _, ok := p.fetch(seq, &e); ok && id.Offset < e.ID.Offset+max(e.Size, 1) {
			return seq, true
		}
	}
	return 0, false
}
