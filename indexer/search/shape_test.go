package search_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// What is counted over all events is told by blocks that were read before without reading
// them again: hosts, paths and sources where no event has several lines, times where a
// block lies in one bucket.
func TestCountsOfAllEventsReadNoBlockTwice(t *testing.T) {
	for _, joined := range []bool{false, true} {
		w := newWriter(31, 5)
		w.clock += int64(time.Hour) // no block lies on both sides of midnight
		cfg := storeConfig(t)
		s, _ := open(t, cfg)
		for lines := 0; lines < 1500; {
			var events []pipeline.Event
			for _, e := range w.batch(20) {
				if joined || !bytes.Contains(e.Body, []byte("\n")) {
					events = append(events, e)
					w.model.add(e)
				}
			}
			lines += len(events)
			w.offset++
			if _, err := s.Append(t.Context(), 0, w.offset, events); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		sc := search.DefaultConfig()
		sc.CacheBytes = 0
		x, err := search.New(s, sc, search.Deps{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC)
		for round := range 2 {
			for _, f := range []search.Filter{{Query: parse(t, "*")}, {Since: start.Add(-time.Hour), Until: start.Add(time.Hour)}, {Query: parse(t, "*"), Since: start.Add(20 * time.Second)}, {Query: parse(t, "timeout")}} {
				fields := []string{"host", "path", "source"}
				have, err := x.Facets(context.Background(), f, fields, 3)
				if err != nil {
					t.Fatal(err)
				}
				for i, field := range fields {
					if diff := cmp.Diff(w.model.facet(f, field, 3), have.Facets[i]); diff != "" {
						t.Errorf("round %d, %s of %+v (-want +have)\n%s", round, field, f, diff)
					}
				}
				hist, err := x.Histogram(context.Background(), f, search.HistogramSpec{Interval: 24 * time.Hour})
				if err != nil {
					t.Fatal(err)
				}
				if _, want := w.model.histogram(f, 24*time.Hour, "", 0); cmp.Diff(want, hist.Buckets) != "" {
					t.Errorf("round %d, histogram of %+v: %s", round, f, cmp.Diff(want, hist.Buckets))
				}
				whole := f.Since.IsZero() || f.Since.Before(start)
				if f.Query != nil && f.Query.String() != "*" {
					whole = false
				}
				if round == 1 && whole && (hist.Stats.BlocksRead > 0 || !joined && have.Stats.BlocksRead > 0) {
					t.Errorf("%+v: facets read %d blocks, the histogram %d, of %d", f, have.Stats.BlocksRead, hist.Stats.BlocksRead, hist.Stats.Blocks)
				}
			}
		}
	}
}
