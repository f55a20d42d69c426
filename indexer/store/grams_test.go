package store

import (
	"testing"

	"pgregory.net/rapid"
)

// TestEveryPartPicksGramsOfItsWord: any text that is as long as a window picks pieces that
// every word around it picks too.
func TestEveryPartPicksGramsOfItsWord(t *testing.T) {
	for _, g := range []gramScheme{grams, gramsNarrow1} {
		rapid.Check(t, func(t *rapid.T) {
			word := rapid.SliceOfN(rapid.SampledFrom([]byte("0123abc\xc3")), g.min, 60).Draw(t, "word")
			from := rapid.IntRange(0, len(word)-g.min).Draw(t, "from")
			to := rapid.IntRange(from+g.min, len(word)).Draw(t, "to")
			have := make(map[uint64]bool)
			g.pick(word, func(k uint64) { have[k] = true })
			keys := g.keys(word[from:to])
			for _, k := range keys {
				if !have[k] {
					t.Fatalf("%q is in %q and has a gram that it has not", word[from:to], word)
				}
			}
			if len(keys) == 0 {
				t.Fatalf("%q has no gram", word[from:to])
			}
		})
	}
}

// TestAHexadecimalPartHasTheKeysOfWhatIsInIt.
func TestAHexadecimalPartHasTheKeysOfWhatIsInIt(t *testing.T) {
	for _, part := range []string{"abc", "dead", "facade", "abcdefabcdef"} {
		have := make(map[uint64]bool)
		hexGrams([]byte(part), func(k uint64) { have[k] = true })
		for from := range len(part) {
			for to := from + minPart; to <= len(part); to++ {
				for _, k := range hexKeys(part[from:to]) {
					if !have[k] {
						t.Errorf("%q is in %q and has a key that it has not", part[from:to], part)
					}
				}
			}
		}
		for _, k := range hexKeys("bad") {
			if have[k] {
				t.Errorf("%q has the key of bad", part)
			}
		}
	}
}
