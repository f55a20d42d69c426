package store

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// TestFewerSegmentsAreMergedWhereBlocksTakeMuchMemory: two where there is room for none, and as
// many as there is room for.
func TestFewerSegmentsAreMergedWhereBlocksTakeMuchMemory(t *testing.T) {
	for _, c := range []struct {
		name   string
		memory func(block int64) int64
		want   []int // segments of each merge
	}{
		{"no room", func(int64) int64 { return 0 }, []int{2, 2, 2, 2, 2, 2, 2}},
		{"room for four", func(block int64) int64 { return 7 * block / 2 }, []int{4, 4, 2}},
		{"room for all", func(block int64) int64 { return 100 * block }, []int{8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []int
			s := mustOpen(t, testConfig(t.TempDir()), Deps{Merged: func(m Merged) { got = append(got, m.Segments) }})
			want := manySegments(t, s, 8)
			s.cfg.MergeMemory = c.memory(s.segments[0].blockMemory())
			if err := s.Merge(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("merges (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(want, contents(t, s)); diff != "" {
				t.Errorf("lines (-want +got)\n%s", diff)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestLongLinesMakeBlocksOfFewerRows: a block, sealed or merged, holds about maxBlockBytes.
func TestLongLinesMakeBlocksOfFewerRows(t *testing.T) {
	s := mustOpen(t, DefaultConfig(t.TempDir()), Deps{})
	offset := int64(0)
	for i := range 2 {
		var events []pipeline.Event
		for range 20 {
			e := pipeline.Event{ID: pipeline.LineID{Source: "h:/a", Generation: 1, Offset: offset}, Size: 1 << 20}
			e.Body = bytes.Repeat([]byte{'a' + byte(len(events))}, 1<<20-1)
			offset += e.Size
			events = append(events, e)
		}
		if _, err := s.Append(t.Context(), 0, int64(i+1), events); err != nil {
			t.Fatal(err)
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	want := contents(t, s)
	rows := func() (n []int) {
		for _, seg := range s.segments {
			for i := range seg.Blocks {
				n = append(n, seg.Blocks[i].Rows)
			}
		}
		return n
	}
	if diff := cmp.Diff([]int{9, 9, 2, 9, 9, 2}, rows()); diff != "" {
		t.Errorf("sealed: rows of blocks (-want +got)\n%s", diff)
	}
	s.cfg.MergeBytes = 1 << 30
	if err := s.Merge(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{9, 9, 9, 9, 4}, rows()); diff != "" {
		t.Errorf("merged: rows of blocks (-want +got)\n%s", diff)
	}
	if !cmp.Equal(want, contents(t, s)) {
		t.Error("lines differ")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
