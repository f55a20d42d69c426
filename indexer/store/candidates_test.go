package store

import (
	"fmt"
	"strings"
	"testing"

	"foghorn/pipeline"
)

// TestNoPartOfAWordIsRuledOut: whatever part of a word is asked for, the block that holds it
// is named, in a segment whose terms are in memory and in a merged one; what no word holds
// is ruled out.
func TestNoPartOfAWordIsRuledOut(t *testing.T) {
	s := mustOpen(t, testConfig(t.TempDir()), Deps{})
	words := []string{
		"plain", "added", "3fadec9", "7deadbeef7", "abc1def2fed", "9e3779b97f4a7c15", "x86_64", "user12345678",
		"12345678901234567890123", "facade", "0a", "ab12", strings.Repeat("deca1", 20), "\u00e9t\u00e99dad",
	}
	var events []pipeline.Event
	offset := int64(0)
	for i, w := range words {
		e := pipeline.Event{
			ID: pipeline.LineID{Source: "h:/a", Generation: 1, Offset: offset}, Size: int64(len(w)) + 1, Body: []byte(w), Timestamp: int64(i),
		}
		offset += e.Size
		events = append(events, e)
	}
	for i, half := range [][]pipeline.Event{events[:7], events[7:]} {
		if _, err := s.Append(t.Context(), 0, int64(i+1), half); err != nil {
			t.Fatal(err)
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string) {
		t.Helper()
		v := s.View()
		named := func(c CondWord) (n int) {
			cand := v.Candidates(c)
			defer cand.Close()
			for _, p := range v.Parts {
				bits, err := cand.Of(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				for i := range p.Blocks() {
					b, err := p.Read(i, false)
					if err != nil {
						t.Fatal(err)
					}
					for r := range b.Len() {
						w := string(b.Body(r))
						holds := map[WordKind]bool{
							Whole: w == c.Text, Prefix: strings.HasPrefix(w, c.Text), Suffix: strings.HasSuffix(w, c.Text), Infix: strings.Contains(w, c.Text),
						}[c.Kind]
						if holds && !bits.Has(i) {
							t.Errorf("%s: %+v: the block of %q is left out", when, c, w)
						}
					}
				}
				n += bits.count()
			}
			return n
		}
		for _, w := range words {
			named(CondWord{Whole, w})
			for from := range len(w) {
				for to := from + 1; to <= len(w); to++ {
					if part := w[from:to]; strings.ToValidUTF8(part, "?") == part {
						named(CondWord{Infix, part})
						if from == 0 {
							named(CondWord{Prefix, part})
						}
						if to == len(w) {
							named(CondWord{Suffix, part})
						}
					}
				}
			}
		}
		for _, c := range []CondWord{{Prefix, "cafe"}, {Whole, "dec"}, {Whole, "12345"}, {Infix, "777777777777"}, {Whole, "9e3779b97f4a7c16"}} {
			if n := named(c); n > 0 {
				t.Errorf("%s: %+v: %d blocks are named, want none", when, c, n)
			}
		}
	}
	check("terms in memory")
	if err := s.Merge(); err != nil {
		t.Fatal(err)
	}
	s.indexQueued(make(chan struct{}), newCollector())
	if n := s.Stats(); n.Unindexed > 0 || n.Segments != 1 {
		t.Fatalf("%+v", n)
	}
	check(fmt.Sprint("merged into ", s.View().Parts[0].Segment()))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
