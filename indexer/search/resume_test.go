package search_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
)

// A hit's cursor continues the search behind it, whatever becomes of the rest of the
// answer: the parts of an answer that broke off anywhere add up to the whole.
func TestAHitsCursorContinuesBehindIt(t *testing.T) {
	w := newWriter(11, 4)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 1500)
	x := searcher(t, s)
	broken := errors.New("the reader went away")
	for _, base := range []search.Request{
		{Order: search.Newest}, {Order: search.Oldest}, {Order: search.ByFile}, {Order: search.ByFile, Before: 2, After: 3},
		{Order: search.ByFile, Before: 1, After: 1, PerSource: 7}, {Order: search.ByFile, PerSource: 4, After: 9},
	} {
		base.Query = parse(t, "timeout OR refused OR error")
		want := w.model.answer(&base)
		for _, every := range []int{1, 3, 50} {
			req, have := base, []string(nil)
			for more := true; more; {
				n := 0
				_, err := x.Search(t.Context(), req, func(h *search.Hit) error {
					have = append(have, render(h.Event, h.LineNumber, h.Context, h.Group))
					if n++; n < every {
						return nil
					}
					req.Cursor = h.Cursor()
					return broken
				})
				if more = errors.Is(err, broken); err != nil && !more {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s, broken off every %d results (-want +have)\n%.3000s", fmt.Sprintf("%+v", base), every, diff)
			}
		}
	}
	for _, mode := range []search.Mode{search.Counts, search.Sources} {
		if _, err := x.Search(t.Context(), search.Request{Query: parse(t, "*"), Mode: mode}, func(h *search.Hit) error {
			if h.Cursor() != "" {
				t.Errorf("mode %d: a cursor", mode)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}
