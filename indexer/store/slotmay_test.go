package store

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"foghorn/pipeline/query"
)

// TestMayHoldIsFalseOnlyWhereNoWordIs, and it is false often enough to be of use.
func TestMayHoldIsFalseOnlyWhereNoWordIs(t *testing.T) {
	var w lineWriter
	asked, ruledOut := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w.reset()
		value := drawValues(t)
		var lines [][]byte
		for i := range rapid.IntRange(1, 60).Draw(t, "lines") {
			lines = append(lines, []byte(fmt.Sprintf("a %s é=%s", value(i), value(i/2))))
			w.add(lines[i])
		}
		b := &Block{}
		if err := b.decodeLines(encoded(&w), len(lines)); err != nil {
			t.Fatal(err)
		}
		from := string(query.Fold(nil, []byte(value(rapid.IntRange(0, 80).Draw(t, "which")))))
		if rapid.IntRange(0, 4).Draw(t, "other") == 0 {
			from = rapid.StringMatching(`[a-f0-9x_]{1,12}`).Draw(t, "text")
		}
		r := []rune(from)
		if len(r) == 0 {
			return
		}
		at := rapid.IntRange(0, len(r)-1).Draw(t, "at")
		text := string(r[at:rapid.IntRange(at+1, len(r)).Draw(t, "to")])
		if strings.ContainsRune(text, 0) {
			return
		}
		for kind := Whole; kind <= Infix; kind++ {
			need := query.Need{Kind: query.Kind(kind), Text: text}
			holds := make([]bool, b.Patterns())
			for i, line := range lines {
				folded := query.Fold(nil, line)
				query.Words(folded, func(start, end int) bool {
					word := folded[start:end]
					if strings.ContainsAny(string(word), "0123456789") && need.Met(word) {
						holds[b.PatternOf(i)] = true
					}
					return true
				})
			}
			for p := range holds {
				if strings.Count(string(b.PatternText(p)), "\x00") == 0 {
					continue
				}
				may := b.MayHold(p, CondWord{kind, text})
				if holds[p] && !may {
					t.Fatalf("pattern %q, kind %d: %q is in a line, and may not be", b.PatternText(p), kind, text)
				}
				if !holds[p] {
					asked++
					if !may {
						ruledOut++
					}
				}
			}
		}
	})
	if ruledOut*2 < asked {
		t.Errorf("of %d words that are not there %d were ruled out", asked, ruledOut)
	}
}
