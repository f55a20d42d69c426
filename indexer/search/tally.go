package search

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// Filter says which events are counted; its members are those of a Request.
type Filter struct {
	Query, Where query.Node
	Since, Until time.Time
	Budget       time.Duration
}

func (f *Filter) request() Request {
	return Request{Query: f.Query, Where: f.Where, Since: f.Since, Until: f.Until, Budget: f.Budget}
}

// tallyBytes bounds the distinct values that are held while counting, entryBytes is about
// what one takes besides its text.
const (
	tallyBytes = 32 << 20
	entryBytes = 96
)

// counted is how the matching events of a block are counted, by the worker that judged it.
type counted[T any] struct {
	wants wants // what add looks at ...
	text  bool  // ... and whether at lines
	add   func(b *store.Block, rows func(yield func(row int) bool)) T
	// known, if set, counts a block all of whose events match without reading it; ok is
	// false where that cannot be done.
	known func(k unitKey, of shape) (t T, ok bool)
}

// tally counts the matching events of all blocks, those whose counts are known and then those
// with the newest ones first, and hands each block's counts to merge. When the budget ends it, from is the time behind
// which everything was counted; it is the smallest time when all was.
func tally[T any](ctx context.Context, w *work, units []timedUnit, c counted[T], merge func(T) error) (from int64, err error) {
	from = math.MinInt64
	if units, err = c.count(ctx, w, units, merge); err != nil {
		return from, err
	}
	next := -1
	err = ordered(ctx, w.s.cfg.Workers, func() (int, bool) {
		next++
		return next, next < len(units)
	}, inTurn(w, func(ctx context.Context, i int) (out T, err error) {
		if of, ok := w.shapeOf(units[i].key, true); ok && c.known != nil {
			if out, ok = c.known(units[i].key, of); ok {
				w.blocks.Add(1)
				return out, nil
			}
		}
		set, b, err := w.verdict(ctx, units[i].key)
		if err != nil || set == nil {
			return out, err
		}
		if c.wants.in(b) {
			if b = w.read(units[i].key, true); b == nil {
				return out, nil
			}
		}
		if c.text {
			rowsIn(set, 0, b.Len(), func(row int) bool { _, err = loadEvent(b, row, true); return err == nil })
			if err != nil {
				return out, w.failed(ctx, units[i].key, err)
			}
		}
		return c.add(b, func(yield func(int) bool) { rowsIn(set, 0, b.Len(), yield) }), nil
	}), func(i int, t T) error {
		if err := merge(t); err != nil {
			return err
		}
		if i+1 < len(units) && w.late() {
			from, w.partial = min(-units[i+1].best+1, w.until), true
			return errStop
		}
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return from, err
}

// count counts the blocks whose shape is known at once, and returns the others.
func (c *counted[T]) count(ctx context.Context, w *work, units []timedUnit, merge func(T) error) (left []timedUnit, err error) {
	if c.known == nil || !w.all {
		return units, nil
	}
	for i, u := range units {
		if i&255 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		of, ok := w.shapeOf(u.key, false)
		if ok {
			var t T
			if t, ok = c.known(u.key, of); ok {
				w.blocks.Add(1)
				if err := merge(t); err != nil {
					return nil, err
				}
				continue
			}
		}
		left = append(left, u)
	}
	return left, nil
}

// completeFrom is nil where everything was counted.
func completeFrom(from int64) *time.Time {
	if from == math.MinInt64 {
		return nil
	}
	t := time.Unix(0, from).UTC()
	return &t
}

// Facets are the most frequent values of fields.
type Facets struct {
	Facets []Facet `json:"facets"`
	// CompleteFrom is there when the budget ran out: all events from then on are counted,
	// and some before.
	CompleteFrom *time.Time `json:"complete_from,omitempty"`
	Summary
}

// Facet counts the values of one field.
type Facet struct {
	Field  string       `json:"field"`
	Values []FacetValue `json:"values"` // the most frequent first, then by value
	// Other counts the events with values that are not listed, Absent those without the
	// field.
	Other  int64 `json:"other"`
	Absent int64 `json:"absent"`
	// Distinct is how many values there are. Cut says that there were more than can be
	// held: Distinct is then too small, and a value that came up late may be missing.
	Distinct int  `json:"distinct"`
	Cut      bool `json:"cut,omitempty"`
}

// FacetValue is a value and the number of events that have it.
type FacetValue struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Facets counts the matching events by the values of each of fields, and returns the top
// most frequent ones. The bounds of a search hold.
func (s *Searcher) Facets(ctx context.Context, f Filter, fields []string, top int) (Facets, error) {
	out := Facets{Facets: make([]Facet, len(fields))}
	sums := make([]values, len(fields))
	for i := range sums {
		sums[i] = values{counts: make(map[string]int64), room: tallyBytes / len(fields)}
	}
	type part struct {
		events int64
		counts []map[string]int64
		known  [][]FacetValue // where the block was not read
	}
	var events int64
	var err error
	out.Summary, err = s.run(ctx, f.request(), func(w *work) error {
		from, err := tally(ctx, w, w.units(-1, math.MinInt64), counted[part]{
			wants: wantsFields(fields), text: slices.ContainsFunc(fields, inText),
			add: func(b *store.Block, rows func(func(int) bool)) part {
				p := part{counts: make([]map[string]int64, len(fields))}
				for i := range p.counts {
					p.counts[i] = make(map[string]int64)
				}
				valuesIn(b, rows, fields, func(_, i int, v string) { p.counts[i][v]++ })
				rows(func(int) bool { p.events++; return true })
				return p
			},
			known: func(k unitKey, of shape) (p part, ok bool) {
				if of.joined || slices.ContainsFunc(fields, func(f string) bool { return !inRuns(f) }) {
					return p, false
				}
				p = part{events: of.events, known: make([][]FacetValue, len(fields))}
				for i, f := range fields {
					if !runValues(k, f, func(v string, n int64) { p.known[i] = append(p.known[i], FacetValue{v, n}) }) {
						return p, false
					}
				}
				return p, true
			},
		}, func(p part) error {
			events += p.events
			for i := range p.counts {
				for v, n := range p.counts[i] {
					sums[i].add(v, n)
				}
			}
			for i := range p.known {
				for _, v := range p.known[i] {
					sums[i].add(v.Value, v.Count)
				}
			}
			return nil
		})
		out.CompleteFrom, w.matched = completeFrom(from), events
		return err
	})
	for i := range fields {
		out.Facets[i] = sums[i].facet(fields[i], events, top)
	}
	return out, err
}

// valuesIn yields the values that the events in rows have of the fields.
func valuesIn(b *store.Block, rows func(func(int) bool), fields []string, yield func(row, field int, value string)) {
	var e pipeline.Event
	whole := slices.ContainsFunc(fields, inText)
	rows(func(row int) bool {
		end := row + 1
		if whole {
			end = b.EventEnd(row)
		}
		b.Whole(row, end, &e, nil)
		for i, f := range fields {
			if v, ok := e.Field(f); ok {
				yield(row, i, v)
			}
		}
		return true
	})
}

func wantsFields(names []string) (x wants) {
	for _, name := range names {
		x = x.with(wantsField(name))
	}
	return x
}

// inText says whether a field is the text of the event.
func inText(name string) bool { return pipeline.CanonicalField(name) == "body" }

// values counts values, as many as there is room for.
type values struct {
	counts map[string]int64
	room   int
	all    int64
	cut    bool
}

func (s *values) add(v string, n int64) {
	s.all += n
	if _, ok := s.counts[v]; !ok {
		if s.room -= entryBytes + len(v); s.room < 0 {
			s.room += entryBytes + len(v)
			s.cut = true
			return
		}
		v = strings.Clone(v) // of its block
	}
	s.counts[v] += n
}

// top returns the n most frequent values, ties by value.
func (s *values) top(n int) []FacetValue {
	out := make([]FacetValue, 0, len(s.counts))
	for v, c := range s.counts {
		out = append(out, FacetValue{v, c})
	}
	slices.SortFunc(out, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return out[:min(n, len(out))]
}

func (s *values) facet(field string, events int64, top int) Facet {
	f := Facet{Field: field, Values: s.top(top), Absent: events - s.all, Other: s.all, Distinct: len(s.counts), Cut: s.cut}
	for _, v := range f.Values {
		f.Other -= v.Count
	}
	return f
}
