package pipeline

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestAdvance(t *testing.T) {
	type step struct {
		id    LineID
		size  int64
		fresh bool
		gap   int64
	}
	file := func(generation uint64, offset int64) LineID { return LineID{"h:/a", generation, offset} }
	foreign := func(offset int64) LineID { return LineID{"logs.raw/0", 0, offset} }
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"in order", []step{{file(1, 0), 10, true, 0}, {file(1, 10), 5, true, 0}, {file(1, 15), 1, true, 0}}},
		{"again", []step{{file(1, 0), 10, true, 0}, {file(1, 10), 5, true, 0}, {file(1, 0), 10, false, 0}, {file(1, 10), 5, false, 0}, {file(1, 15), 2, true, 0}}},
		{"a gap", []step{{file(1, 0), 10, true, 0}, {file(1, 25), 5, true, 15}}},
		{"first line of a generation not at 0", []step{{file(1, 40), 10, true, 40}}},
		{"a new generation", []step{{file(1, 0), 10, true, 0}, {file(2, 0), 3, true, 0}, {file(1, 10), 5, true, 0}, {file(2, 3), 1, true, 0}}},
		{"another source", []step{{file(1, 0), 10, true, 0}, {LineID{"h:/b", 1, 0}, 4, true, 0}}},
		{"size 0 does not repeat", []step{{file(1, 0), 0, true, 0}, {file(1, 0), 0, false, 0}}},
		{"starts below the mark", []step{{file(1, 0), 10, true, 0}, {file(1, 4), 26, true, -6}, {file(1, 30), 1, true, 0}}},
		{"ends at the mark", []step{{file(1, 0), 10, true, 0}, {file(1, 4), 6, false, 0}}},
		{"foreign never overlap", []step{{foreign(5), 3, true, 0}, {foreign(7), 3, false, 0}, {foreign(8), 1, true, 0}}},
		{"foreign, from anywhere", []step{{foreign(1000), 1, true, 0}, {foreign(1001), 1, true, 0}, {foreign(1000), 1, false, 0}, {foreign(1005), 1, true, 3}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := NewHighWater()
			for i, s := range test.steps {
				if fresh, gap := h.Advance(s.id, s.size); fresh != s.fresh || gap != s.gap {
					t.Fatalf("step %d: fresh %v, gap %d; want %v, %d", i, fresh, gap, s.fresh, s.gap)
				}
			}
		})
	}
}

func TestSetNeverMovesBack(t *testing.T) {
	h := NewHighWater()
	h.Set("s", 1, 100)
	h.Set("s", 1, 50)
	if fresh, _ := h.Advance(LineID{"s", 1, 99}, 1); fresh {
		t.Error("a line below the mark is fresh")
	}
	if fresh, gap := h.Advance(LineID{"s", 1, 100}, 1); !fresh || gap != 0 {
		t.Errorf("the line at the mark: fresh %v, gap %d", fresh, gap)
	}
}

// A source keeps its newest generations, and no more.
func TestGenerationsAreBounded(t *testing.T) {
	h := NewHighWater()
	for g := range uint64(3 * maxGenerations) {
		h.Advance(LineID{"s", g + 1, 0}, 10)
	}
	if n := len(h.sources["s"]); n != maxGenerations {
		t.Errorf("%d generations kept, want %d", n, maxGenerations)
	}
	if fresh, _ := h.Advance(LineID{"s", 2*maxGenerations + 1, 0}, 10); fresh {
		t.Error("a line of the oldest generation kept is fresh again")
	}
}

// Whatever runs of lines are repeated, each line is fresh once and none is missing.
func TestRepeatedRunsAreDropped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, seen := NewHighWater(), map[string]int{}
		sent := 0
		for sent < 50 {
			from := rapid.IntRange(0, sent).Draw(t, "from")
			to := rapid.IntRange(sent, sent+10).Draw(t, "to")
			for i := from; i < to; i++ {
				id := LineID{"s", uint64(1 + i/20), int64(i%20) * 7}
				if fresh, gap := h.Advance(id, 7); fresh {
					seen[fmt.Sprint(id)]++
					if gap != 0 {
						t.Fatalf("gap of %d before %v", gap, id)
					}
				}
			}
			sent = max(sent, to)
		}
		for i := range sent {
			if n := seen[fmt.Sprint(LineID{"s", uint64(1 + i/20), int64(i%20) * 7})]; n != 1 {
				t.Fatalf("line %d was fresh %d times", i, n)
			}
		}
	})
}

// Sources are apart from each other, in whatever order they come and are forgotten.
func TestHighWaterKeepsSourcesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, alone := NewHighWater(), map[string]*HighWater{}
		for range 60 {
			source := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "source")
			if alone[source] == nil {
				alone[source] = NewHighWater()
			}
			id := LineID{source, rapid.Uint64Range(0, 3).Draw(t, "generation"), rapid.Int64Range(0, 50).Draw(t, "offset")}
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0:
				all.Forget(source)
				delete(alone, source)
			case 1:
				all.Set(source, id.Generation, id.Offset)
				alone[source].Set(source, id.Generation, id.Offset)
			default:
				fresh, gap := all.Advance(id, 5)
				if wantFresh, wantGap := alone[source].Advance(id, 5); fresh != wantFresh || gap != wantGap {
					t.Fatalf("%v: have %v, %d, want %v, %d", id, fresh, gap, wantFresh, wantGap)
				}
			}
		}
	})
}
