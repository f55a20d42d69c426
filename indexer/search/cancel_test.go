package search_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
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

// A search whose context ends leaves the CPU also within one big block: it returns, with its
// workers, long before the block is judged.
func TestCancellationEndsWithinABlock(t *testing.T) {
	cfg := store.DefaultConfig(t.TempDir())
	cfg.BlockLines, cfg.SegmentLines, cfg.MergeLines = 1<<16, 1<<17, 0
	s, _ := open(t, cfg)
	const lines = 1 << 16
	offset := int64(0)
	for n := 0; n < lines; n += 1024 {
		batch := make([]pipeline.Event, 1024)
		for i := range batch {
			body := fmt.Appendf(nil, "worker%d took %d ms for a request that is as long as lines are, id=%x", n%7, i, mixed(n+i))
			batch[i] = pipeline.Event{
				ID: pipeline.LineID{Source: "web-1:/var/log/app.log", Generation: 1, Offset: offset}, Size: int64(len(body)) + 1,
				Host: "web-1", Path: "/var/log/app.log", Timestamp: int64(n + i), Observed: int64(n + i), Body: body,
			}
			offset += batch[i].Size
		}
		if _, err := s.Append(t.Context(), 0, int64(n+1), batch); err != nil {
			t.Fatal(err)
		}
	}
	for _, sealed := range []bool{false, true} {
		if sealed {
			if err := s.Seal(); err != nil {
				t.Fatal(err)
			}
		}
		x := searcher(t, s)
		for _, order := range []search.Order{search.ByFile, search.Newest} {
			// An expression that is slow on each line, and matches none.
			req := search.Request{Query: parse(t, `/(.*[0-9]){6}(.*[a-f]){6}[n-z]{3}[0-9]{4}[n-z]/`), Order: order}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			_, err := x.Search(ctx, req, func(*search.Hit) error { return nil })
			deadline, _ := ctx.Deadline()
			late := time.Since(deadline)
			cancel()
			t.Logf("sealed %t, order %d: ended %v after its context", sealed, order, late)
			if !errors.Is(err, context.DeadlineExceeded) || late > 5*time.Second {
				t.Errorf("sealed %t, order %d: ended %v after its context, error %v", sealed, order, late, err)
			}
		}
	}
}

func mixed(n int) uint64 { return uint64(n) * 0x9e3779b97f4a7c15 }
