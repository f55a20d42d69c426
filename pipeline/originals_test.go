package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestOriginals(t *testing.T) {
	id := LineID{"h:/a", 1, 100}
	for _, test := range []struct {
		name string
		line Line
		want []Original
	}{
		{"one line", Line{ID: id, Raw: []byte("one"), Size: 4}, []Original{{100, 4, []byte("one")}}},
		{"an empty line", Line{ID: id, Raw: []byte{}, Size: 1}, []Original{{100, 1, []byte{}}}},
		{"joined", Line{ID: id, Raw: []byte("one\n\nthree"), Size: 11}, []Original{{100, 4, []byte("one")}, {104, 1, []byte{}}, {105, 6, []byte("three")}}},
		{"joined, the last not terminated", Line{ID: id, Raw: []byte("one\ntwo"), Size: 7}, []Original{{100, 4, []byte("one")}, {104, 3, []byte("two")}}},
		{"an empty line behind", Line{ID: id, Raw: []byte("one\n"), Size: 5}, []Original{{100, 4, []byte("one")}, {104, 1, []byte{}}}},
		{"sizes given", Line{ID: id, Raw: []byte("one\ntwo"), Size: 30, Sizes: []int64{20, 10}}, []Original{{100, 20, []byte("one")}, {120, 10, []byte("two")}}},
		{"sizes that are not those of the lines", Line{ID: id, Raw: []byte("one\ntwo"), Size: 30, Sizes: []int64{20, 9}}, []Original{{100, 30, []byte("one\ntwo")}}},
		{"sizes that do not follow", Line{ID: id, Raw: []byte("one\ntwo"), Size: 30}, []Original{{100, 30, []byte("one\ntwo")}}},
		{"truncated", Line{ID: id, Raw: []byte("one\ntwo"), Size: 8, Truncated: true}, []Original{{100, 8, []byte("one\ntwo")}}},
		{"foreign", Line{ID: LineID{"t/0", 0, 100}, Raw: []byte("a"), Size: 1}, []Original{{100, 1, []byte("a")}}},
		{"foreign, with line feeds", Line{ID: LineID{"t/0", 0, 100}, Raw: []byte("\n"), Size: 1}, []Original{{100, 1, []byte("\n")}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(test.want, slices.Collect(test.line.Originals())); d != "" {
				t.Error(d)
			}
			e := Event{ID: test.line.ID, Size: test.line.Size, Sizes: test.line.Sizes, Truncated: test.line.Truncated, Body: test.line.Raw}
			if d := cmp.Diff(test.want, slices.Collect(e.Originals())); d != "" {
				t.Errorf("of the event: %s", d)
			}
		})
	}
}

func TestTrimFront(t *testing.T) {
	joined := Line{ID: LineID{"h:/a", 1, 100}, Raw: []byte("one\ntwo\nthree"), Size: 14}
	redacted := joined
	redacted.Size, redacted.Sizes = 60, []int64{10, 20, 30}
	odd := joined
	odd.Size = 60
	for _, test := range []struct {
		name string
		line Line
		seen int64
		want Line
	}{
		{"nothing", joined, 0, joined},
		{"one line", joined, 4, Line{ID: LineID{"h:/a", 1, 104}, Raw: []byte("two\nthree"), Size: 10}},
		{"two lines", joined, 8, Line{ID: LineID{"h:/a", 1, 108}, Raw: []byte("three"), Size: 6}},
		{"a line of which only a part was seen stays", joined, 7, Line{ID: LineID{"h:/a", 1, 104}, Raw: []byte("two\nthree"), Size: 10}},
		{"the last line always stays", joined, 14, Line{ID: LineID{"h:/a", 1, 108}, Raw: []byte("three"), Size: 6}},
		{"by sizes", redacted, 29, Line{ID: LineID{"h:/a", 1, 110}, Raw: []byte("two\nthree"), Size: 50, Sizes: []int64{20, 30}}},
		{"what cannot be told apart stays", odd, 30, odd},
	} {
		t.Run(test.name, func(t *testing.T) {
			have := test.line
			e := Event{ID: have.ID, Size: have.Size, Sizes: have.Sizes, Body: have.Raw, Service: "kept"}
			have.TrimFront(test.seen)
			if d := cmp.Diff(test.want, have); d != "" {
				t.Error(d)
			}
			e.TrimFront(test.seen)
			if d := cmp.Diff(Event{ID: test.want.ID, Size: test.want.Size, Sizes: test.want.Sizes, Body: test.want.Raw, Service: "kept"}, e); d != "" {
				t.Errorf("event: %s", d)
			}
		})
	}
}

