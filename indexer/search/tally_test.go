package search_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// events are those of a model that a filter lets through.
func (m *model) events(f search.Filter) (out []*pipeline.Event) {
	match := matcherOf(&search.Request{Query: f.Query, Where: f.Where, Since: f.Since, Until: f.Until, Order: search.Oldest})
	for _, id := range m.order {
		for _, l := range m.lines[id] {
			if match(l) {
				out = append(out, l.whole)
			}
		}
	}
	return out
}

// counts counts texts, and lists the top ones as facets are.
type counts map[string]int64

func (c counts) top(n int) []search.FacetValue {
	out := []search.FacetValue{}
	for v, k := range c {
		out = append(out, search.FacetValue{Value: v, Count: k})
	}
	sort.Slice(out, func(a, b int) bool {
		if out[a].Count != out[b].Count {
			return out[a].Count > out[b].Count
		}
		return out[a].Value < out[b].Value
	})
	return out[:min(n, len(out))]
}

func (m *model) facet(f search.Filter, field string, top int) search.Facet {
	out, all := search.Facet{Field: field}, counts{}
	for _, e := range m.events(f) {
		if v, ok := e.Field(field); ok {
			all[v]++
			out.Other++
		} else {
			out.Absent++
		}
	}
	out.Values, out.Distinct = all.top(top), len(all)
	for _, v := range out.Values {
		out.Other -= v.Count
	}
	return out
}

func (m *model) histogram(f search.Filter, interval time.Duration, by string, top int) (values []string, buckets []search.Bucket) {
	total, all, in := map[time.Time]int64{}, counts{}, map[time.Time]counts{}
	for _, e := range m.events(f) {
		at := e.EventTime().Truncate(interval) // of times after 1970, by whole days and less
		total[at]++
		if v, ok := e.Field(by); ok && by != "" {
			if in[at] == nil {
				in[at] = counts{}
			}
			in[at][v]++
			all[v]++
		}
	}
	for _, v := range all.top(top) {
		values = append(values, v.Value)
	}
	for at, n := range total {
		b := search.Bucket{Time: at, Count: n}
		for v, k := range in[at] {
			if slices.Contains(values, v) {
				if b.Values == nil {
					b.Values = map[string]int64{}
				}
				b.Values[v] = k
			}
		}
		buckets = append(buckets, b)
	}
	slices.SortFunc(buckets, func(a, b search.Bucket) int { return a.Time.Compare(b.Time) })
	return values, buckets
}

var tallied = []string{"*", "timeout", "timeout refused", "NOT error", "status:>=500", "zzzabsent"}

func filters(t *testing.T) (out []search.Filter) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, q := range tallied {
		out = append(out,
			search.Filter{Query: parse(t, q)},
			search.Filter{Query: parse(t, q), Since: start.Add(10 * time.Second), Until: start.Add(40 * time.Second)},
			search.Filter{Query: parse(t, q), Where: parse(t, "service:shop")})
	}
	return out
}

// TestFacetsEqualTheCountOfEveryEvent, for fields of all kinds.
func TestFacetsEqualTheCountOfEveryEvent(t *testing.T) {
	w := newWriter(11, 5)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 1500)
	x := searcher(t, s)
	fields := []string{"level", "service", "status", "trace_id", "request", "host", "body", "nothere"}
	for _, f := range filters(t) {
		for _, top := range []int{3, 1000} {
			got, err := x.Facets(context.Background(), f, fields, top)
			if err != nil {
				t.Fatal(err)
			}
			var want []search.Facet
			for _, field := range fields {
				want = append(want, w.model.facet(f, field, top))
			}
			if diff := cmp.Diff(want, got.Facets); diff != "" || got.Matched != int64(len(w.model.events(f))) || got.Partial {
				t.Fatalf("%s, top %d: %d matched (-want +got)\n%s", f.Query, top, got.Matched, diff)
			}
		}
	}
}

// TestHistogramEqualsTheCountOfEveryEvent, with and without a field.
func TestHistogramEqualsTheCountOfEveryEvent(t *testing.T) {
	w := newWriter(12, 5)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 1500)
	x := searcher(t, s)
	for _, f := range filters(t) {
		for _, spec := range []search.HistogramSpec{
			{Interval: 10 * time.Second}, {Interval: 300 * time.Millisecond, By: "level", Top: 3}, {Interval: time.Hour, By: "request", Top: 5}, {By: "status", Top: 100},
		} {
			got, err := x.Histogram(context.Background(), f, spec)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Buckets) > 100 && spec.Interval == 0 || got.Interval <= 0 || got.Partial || got.CompleteFrom != nil {
				t.Errorf("%d buckets of %s, partial %v", len(got.Buckets), got.Interval, got.Partial)
			}
			values, buckets := w.model.histogram(f, got.Interval, spec.By, spec.Top)
			if diff := cmp.Diff(buckets, got.Buckets, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s, %+v (-want +got)\n%s", f.Query, spec, diff)
			}
			if diff := cmp.Diff(values, got.Values, cmpopts.EquateEmpty()); diff != "" || got.Matched != int64(len(w.model.events(f))) {
				t.Fatalf("%s, %+v: %d matched, values (-want +got)\n%s", f.Query, spec, got.Matched, diff)
			}
		}
	}
}

