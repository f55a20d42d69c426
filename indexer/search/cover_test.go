package search_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// incomplete is what Incomplete must tell, from all of the coverage.
func incomplete(c search.Coverage) search.Coverage {
	sources, partitions := []search.SourceCoverage{}, []search.PartitionCoverage{}
	for _, s := range c.Sources {
		if s.Missing > 0 {
			sources = append(sources, s)
		}
	}
	for _, p := range c.Partitions {
		if p.Lag > 0 || p.RawLag > 0 {
			partitions = append(partitions, p)
		}
	}
	c.Sources, c.Partitions, c.Thinned = sources, partitions, nil
	return c
}

// appendGapped appends a line of each of n sources, of which every third lacks what came before.
func appendGapped(t testing.TB, s *store.Store, n int) {
	t.Helper()
	at := time.Now().UnixNano()
	for round := range int64(2) {
		var events []pipeline.Event
		for i := range n {
			id := fmt.Sprintf("web-%d:/var/log/app%d.log", i%7, i)
			host, path := pipeline.SplitSource(id)
			e := pipeline.Event{ID: pipeline.LineID{Source: id, Generation: 1, Offset: 6 * round}, Size: 6, Host: host, Path: path, Timestamp: at, Observed: at, Body: []byte("hello")}
			if i%3 == 0 {
				e.ID.Offset *= 5
			}
			events = append(events, e)
		}
		if _, err := s.Append(context.Background(), 0, round+1, events); err != nil {
			t.Fatal(err)
		}
	}
}

// TestIncompleteIsCoverageOfWhatIsIncomplete: Incomplete is Coverage without the sources and
// partitions that are complete, while lines come and after a start.
func TestIncompleteIsCoverageOfWhatIsIncomplete(t *testing.T) {
	cfg := storeConfig(t)
	deps := search.Deps{Progress: func() ([]search.PartitionCoverage, time.Time) {
		return []search.PartitionCoverage{{Partition: 0, Next: 2, End: 2}, {Partition: 1, Next: 3, End: 5, Lag: 2}, {Partition: 2, RawLag: 1}}, time.Unix(9, 0)
	}}
	check := func(s *store.Store, when string, short int) {
		t.Helper()
		x, err := search.New(s, search.DefaultConfig(), deps)
		if err != nil {
			t.Fatal(err)
		}
		want, have := incomplete(x.Coverage()), x.Incomplete()
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("%s (-want +have):\n%s", when, d)
		}
		if len(have.Sources) != short || len(have.Partitions) != 2 {
			t.Errorf("%s: %d sources and %d partitions, want %d and 2", when, len(have.Sources), len(have.Partitions), short)
		}
	}
	s, stop := open(t, cfg)
	check(s, "at the beginning", 0)
	appendGapped(t, s, 20)
	check(s, "with gaps", 7)
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	stop()
	s, _ = open(t, cfg)
	check(s, "after a start", 7)
}

// BenchmarkCoverage tells what the coverage of an answer costs with many sources.
func BenchmarkCoverage(b *testing.B) {
	s, stop := open(b, store.DefaultConfig(b.TempDir()))
	b.Cleanup(stop)
	at := time.Now().UnixNano()
	var events []pipeline.Event
	for i := range 10_000 {
		id := fmt.Sprintf("web-%d:/var/log/app%d.log", i%100, i)
		host, path := pipeline.SplitSource(id)
		events = append(events, pipeline.Event{ID: pipeline.LineID{Source: id, Generation: 1}, Size: 6, Host: host, Path: path, Timestamp: at, Observed: at, Body: []byte("hello")})
	}
	if _, err := s.Append(context.Background(), 0, 1, events); err != nil {
		b.Fatal(err)
	}
	x, err := search.New(s, search.DefaultConfig(), search.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	for name, coverage := range map[string]func() search.Coverage{"all": x.Coverage, "incomplete": x.Incomplete} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				coverage()
			}
		})
	}
}
