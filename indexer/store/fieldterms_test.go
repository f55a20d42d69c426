package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// TestAppendCanonicalIsCanonical: values that a query calls equal have one key.
func TestAppendCanonicalIsCanonical(t *testing.T) {
	check := func(t interface {
		Errorf(string, ...any)
	}, value string,
	) {
		if got, want := string(appendCanonical([]byte("x"), value)), "x"+query.Canonical(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
	for _, v := range []string{
		"0", "00", "007", "7", "+7", "-7", "-0", "7.0", ".5", "5.", "1e3", "1E3", "e3", "1.2.3", "10.0.0.1", "+", "-", ".",
		"999999999999999999", "1000000000000000000", "9223372036854775808", "99999999999999999999", "2026-03-01", "1-2",
		"É1", "ABC", "12ms", "0x1F", "1_000", "NaN", "Inf", "+Inf", "1e999", "\xff1",
	} {
		check(t, v)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.StringOfN(rapid.SampledFrom([]rune("0159.+-eEaZé")), 1, 22, -1).Draw(t, "value"))
	})
}

// TestTermsOfColumnsAreThoseOfTheEvents: what a builder collects while it takes a block's rows
// apart is what each event says by itself, but for values that are found as words of the line.
func TestTermsOfColumnsAreThoseOfTheEvents(t *testing.T) {
	w, err := newBuilder(OS{}, zstd.SpeedDefault)
	if err != nil {
		t.Fatal(err)
	}
	plain, sparedKeys := newCollector(), 0
	rapid.Check(t, func(t *rapid.T) {
		h := newHead()
		kinds := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pipeline.Event { return anyEvent(t, 2) }), 1, 3).Draw(t, "kinds")
		for i := range rapid.IntRange(1, 200).Draw(t, "lines") {
			k := int(mix(uint64(i)) % uint64(len(kinds)))
			n := mix(uint64(i)) % uint64(rapid.SampledFrom([]int{1, 5, 500}).Draw(t, "numbers"))
			e := kinds[k]
			if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				e = anyEvent(t, 2)
			}
			e.Body = fmt.Appendf(nil, "%d kind%c user=u%d, took %d.%dms %s", n, 'a'+k, n, n, i%7, e.Body)
			word := "kind" + string(rune('a'+k))
			e.Attrs = append(slices.Clip(e.Attrs), pipeline.Attr{Key: "kind", Value: word}, pipeline.Attr{Key: "user", Value: fmt.Sprintf("u%d", n)},
				pipeline.Attr{Key: "took", Value: fmt.Sprintf("%d.%dms", n, i%7)}, pipeline.Attr{Key: "first", Value: fmt.Sprintf("%d %s", n, word)},
				pipeline.Attr{Key: "template", Value: "no"}, pipeline.Attr{Key: "elsewhere", Value: fmt.Sprintf("«%d»", n)},
				pipeline.Attr{Key: "long", Value: strings.Repeat("x", int(n%80))})
			if rapid.IntRange(0, 4).Draw(t, "joined") == 0 {
				e.Truncated, e.Body = false, append(e.Body, "\nsecond 2\nthird"...)
				e.Size = int64(len(e.Body)) + 1
			}
			h.append(&e, int64(i), int64(i))
		}
		v := h.view()
		w.collect.reset()
		plain.reset()
		w.columns.start()
		w.collect.start()
		plain.start()
		_, err := v.blocksOf(v.sorted(), 1<<20)(func(r *row) {
			w.add(r)
			if !r.continues {
				plain.event(&r.event)
			}
			plain.text(r.event.Body)
		})
		if err != nil {
			t.Fatal(err)
		}
		w.collect.lines(&w.columns.lines)
		sorted := func(c *collector) (blockTerms, []uint64) {
			terms, keys := c.finish(), c.keys.list(nil)
			slices.Sort(terms.words)
			slices.Sort(terms.values)
			slices.Sort(keys)
			return terms, keys
		}
		gotTerms, gotKeys := sorted(w.collect)
		wantTerms, wantKeys := sorted(plain)
		if diff := cmp.Diff(wantTerms, gotTerms, cmp.AllowUnexported(blockTerms{})); diff != "" {
			t.Fatalf("terms (-want +got)\n%s", diff)
		}
		has := func(key uint64) bool { _, ok := slices.BinarySearch(gotKeys, key); return ok }
		spared := make(map[uint64]bool)
		for i := range v.n {
			var e pipeline.Event
			r := v.row(i)
			v.event(r, &e)
			for _, a := range v.fields(r, &e, nil) {
				if a.Value == "" {
					continue
				}
				own, word := valueKeys(a.Key, a.Value)
				if !has(own) && len(word) > 0 && !slices.ContainsFunc(word, func(key uint64) bool { return !has(key) }) {
					spared[own] = true
				}
			}
		}
		sparedKeys += len(spared)
		wantKeys = slices.DeleteFunc(wantKeys, func(key uint64) bool { return spared[key] })
		if diff := cmp.Diff(wantKeys, gotKeys); diff != "" {
			t.Fatalf("keys (-want +got)\n%s", diff)
		}
	})
	if sparedKeys == 0 {
		t.Error("no value was found as a word")
	}
}

