package store

import (
	"testing"

	"pgregory.net/rapid"
)

// TestEveryPartPicksGramsOfItsWord: any text of gramMin bytes or more picks pieces that
// every word around it picks too.
func TestEveryPartPicksGramsOfItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SliceOfN(rapid.SampledFrom([]byte("0123abc\xc3")), gramMin, 60).Draw(t, "word")
		from := rapid.IntRange(0, len(word)-gramMin).Draw(t, "from")
		to := rapid.IntRange(from+gramMin, len(word)).Draw(t, "to")
		have := make(map[uint64]bool)
		grams(word, func(k uint64) { have[k] = true })
		n := 0
		grams(word[from:to], func(k uint64) {
			if n++; !have[k] {
				t.Fatalf("%q is in %q and has a gram that it has not", word[from:to], word)
			}
		})
		if n == 0 {
			t.Fatalf("%q has no gram", word[from:to])
		}
	})
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
