package store

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestAThinnedRunTellsEachLinesPlace as a plain list of the lines does, also when it was
// joined to another and read back from a footer.
func TestAThinnedRunTellsEachLinesPlace(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var all []int64 // the lines that are kept, by seq
		var runs []Run
		first := Run{Source: "s", Host: "h", Path: "p", Generation: 3, FirstLine: 11, FirstSeq: 1011, FirstOffset: 5}
		next := first
		for range rapid.IntRange(1, 4).Draw(r, "runs") {
			u := next
			density := rapid.SampledFrom([]int{0, 1, 2, 9, 10}).Draw(r, "density")
			lines := rapid.IntRange(1, 400).Draw(r, "lines")
			var s stretches
			for i := range lines {
				if rapid.IntRange(0, 9).Draw(r, "keep") < density {
					s.add(int64(i))
					all = append(all, u.FirstSeq+int64(i))
				}
			}
			u.Rows, u.NextOffset = s.total, u.FirstOffset+int64(lines)
			u.Kept = s.kept(int64(lines))
			runs = append(runs, u)
			next.FirstLine, next.FirstSeq, next.FirstOffset = u.FirstLine+int64(lines), u.EndSeq(), u.NextOffset
		}
		u := runs[0]
		for i := range runs[1:] {
			if !u.follows(&runs[1+i]) {
				r.Fatalf("run %d does not follow", 1+i)
			}
			u.join(&runs[1+i])
		}
		f := footer{Rows: int64(u.Rows), Runs: []Run{u, {Source: "t", Rows: 0}}, Keep: [][]string{{"a", "b"}, {"c"}}, Offsets: map[int]int64{}}
		if u.Rows > 0 {
			f.Blocks = []blockInfo{{Rows: u.Rows}}
		}
		var back footer
		if err := back.decode(f.encode(nil), formatVersion); err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(f.Keep, back.Keep); diff != "" {
			r.Fatal(diff)
		}
		v := &back.Runs[0]
		if v.Covers() != next.FirstSeq-first.FirstSeq || v.EndSeq() != next.FirstSeq || v.Rows != len(all) {
			r.Fatalf("%d of %d lines up to %d, want %d of %d up to %d", v.Rows, v.Covers(), v.EndSeq(), len(all), next.FirstSeq-first.FirstSeq, next.FirstSeq)
		}
		for i, seq := range all {
			if v.Seq(i) != seq || v.Line(i) != seq-1000 {
				r.Fatalf("row %d: seq %d, line %d; want %d, %d", i, v.Seq(i), v.Line(i), seq, seq-1000)
			}
		}
		for seq := first.FirstSeq - 2; seq < next.FirstSeq+2; seq++ {
			want, ok := slices.BinarySearch(all, seq)
			if have, found := v.Find(seq); have != want || found != ok {
				r.Fatalf("find %d: %d, %t; want %d, %t", seq, have, found, want, ok)
			}
		}
	})
}

// TestAThinnedRunThatCannotBeIsRefused when a footer is read.
func TestAThinnedRunThatCannotBeIsRefused(t *testing.T) {
	for name, k := range map[string]Kept{
		"more lines than rows":    {lines: 10, data: []byte{1, 2, 1, 2}},
		"fewer lines than rows":   {lines: 10, data: []byte{1, 2}},
		"beyond its lines":        {lines: 10, data: []byte{8, 3}},
		"an empty stretch":        {lines: 10, data: []byte{1, 3, 1, 0}},
		"half a stretch":          {lines: 10, data: []byte{1, 3, 1}},
		"fewer lines than kept":   {lines: 2, data: []byte{0, 3}},
		"a varint without an end": {lines: 10, data: []byte{1, 3, 0x80}},
	} {
		f := footer{Rows: 3, Runs: []Run{{Source: "s", Rows: 3, Kept: &k}}, Keep: [][]string{{"a"}}, Blocks: []blockInfo{{Rows: 3}}}
		if err := new(footer).decode(f.encode(nil), formatVersion); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
