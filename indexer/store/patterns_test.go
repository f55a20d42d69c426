package store

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"foghorn/pipeline/query"
)

// drawValues draws how the values of a slot come about.
func drawValues(t *rapid.T) func(i int) string {
	start := rapid.Uint64().Draw(t, "start")
	step := rapid.Uint64Range(0, 3).Draw(t, "step")
	digits := rapid.IntRange(1, 22).Draw(t, "digits")
	noise := func(i int) uint64 { return mix(start + uint64(i)) }
	return rapid.SampledFrom([]func(i int) string{
		func(int) string { return strconv.FormatUint(start, 10) },
		func(i int) string { return strconv.FormatUint(start+uint64(i)*step, 10) },
		func(i int) string { return strconv.FormatUint(start%1e15-uint64(i)*step, 10) },
		func(i int) string { return strconv.FormatUint(noise(i)%1000, 10) },
		func(i int) string { return strconv.FormatUint(noise(i), 10) },
		func(i int) string { return fmt.Sprintf("%0*d", digits, noise(i)%100) },
		func(i int) string { return fmt.Sprintf("%0*x", digits, noise(i)) },
		func(i int) string { return fmt.Sprintf("%X", noise(i)) },
		func(i int) string { return fmt.Sprintf("blk_%dms", noise(i)%uint64(1+digits)) },
		func(i int) string { return fmt.Sprintf("é%d", noise(i)%20) },
		func(i int) string { return strings.Repeat("1", i%300) },
		func(i int) string { return []string{"", "0", "00", "a1", "1a", "\x00", "x\x001", "٣"}[noise(i)%8] },
	}).Draw(t, "values")
}

// TestLinesComeBackFromTheirPatterns, byte for byte, and so do their parts.
func TestLinesComeBackFromTheirPatterns(t *testing.T) {
	var w lineWriter
	rapid.Check(t, func(t *rapid.T) {
		w.reset()
		var lines [][]byte
		kinds := rapid.IntRange(1, 5).Draw(t, "kinds")
		var values [][]func(int) string
		for range kinds {
			var of []func(int) string
			for range rapid.IntRange(0, 4).Draw(t, "slots") {
				of = append(of, drawValues(t))
			}
			values = append(values, of)
		}
		for i := range rapid.IntRange(1, 300).Draw(t, "lines") {
			k := int(mix(uint64(i)) % uint64(kinds))
			line := fmt.Sprintf("kind %c ", 'a'+k)
			for _, v := range values[k] {
				line += "v=" + v(i) + ","
			}
			lines = append(lines, []byte(line))
			w.add(lines[i])
		}
		b := &Block{}
		if err := b.decodeLines(encoded(&w), len(lines)); err != nil {
			t.Fatal(err)
		}
		for i, want := range lines {
			if got := b.Body(i); !bytes.Equal(got, want) {
				t.Fatalf("line %d: %q, want %q", i, got, want)
			}
		}
	})
}

// TestPartsOfALineHaveItsWords: the words of the pattern, and each slot is one, with a digit.
func TestPartsOfALineHaveItsWords(t *testing.T) {
	var s splitter
	words := func(text []byte) (out []string) {
		query.Words(text, func(start, end int) bool {
			out = append(out, string(text[start:end]))
			return true
		})
		return out
	}
	check := func(t interface {
		Fatalf(string, ...any)
	}, line []byte,
	) {
		s.split(line)
		got := words(s.pattern)
		for _, p := range s.slots {
			slot := line[p.start:p.end]
			if bytes.IndexByte(line, slotMark) < 0 && !bytes.ContainsAny(slot, "0123456789") {
				t.Fatalf("%q: slot %q has no digit", line, slot)
			}
			got = append(got, words(slot)...)
		}
		want := words(line)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got)\n%s", line, diff)
		}
	}
	// Eight bytes at a time are looked at; that is the same as looking at each word.
	var plain splitter
	same := check
	check = func(t interface{ Fatalf(string, ...any) }, line []byte) {
		same(t, line)
		plain.slots, plain.pattern = plain.slots[:0], plain.pattern[:0]
		plain.splitText(line)
		if !slices.Equal(plain.slots, s.slots) || !bytes.Equal(plain.pattern, s.pattern) {
			t.Fatalf("%q: slots %v and %q, want %v and %q", line, s.slots, s.pattern, plain.slots, plain.pattern)
		}
	}
	for b := range 256 {
		check(t, []byte{byte(b)})
		check(t, []byte{'a', '1', byte(b), '2', 'b', ' ', 'x', 'y', byte(b)})
	}
	for n := range 150 {
		check(t, []byte(strings.Repeat("x", n)+"1"+strings.Repeat("y", 150-n)+" 7"))
		check(t, []byte(strings.Repeat(".", n)+"é1"+strings.Repeat("9", n)))
	}
	check(t, []byte(strings.Repeat("a1 b ", 2*maxSlots)))
	check(t, []byte(strings.Repeat("é1 b ", 2*maxSlots)))
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]byte("ab_Z019 .:-")), rapid.SampledFrom([]byte("ab_Z019 .:-\x00\xc3\xa9\xff\xd9\xa3"))), 0, 200).Draw(t, "line"))
	})
}
