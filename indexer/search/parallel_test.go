package search_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
)

// TestSearchesAtOnceOnTheSameBlocks: searches that read the same blocks at the same time, of
// which each has other parts of them decoded, answer as they would one after the other.
func TestSearchesAtOnceOnTheSameBlocks(t *testing.T) {
	w := newWriter(61, 4)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 1200)
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	r := &randomQuery{rand.New(rand.NewPCG(61, 5))}
	for range 6 {
		x := searcher(t, s) // nothing is decoded
		var wg sync.WaitGroup
		for range 8 {
			req := search.Request{Query: parse(t, r.query(2)), Order: search.Order(r.IntN(3)), BodyOnly: r.IntN(2) == 0}
			want := w.model.answer(&search.Request{Query: req.Query, Order: req.Order})
			wg.Go(func() {
				var have []string
				if _, err := x.Search(t.Context(), req, func(h *search.Hit) error {
					have = append(have, render(h.Event, h.LineNumber, h.Context, h.Group))
					return nil
				}); err != nil {
					t.Error(err)
				}
				if req.BodyOnly {
					if len(have) != len(want) {
						t.Errorf("%s: %d results, want %d", req.Query, len(have), len(want))
					}
				} else if diff := cmp.Diff(want, have); diff != "" {
					t.Errorf("%s, %+v (-want +have)\n%.1000s", req.Query, req, diff)
				}
			})
		}
		wg.Wait()
	}
}
