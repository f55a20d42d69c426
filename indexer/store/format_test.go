package store

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

var update = flag.Bool("update", false, "write golden segments that are not there")

// TestSegmentsOfEveryVersionOpen: files of each version of the format stay in testdata,
// as the program of their time wrote them. -update writes those that are not there.
func TestSegmentsOfEveryVersionOpen(t *testing.T) {
	feed := newFeeder()
	records := [][]pipeline.Event{feed.record("a", 1, 5), feed.record("b", 2, 9), feed.record("a", 3, 4)}
	for _, c := range []struct {
		file string
		join int // lines of an event
	}{
		{"segment-v1.seg", 1}, // of before events had several lines
		{"segment-v1-joined.seg", 3},
		{"segment-v2.seg", 3},
		{"segment-v3.seg", 3},
	} {
		t.Run(c.file, func(t *testing.T) {
			var joined [][]pipeline.Event
			for _, r := range records {
				joined = append(joined, join(r, c.join))
			}
			golden := filepath.Join("testdata", c.file)
			if _, err := os.Stat(golden); *update && errors.Is(err, os.ErrNotExist) {
				writeGolden(t, golden, joined)
			}
			seg, err := openSegment(golden, "2026-03-01")
			if err != nil {
				t.Fatal(err)
			}
			var got, events []string
			var e pipeline.Event
			for i := range seg.Blocks {
				b, err := seg.read(i, true)
				if err != nil {
					t.Fatal(err)
				}
				for r, end := 0, 0; r < b.Len(); r++ {
					b.Event(r, &e)
					got = append(got, linesOf([]pipeline.Event{e})...)
					if r == end {
						end = b.EventEnd(r)
						b.Whole(r, end, &e, nil)
						events = append(events, linesOf([]pipeline.Event{e})...)
					}
				}
			}
			order := slices.Concat(joined[0], joined[2], joined[1])
			if diff := cmp.Diff(linesOf(rowsOf(order)), got); diff != "" {
				t.Errorf("lines (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(linesOf(order), events); diff != "" {
				t.Errorf("events (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(map[int]int64{3: 3}, seg.Offsets); diff != "" {
				t.Errorf("offsets (-want +got)\n%s", diff)
			}
			if len(seg.Runs) != 3 || seg.Runs[1].Generation != 3 || seg.Runs[1].FirstSeq != 5 || seg.Runs[1].FirstLine != 0 {
				t.Errorf("runs %+v", seg.Runs)
			}
		})
	}
}

// writeGolden makes a segment of the present version.
func writeGolden(t *testing.T, golden string, records [][]pipeline.Event) {
	t.Helper()
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
