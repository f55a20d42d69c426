package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// TestSegmentsOfEveryVersionAreThinned, and a thinned one, as the program of its time wrote
// it, still opens. -update writes that if it is not there.
func TestSegmentsOfEveryVersionAreThinned(t *testing.T) {
	thinned := filepath.Join("testdata", "segment-v2-thinned.seg")
	keep := rule(t, "user3", 90*day)
	for _, c := range []struct {
		file string
		join int // lines of an event
		keep []KeepRule
	}{
		{"segment-v1.seg", 1, []KeepRule{keep}},
		{"segment-v1-joined.seg", 3, []KeepRule{keep}},
		{"segment-v2.seg", 3, []KeepRule{keep}},
		{"segment-v3.seg", 3, []KeepRule{keep}},
		{"segment-v2-thinned.seg", 3, nil}, // it is so already
	} {
		t.Run(c.file, func(t *testing.T) {
			feed := newFeeder()
			records := [][]pipeline.Event{feed.record("a", 1, 5), feed.record("b", 2, 9), feed.record("a", 3, 4)}
			want := make(map[string][]string)
			places := make(map[string][]int64)
			for i, r := range records {
				seq := int64([]int{0, 0, 5}[i])
				for _, e := range join(r, c.join) {
					rows := rowsOf([]pipeline.Event{e})
					if query.Compile(keep.Query).Match(&e) {
						want[e.ID.Source] = append(want[e.ID.Source], linesOf(rows)...)
						for k := range rows {
							places[e.ID.Source] = append(places[e.ID.Source], seq+int64(k))
						}
					}
					seq += int64(len(rows))
				}
			}
			data, err := os.ReadFile(filepath.Join("testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			cfg := testConfig(t.TempDir())
			cfg.RetainAge, cfg.RetainKeep = day, c.keep
			if c.keep == nil {
				cfg.RetainAge = 0
			}
			folder := filepath.Join(cfg.Dir, daysDir, "2026-03-01")
			if err := os.MkdirAll(folder, 0o750); err != nil {
				t.Fatal(err)
			}
			number := uint64(1)
			if c.keep == nil {
				number |= 1 << levelShift
			}
			if err := os.WriteFile(segmentPath(folder, number), data, 0o600); err != nil {
				t.Fatal(err)
			}
			s := mustOpen(t, cfg, Deps{Now: func() time.Time { return epoch.Add(4 * day) }})
			if err := s.Retain(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, contents(t, s)); diff != "" {
				t.Errorf("lines (-want +have)\n%s", diff)
			}
			have := make(map[string][]int64)
			for _, p := range s.View().Parts {
				for _, r := range p.Runs() {
					for i := range r.Rows {
						have[r.Source] = append(have[r.Source], r.Seq(i))
					}
				}
			}
			if diff := cmp.Diff(places, have); diff != "" {
				t.Errorf("places (-want +have)\n%s", diff)
			}
			if len(s.Thinned()) != 2 || s.Thinned()[0].Query != "user3" {
				t.Errorf("thinned: %+v", s.Thinned())
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(thinned); *update && os.IsNotExist(err) {
				file := segmentFiles(t, cfg.Dir)[0]
				if data, err = os.ReadFile(file); err != nil {
					t.Fatal(err)
				}
				if c.join == 3 {
					if err := os.WriteFile(thinned, data, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
