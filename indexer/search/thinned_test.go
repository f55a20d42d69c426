package search_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// TestSearchesOfThinnedDaysTellWhatIsLeft: lines, numbers, counts, context and cursors are
// those of the lines that a rule has kept, of which each has the place that it had; lines
// that are gone leave a hole in the context of others; and every answer tells.
func TestSearchesOfThinnedDaysTellWhatIsLeft(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	keep := parse(t, `level:>=error OR status:>=500 OR "connection refused"`)
	cfg := storeConfig(t)
	cfg.RetainAge, cfg.RetainKeep = 24*time.Hour, []store.KeepRule{{Query: keep, Age: 90 * 24 * time.Hour}}
	s, err := store.Open(cfg, store.Deps{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	w := newWriter(33, 5)
	w.fill(t, s, 1800)
	x := searcher(t, s)
	before, _ := ask(t, x, search.Request{Query: parse(t, "*"), Order: search.ByFile})
	var middle pipeline.LineID // of a line that is left
	var cursors []string
	timeouts := func(cursor string) (ids []pipeline.LineID) {
		t.Helper()
		cursors = nil
		req := search.Request{Query: parse(t, "timeout"), Order: search.ByFile, Cursor: cursor}
		if _, err := x.Search(t.Context(), req, func(h *search.Hit) error {
			ids, cursors = append(ids, h.Event.ID), append(cursors, h.Cursor())
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return ids
	}
	was := timeouts("")
	from := cursors

	now = now.AddDate(0, 0, 5)
	if err := s.Retain(); err != nil {
		t.Fatal(err)
	}
	gone := w.model.thin(keep)
	left, sum := ask(t, x, search.Request{Query: parse(t, "*"), Order: search.ByFile})
	if len(left) == 0 || int64(len(before)-len(left)) != gone {
		t.Fatalf("%d of %d lines are left, want %d gone", len(left), len(before), gone)
	}
	if len(sum.Thinned) != 1 || sum.Thinned[0].Lines != gone || sum.Thinned[0].Query != keep.String() {
		t.Errorf("thinned: %+v, want %d lines but for %s", sum.Thinned, gone, keep)
	}
	var told int64
	for _, c := range x.Coverage().Thinned {
		if told += c.Lines; c.Source == "" || c.Query != keep.String() || c.Until.Before(c.From) {
			t.Errorf("coverage: %+v", c)
		}
	}
	if told != gone {
		t.Errorf("coverage tells of %d lines, want %d", told, gone)
	}
	outside := search.Request{Query: parse(t, "*"), Since: sum.Thinned[0].Until.Add(1), Until: now}
	if _, sum := ask(t, x, outside); len(sum.Thinned) > 0 {
		t.Errorf("a search of other times tells %+v", sum.Thinned)
	}

	w.fill(t, s, 700) // of today
	compare := func(req search.Request) {
		t.Helper()
		have, _ := ask(t, x, req)
		if diff := cmp.Diff(w.model.answer(&req), have); diff != "" {
			t.Fatalf("%+v (-want +have)\n%.3000s", req, diff)
		}
	}
	r := &randomQuery{rand.New(rand.NewPCG(3, 5))}
	for range 150 {
		req := search.Request{Query: parse(t, r.query(2)), Order: search.Order(r.IntN(3)), Mode: search.Mode(max(0, r.IntN(6)-3))}
		if req.Mode != search.Lines {
			req.Order = search.ByFile
		}
		if req.Order == search.ByFile && req.Mode == search.Lines {
			req.Before, req.After, req.PerSource = r.IntN(4), r.IntN(4), r.IntN(2)*r.IntN(9)
		}
		compare(req)
	}
	// An answer that breaks off anywhere goes on behind.
	broken := errors.New("the reader went away")
	for _, base := range []search.Request{
		{Order: search.Newest}, {Order: search.Oldest}, {Order: search.ByFile, Before: 2, After: 3}, {Order: search.ByFile, PerSource: 4, After: 9},
	} {
		base.Query = parse(t, "timeout OR refused OR error")
		req, have := base, []string(nil)
		for more := true; more; {
			n := 0
			_, err := x.Search(t.Context(), req, func(h *search.Hit) error {
				have = append(have, render(h.Event, h.LineNumber, h.Context, h.Group))
				if middle = h.Event.ID; n < 6 {
					n++
					return nil
				}
				req.Cursor = h.Cursor()
				return broken
			})
			if more = errors.Is(err, broken); err != nil && !more {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(w.model.answer(&base), have); diff != "" {
			t.Errorf("%+v, broken off (-want +have)\n%.3000s", base, diff)
		}
	}
	// A cursor from before leads to what is left behind its place, and to what came since.
	all := timeouts("")
	for _, at := range []int{0, 1, len(was) / 3, len(was) - 2, len(was) - 1} {
		sourceOf := func(id pipeline.LineID) int {
			return slices.IndexFunc(was, func(w pipeline.LineID) bool { return w.Source == id.Source })
		}
		var want []pipeline.LineID
		for _, id := range all {
			if sourceOf(id) >= sourceOf(was[at]) && !slices.Contains(was[:at+1], id) {
				want = append(want, id)
			}
		}
		if diff := cmp.Diff(want, timeouts(from[at])); diff != "" {
			t.Errorf("behind line %d of %d (-want +have)\n%s", at, len(was), diff)
		}
	}
	// Context is by the places that the lines had.
	for _, id := range []pipeline.LineID{middle} {
		lines := w.model.lines[id.Source]
		for i, l := range lines {
			if l.gone {
				if _, err := x.Context(t.Context(), search.Around{Line: l.event.ID, Before: 1, After: 1}, func(*search.Hit) error { return nil }); !errors.Is(err, search.ErrNoLine) {
					t.Fatalf("a line that is gone: %v, want %v", err, search.ErrNoLine)
				}
				continue
			}
			var want, have []string
			for k := max(0, i-3); k <= i+2 && k < len(lines); k++ {
				if !lines[k].gone {
					want = append(want, fmt.Sprint(lines[k].number, lines[k].event.ID.Offset, k != i))
				}
			}
			if _, err := x.Context(t.Context(), search.Around{Line: l.event.ID, Before: 3, After: 2}, func(h *search.Hit) error {
				have = append(have, fmt.Sprint(h.LineNumber, h.Event.ID.Offset, h.Context))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Fatalf("around line %d (-want +have)\n%s", i, diff)
			}
		}
	}
}

// fill writes lines and seals them.
func (w *writer) fill(t testing.TB, s *store.Store, lines int) {
	t.Helper()
	for lines > 0 {
		events := w.batch(1 + w.rnd.IntN(30))
		lines -= len(events)
		for _, e := range events {
			w.model.add(e)
		}
		w.offset++
		if _, err := s.Append(t.Context(), 0, w.offset, events); err != nil {
			t.Fatal(err)
		}
		if w.rnd.IntN(9) == 0 {
			if err := s.Seal(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
}