// drawLines draws the lines of a file; a redacted one takes more than what is left of it.
func drawLines(t *rapid.T) (lines []Original) {
	offset := int64(0)
	for i := range rapid.IntRange(1, 40).Draw(t, "lines") {
		raw := fmt.Sprintf("%d%s", i, strings.Repeat("x", rapid.IntRange(0, 5).Draw(t, "length")))
		size := int64(len(raw)) + 1
		if rapid.IntRange(0, 9).Draw(t, "redact") == 0 {
			size += int64(rapid.IntRange(1, 9).Draw(t, "secret"))
		}
		lines = append(lines, Original{offset, size, []byte(raw)})
		offset += size
	}
	return lines
}

// group joins lines from the given one on as a shipper could.
func group(t *rapid.T, lines []Original) (out []Line) {
	for len(lines) > 0 {
		n := rapid.IntRange(1, min(5, len(lines))).Draw(t, "group")
		l := Line{ID: LineID{"h:/a", 1, lines[0].Offset}}
		var raws []string
		redacted := false
		for _, o := range lines[:n] {
			raws = append(raws, string(o.Raw))
			l.Size += o.Size
			l.Sizes = append(l.Sizes, o.Size)
			redacted = redacted || o.Size != int64(len(o.Raw))+1
		}
		if l.Raw = []byte(strings.Join(raws, "\n")); !redacted {
			l.Sizes = nil
		}
		out = append(out, l)
		lines = lines[n:]
	}
	return out
}

// Any two groupings of the same bytes, delivered one after the other with a cut anywhere,
// give every original line exactly once.
func TestGroupingsThatOverlapGiveEveryLineOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := drawLines(t)
		h := NewHighWater()
		var have []Original
		take := func(records []Line) {
			for _, l := range records {
				fresh, gap := h.Advance(l.ID, l.Size)
				if !fresh {
					continue
				}
				if gap > 0 {
					t.Fatalf("gap of %d before %v", gap, l.ID)
				}
				l.TrimFront(-gap)
				for o := range l.Originals() {
					have = append(have, o)
				}
			}
		}
		first := group(t, lines)
		take(first[:rapid.IntRange(0, len(first)).Draw(t, "crash")])
		seen := len(have)
		take(group(t, lines[rapid.IntRange(0, seen).Draw(t, "checkpoint"):]))
		if d := cmp.Diff(lines, have); d != "" {
			t.Fatalf("lines (-want +have)\n%s", d)
		}
	})
}

// A file that changed under its generation, or a line that grew, loses nothing: what is
// not seen whole comes again from its line's start.
func TestAnOverlapWithinALineLosesNothing(t *testing.T) {
	h := NewHighWater()
	h.Advance(LineID{"h:/a", 1, 0}, 10) // "0123456789", not terminated yet
	grown := Line{ID: LineID{"h:/a", 1, 0}, Raw: []byte("0123456789 and more\nnext"), Size: 25}
	fresh, gap := h.Advance(grown.ID, grown.Size)
	if !fresh || gap != -10 {
		t.Fatalf("fresh %v, gap %d; want true, -10", fresh, gap)
	}
	grown.TrimFront(-gap)
	if string(grown.Raw) != "0123456789 and more\nnext" || grown.ID.Offset != 0 {
		t.Errorf("%q at %d is left, want all", grown.Raw, grown.ID.Offset)
	}
}
