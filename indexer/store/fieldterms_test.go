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
// apart is what each event says by itself.
func TestTermsOfColumnsAreThoseOfTheEvents(t *testing.T) {
	w, err := newBuilder(OS{}, zstd.SpeedDefault)
	if err != nil {
		t.Fatal(err)
	}
	plain := newCollector()
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
		if diff := cmp.Diff(wantKeys, gotKeys); diff != "" {
			t.Fatalf("keys (-want +got)\n%s", diff)
		}
	})
}