// TestNoValueOfAFieldIsRuledOut: whatever value of a field with more than are listed is asked
// for, however it stands in the line and is spelled, its block is named; a value that is not
// there is ruled out.
func TestNoValueOfAFieldIsRuledOut(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.BlockLines = 1 << 10
	s := mustOpen(t, cfg, Deps{})
	var events []pipeline.Event
	offset := int64(0)
	add := func(line, value string) {
		e := pipeline.Event{
			ID: pipeline.LineID{Source: "h:/a", Generation: 1, Offset: offset}, Size: int64(len(line)) + 1,
			Body: []byte(line), Attrs: []pipeline.Attr{{Key: "v", Value: value}},
		}
		offset += e.Size
		events = append(events, e)
	}
	for i := range 2 * maxValues {
		add(fmt.Sprintf("seen %d", 1000+i), fmt.Sprint(1000+i))
	}
	values := []string{
		"7", "007", "12e5", "1E3", "0x1F", "e5", "5e", "u17", "12ms", "1_000", "9223372036854775808", "99999999999999999999", "000099999999999999999999",
		"deadbeef01", "\u00e917", strings.Repeat("a1", 300), strings.Repeat("x1", maxTerm),
		"10.0.0.1", "-5", "5.0", "a b 3", "plain", "\x00 17 \x00", "\xff8",
	}
	for _, v := range values {
		for _, line := range []string{"%s", "%s ends", "at %s", "<%s>", "x%s", "%sx", "id=%s 1 2 3"} {
			add(fmt.Sprintf(line, v), v)
		}
	}
	if _, err := s.Append(t.Context(), 0, 1, events); err != nil {
		t.Fatal(err)
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	named := func(value string) bool {
		cand := s.View().Candidates(&CondField{Name: "v", Equal: &value, Accept: func(v string) bool {
			return query.Canonical(v) == query.Canonical(value)
		}})
		defer cand.Close()
		bits, err := cand.Of(t.Context(), s.View().Parts[0])
		if err != nil {
			t.Fatal(err)
		}
		return bits.Has(0)
	}
	for _, v := range append(values, "7.0", "0007", "1200000", "1000", "+7", "0X1f", "U17", "\u00c917", "-5.0", "5", "1040", "1040.0") {
		if !named(v) {
			t.Errorf("the block of %q is left out", v)
		}
	}
	for _, v := range []string{"9", "0x2f", "u18", "deadbeef02", "10.0.0.2", "777777", "1e9", "none"} {
		if named(v) {
			t.Errorf("a block of %q is named", v)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
