package store

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

var update = flag.Bool("update", false, "write the golden segment of the present format version")

// TestSegmentsOfEveryVersionOpen: one file of each version of the format stays in testdata.
func TestSegmentsOfEveryVersionOpen(t *testing.T) {
	feed := newFeeder()
	records := [][]pipeline.Event{feed.record("a", 1, 5), feed.record("b", 2, 9), feed.record("a", 3, 4)}
	golden := filepath.Join("testdata", "segment-v1.seg")
	if *update {
		cfg := testConfig(t.TempDir())
		s := mustOpen(t, cfg, Deps{})
		for i, r := range records {
			if _, err := s.Append(t.Context(), 3, int64(i+1), r); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(segmentFiles(t, cfg.Dir)[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seg, err := openSegment(golden, "2026-03-01")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var e pipeline.Event
	for i := range seg.Blocks {
		b, err := seg.read(i, true)
		if err != nil {
			t.Fatal(err)
		}
		for r := range b.Len() {
			b.Event(r, &e)
			got = append(got, linesOf([]pipeline.Event{e})...)
		}
	}
	want := append(append(linesOf(records[0]), linesOf(records[2])...), linesOf(records[1])...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[int]int64{3: 3}, seg.Offsets); diff != "" {
		t.Errorf("offsets (-want +got)\n%s", diff)
	}
	if len(seg.Runs) != 3 || seg.Runs[1].Generation != 3 || seg.Runs[1].FirstSeq != 5 || seg.Runs[1].FirstLine != 0 {
		t.Errorf("runs %+v", seg.Runs)
	}
}
