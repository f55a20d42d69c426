package store

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestKeySetHasEachKeyOnce, as a sorted list without repetitions has it.
func TestKeySetHasEachKeyOnce(t *testing.T) {
	var s keySet
	rapid.Check(t, func(t *rapid.T) {
		s.reset()
		kinds := rapid.Uint64Range(1, 100_000).Draw(t, "kinds")
		seed, spread := rapid.Uint64().Draw(t, "seed"), rapid.Bool().Draw(t, "spread")
		var want []uint64
		for i := range rapid.IntRange(0, 50_000).Draw(t, "keys") {
			h := mix(seed+uint64(i)) % kinds
			if spread {
				h = mix(h)
			}
			s.add(h)
			want = append(want, h)
		}
		slices.Sort(want)
		want = slices.Compact(want)
		got := s.list(nil)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	})
}
