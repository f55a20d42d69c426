package search_test

import (
	"context"
	"math"
	"testing"
	"time"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// TestContextEndsWithTheSource: context of any length costs no more than the lines that
// are there.
func TestContextEndsWithTheSource(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cfg := storeConfig(t)
	cfg.RetainAge = time.Hour
	s, err := store.Open(cfg, store.Deps{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	line := func(offset int64, body string) []pipeline.Event {
		return []pipeline.Event{{
			ID: pipeline.LineID{Source: "a", Generation: 1, Offset: offset}, Size: int64(len(body)) + 1,
			Timestamp: now.UnixNano(), Observed: now.UnixNano(), Body: []byte(body),
		}}
	}
	for i, body := range []string{"zero", "one", "two"} {
		if _, err := s.Append(t.Context(), 0, int64(i+1), line(int64(10*i), body)); err != nil {
			t.Fatal(err)
		}
	}
	x := searcher(t, s)
	for _, req := range []search.Request{
		{Query: parse(t, "two"), Limit: 1, After: math.MaxInt64 / 2},
		{Query: parse(t, "zero"), Limit: 1, Before: math.MaxInt64 / 2, After: math.MaxInt64 / 2},
	} {
		req.Order = search.ByFile
		done := make(chan int, 1)
		go func() {
			n := 0
			if _, err := x.Search(context.Background(), req, func(*search.Hit) error { n++; return nil }); err != nil {
				t.Error(err)
			}
			done <- n
		}()
		want := map[string]int{"two": 1, "zero": 3}[req.Query.String()]
		select {
		case n := <-done:
			if n != want {
				t.Errorf("%s: %d lines, want %d", req.Query, n, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: the search looks for lines behind the end of the source", req.Query)
		}
	}
}