// TestHistogramsThatABudgetEndedAddUp: each is exact from a time on, and asking for what
// comes before gives the rest.
func TestHistogramsThatABudgetEndedAddUp(t *testing.T) {
	w := newWriter(13, 3)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 1500)
	x := searcher(t, s)
	f := search.Filter{Query: parse(t, "timeout OR error"), Budget: time.Nanosecond}
	_, want := w.model.histogram(f, 100*time.Millisecond, "", 0)
	var got []search.Bucket
	partial := 0
	for {
		h, err := x.Histogram(context.Background(), f, search.HistogramSpec{Interval: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		got = append(h.Buckets, got...)
		if h.Partial != (h.CompleteFrom != nil) {
			t.Fatalf("partial %v, complete from %v", h.Partial, h.CompleteFrom)
		}
		if !h.Partial {
			break
		}
		if partial++; !f.Until.IsZero() && !h.CompleteFrom.Before(f.Until) {
			if f.Budget *= 10; !h.CompleteFrom.Equal(f.Until) || len(h.Buckets) > 0 {
				t.Fatalf("complete from %s with %d buckets, asked for until %s", h.CompleteFrom, len(h.Buckets), f.Until)
			}
		}
		f.Until = *h.CompleteFrom
	}
	if diff := cmp.Diff(want, got); diff != "" || partial == 0 {
		t.Errorf("%d partial answers (-want +got)\n%s", partial, diff)
	}
	part, err := x.Facets(context.Background(), search.Filter{Budget: time.Nanosecond}, []string{"level"}, 10)
	if err != nil || !part.Partial || part.CompleteFrom == nil {
		t.Errorf("facets %+v, error %v: want a partial answer", part, err)
	}
}

func TestHistogramRefusesTooManyBuckets(t *testing.T) {
	w := newWriter(14, 3)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 15000)
	_, err := searcher(t, s).Histogram(context.Background(), search.Filter{}, search.HistogramSpec{Interval: time.Nanosecond})
	if !errors.Is(err, search.ErrBuckets) {
		t.Errorf("error %v, want %v", err, search.ErrBuckets)
	}
}

// TestContextIsTheLinesAround a line in its source, whatever generation, part or event
// they are in.
func TestContextIsTheLinesAround(t *testing.T) {
	w := newWriter(15, 4)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 1300)
	x := searcher(t, s)
	for _, id := range w.model.order {
		lines := w.model.lines[id]
		for i := 0; i < len(lines); i += 7 {
			around := search.Around{Line: lines[i].event.ID, Before: i % 5, After: i % 6}
			around.Line.Offset += int64(i) % lines[i].event.Size // within the line
			var got, want []string
			_, err := x.Context(context.Background(), around, func(h *search.Hit) error {
				got = append(got, render(h.Event, h.LineNumber, h.Context, h.Group))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for j := max(0, i-around.Before); j < len(lines) && j <= i+around.After; j++ {
				want = append(want, render(&lines[j].event, lines[j].number, j != i, false))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%+v (-want +got)\n%s", around, diff)
			}
		}
	}
	for _, none := range []pipeline.LineID{
		{Source: "nowhere", Generation: 1}, {Source: w.model.order[0], Generation: 12345}, {Source: w.model.order[0], Generation: w.model.lines[w.model.order[0]][0].event.ID.Generation, Offset: 1 << 40},
	} {
		if _, err := x.Context(context.Background(), search.Around{Line: none}, func(*search.Hit) error { return nil }); !errors.Is(err, search.ErrNoLine) {
			t.Errorf("%+v: error %v, want %v", none, err, search.ErrNoLine)
		}
	}
}

// BenchmarkTally counts a million lines, with an empty cache each time.
func BenchmarkTally(b *testing.B) {
	s := benchStore(b, 1_000_000)
	cfg := search.DefaultConfig()
	cfg.CacheBytes = 0
	x, err := search.New(s, cfg, search.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	for _, by := range []string{"", "level", "status"} {
		b.Run(fmt.Sprintf("histogram by %q", by), func(b *testing.B) {
			for b.Loop() {
				if _, err := x.Histogram(context.Background(), search.Filter{}, search.HistogramSpec{By: by, Top: 10}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("facets", func(b *testing.B) {
		for b.Loop() {
			if _, err := x.Facets(context.Background(), search.Filter{}, []string{"level", "service", "host", "status"}, 10); err != nil {
				b.Fatal(err)
			}
		}
	})
}
