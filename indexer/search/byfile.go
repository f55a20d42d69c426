package search

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"foghorn/indexer/store"
)

// allSeq is the number of a line behind all lines of a source.
const allSeq = 1 << 62

// sourceLines is one source's lines in the order in which they were written: its runs in
// all parts.
type sourceLines struct {
	id, host, path string
	spans          []span
}

// span is a run of a part.
type span struct {
	part *store.Part
	run  *store.Run
}

func (s *span) end() int64 { return s.run.EndSeq() }

// sourcesOf gathers the sources of a view, in the order in which the parts have them: going
// through one source after the other then goes through the blocks of each part once.
func sourcesOf(v *store.View) []*sourceLines {
	byID := make(map[string]*sourceLines)
	var all []*sourceLines
	for _, p := range v.Parts {
		runs := p.Runs()
		for i := range runs {
			r := &runs[i]
			if r.Rows == 0 {
				continue
			}
			s := byID[r.Source]
			if s == nil {
				s = &sourceLines{id: r.Source}
				byID[r.Source] = s
				all = append(all, s)
			}
			s.host, s.path = r.Host, r.Path
			s.spans = append(s.spans, span{p, r})
		}
	}
	slices.SortFunc(all, func(a, b *sourceLines) int { return store.CompareSources(a.id, b.id) })
	return all
}

// piece is the part of a span that lies in one block: the unit of work.
type piece struct {
	source    int
	span      *span
	key       unitKey
	from, to  int  // rows of the block
	line      int  // of the run: row from
	lastPiece bool // of its source
}

// seq is the number of a row's line in its source.
func (p *piece) seq(row int) int64 { return p.span.run.Seq(p.line + row - p.from) }

// pieces yields the pieces of the sources from the cursor on, but for those of blocks that
// cannot hold a match, unless they are the last of their source. A source that stop names is
// left out from then on.
func (w *work) pieces(ctx context.Context, sources []*sourceLines, cur *cursor, stop *atomic.Int64) func() (piece, bool) {
	si, pi := 0, 0
	var list []piece
	if cur != nil {
		var found bool
		if si, found = slices.BinarySearchFunc(sources, string(cur.Source), compareSource); found && cur.Seq == allSeq {
			si++
		}
	}
	return func() (piece, bool) {
		for {
			for ; pi < len(list); pi++ {
				c := &list[pi]
				if int64(c.source) <= stop.Load() || ctx.Err() != nil {
					pi = len(list)
					break
				}
				if c.lastPiece || w.may(ctx, c.key) {
					pi++
					return *c, true
				}
			}
			if si >= len(sources) {
				return piece{}, false
			}
			after := int64(-1)
			if cur != nil && sources[si].id == string(cur.Source) {
				after = cur.Seq
			}
			list, pi = cut(list[:0], si, sources[si], after), 0
			si++
		}
	}
}

// cut lists the pieces of a source that lie behind line after. A source that is done has
// one empty piece, so that its end is seen.
func cut(list []piece, number int, s *sourceLines, after int64) []piece {
	for i := range s.spans {
		sp := &s.spans[i]
		line, _ := sp.run.Find(after + 1)
		row, end := sp.run.FirstRow+line, sp.run.FirstRow+sp.run.Rows
		for row < end {
			b := sp.part.BlockOf(row)
			first, n := sp.part.Rows(b)
			to := min(end, first+n)
			list = append(list, piece{
				source: number, span: sp, key: unitKey{sp.part, b}, from: row - first, to: to - first,
				line: row - sp.run.FirstRow,
			})
			row = to
		}
	}
	if len(list) == 0 {
		list = append(list, piece{source: number})
	}
	list[len(list)-1].lastPiece = true
	return list
}

// byFile answers in grep's order, and the modes that count or list sources.
func (w *work) byFile(ctx context.Context, cur *cursor, hit func(*Hit) error) error {
	sources := sourcesOf(w.view)
	p := newPrinter(ctx, w, sources, hit)
	p.stop.Store(-1)
	if cur != nil {
		p.any = cur.Any
		if i, ok := slices.BinarySearchFunc(sources, string(cur.Source), compareSource); ok {
			p.current, p.shown, p.match, p.count, p.done = i, cur.Shown, cur.Match, cur.Count, cur.Count
			if most := w.req.PerSource; most > 0 && cur.Count >= int64(most) && w.req.Mode == Lines {
				// All of its matches were returned, and maybe not what comes after the last.
				if err := p.endSource(); err != nil {
					return err
				}
			}
		}
	}
	err := ordered(ctx, w.s.cfg.Workers, w.pieces(ctx, sources, cur, &p.stop),
		inTurn(w, func(ctx context.Context, c piece) (judged, error) {
			if c.span == nil || int64(c.source) <= p.stop.Load() {
				return judged{}, nil
			}
			set, b, err := w.verdict(ctx, c.key)
			j := judged{bits: set}
			if w.req.Mode == Lines {
				n := 0
				rowsIn(set, c.from, c.to, func(int) bool { n++; return true })
				if n > 0 {
					j.block = w.ready(w.complete(c.key, b), c.key, n, func(yield func(int) bool) { rowsIn(set, c.from, c.to, yield) })
				}
			}
			return j, err
		}), p.piece)
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

func compareSource(s *sourceLines, id string) int { return store.CompareSources(s.id, id) }
