package search_test

import (
	"context"
	"errors"
	"testing"

	"foghorn/indexer/search"
)

// A search whose context ends stops at the blocks that its workers have in hand: the rest
// is not decoded. No worker is left when it returns.
func TestCancellationDecodesNoMoreBlocks(t *testing.T) {
	w := newWriter(41, 5)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 6000)
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	cfg := search.DefaultConfig()
	cfg.Workers, cfg.CacheBytes = 2, 0
	x, err := search.New(s, cfg, search.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range []search.Request{{Order: search.ByFile}, {Order: search.Newest}, {Order: search.Oldest}} {
		req.Query = parse(t, "*")
		whole, err := x.Search(t.Context(), req, func(*search.Hit) error { return nil })
		if err != nil || whole.Stats.BlocksRead < 60 {
			t.Fatalf("%d blocks read, error %v", whole.Stats.BlocksRead, err)
		}
		// At once, and after the first hit.
		for _, first := range []bool{true, false} {
			ctx, cancel := context.WithCancel(t.Context())
			if first {
				cancel()
			}
			hits := 0
			sum, err := x.Search(ctx, req, func(*search.Hit) error { hits++; cancel(); return nil })
			cancel()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("order %d: error %v", req.Order, err)
			}
			// By file, hits come with the first block; by time they wait for blocks whose lines
			// may come before, which here, with lines of 20 seconds, are about a fifth.
			most := 2 + 2*cfg.Workers + 1
			if req.Order != search.ByFile && !first {
				most = whole.Stats.BlocksRead * 2 / 3
			}
			if sum.Stats.BlocksRead > most || first && sum.Stats.BlocksRead > 0 {
				t.Errorf("order %d, at once %t: %d of %d blocks were read after the end, at most %d may be", req.Order, first, sum.Stats.BlocksRead, whole.Stats.BlocksRead, most)
			}
		}
	}
}
