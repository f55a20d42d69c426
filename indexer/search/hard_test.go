package search_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

var hardSeeds = flag.Int("hard-seeds", 6, "sets of hard lines that are searched")

// TestHardLinesAreFoundAsEvaluationFindsThem: of lines of hard text, in the head, in segments and
// in merged ones, ours and of foreign producers, queries of hard text find what evaluating every
// line would find; and histograms and facets count what is found. `-hard-seeds 500` tries more.
func TestHardLinesAreFoundAsEvaluationFindsThem(t *testing.T) {
	found := 0
	for seed := range *hardSeeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { found += searchHardLines(t, uint64(seed)) })
	}
	if found < 1000**hardSeeds {
		t.Errorf("%d results of %d seeds: too few to tell", found, *hardSeeds)
	}
}

func searchHardLines(t *testing.T, seed uint64) (found int) {
	r := &hardText{Rand: rand.New(rand.NewPCG(seed, 99))}
	cfg := storeConfig(t)
	cfg.BlockLines = []int{7, 64, 200, 500}[r.IntN(4)]
	cfg.MergeLines = r.IntN(2) << 16
	s, _ := open(t, cfg)
	w := newWriter(seed, 3)
	if r.IntN(2) == 0 {
		w.sources = append(w.sources, &writerSource{id: "logs.raw/0"})
	}
	lines := w.writeHard(t, s, r, 700)
	if r.IntN(4) > 0 {
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		indexed(t, s)
	}
	x := searcher(t, s)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 100 {
		req := search.Request{Query: r.query(lines, 2), Order: search.Order(r.IntN(3)), Mode: search.Mode(max(0, r.IntN(6)-3))}
		if r.IntN(4) == 0 {
			req.Where = r.query(lines, 1)
		}
		if r.IntN(4) == 0 {
			req.Since = start.Add(time.Duration(r.IntN(100)-20) * time.Second)
			req.Until = req.Since.Add(time.Duration(1+r.IntN(60)) * time.Second)
		}
		if req.Mode != search.Lines {
			req.Order = search.ByFile
		}
		if req.Order == search.ByFile && req.Mode == search.Lines && r.IntN(3) == 0 {
			req.Before, req.After, req.PerSource = r.IntN(4), r.IntN(4), r.IntN(2)*r.IntN(9)
		}
		have, _ := ask(t, x, req)
		if diff := gocmp.Diff(w.model.answer(&req), have); diff != "" {
			t.Fatalf("query %d: %#v: %s, where %v, %+v (-want +have)\n%.3000s", i, req.Query, req.Query, req.Where, req, diff)
		}
		found += len(have)
		if r.IntN(4) == 0 {
			compareCounts(t, x, req, []string{"host", "third", "source", "body", "level", "sub"}[r.IntN(6)])
		}
	}
	return found
}

// compareCounts compares the counts of what a request matches, by second and by a field, with
// the events that it finds.
func compareCounts(t *testing.T, x *search.Searcher, req search.Request, field string) {
	t.Helper()
	want, values, absent := make(map[int64]int64), make(map[string]int64), int64(0)
	of := search.Request{Query: req.Query, Where: req.Where, Since: req.Since, Until: req.Until, Order: search.Oldest}
	if _, err := x.Search(t.Context(), of, func(h *search.Hit) error {
		want[time.Unix(0, h.Event.Timestamp).Truncate(time.Second).UnixNano()]++
		if v, ok := h.Event.Field(field); ok {
			values[strings.Clone(v)]++
		} else {
			absent++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	f := search.Filter{Query: req.Query, Where: req.Where, Since: req.Since, Until: req.Until}
	h, errH := x.Histogram(t.Context(), f, search.HistogramSpec{Interval: time.Second, By: field, Top: 1 << 20})
	facets, errF := x.Facets(t.Context(), f, []string{field}, 1<<20)
	if err := cmp.Or(errH, errF); err != nil {
		t.Fatal(err)
	}
	have, haveValues, split := make(map[int64]int64), make(map[string]int64), make(map[string]int64)
	for _, b := range h.Buckets {
		have[b.Time.UnixNano()] = b.Count
		for v, n := range b.Values {
			split[v] += n
		}
	}
	for _, v := range facets.Facets[0].Values {
		haveValues[v.Value] = v.Count
	}
	if diff := gocmp.Diff([]any{want, values, values, absent}, []any{have, haveValues, split, facets.Facets[0].Absent}); diff != "" {
		t.Errorf("%s, where %v, by %s (-found +counted)\n%.3000s", req.Query, req.Where, field, diff)
	}
}

// writeHard writes lines of r to a store, and seals and merges now and then.
func (w *writer) writeHard(t *testing.T, s *store.Store, r *hardText, n int) (lines []string) {
	t.Helper()
	templates, joined := r.templates(), r.IntN(2) == 0
	for len(lines) < n {
		events := w.batch(1 + r.IntN(20))
		src := w.sources[0]
		for _, o := range w.sources {
			if o.id == events[0].ID.Source {
				src = o
			}
		}
		foreign := src.id == "logs.raw/0"
		if src.offset = 0; !foreign {
			src.generation++
		} else {
			src.generation, src.offset = 0, w.offset<<24
		}
		for i := range events {
			e := &events[i]
			body := []string{r.line(templates)}
			for joined && !foreign && len(body) < 5 && r.IntN(4) == 0 {
				body = append(body, r.line(templates))
			}
			lines = append(lines, body...)
			e.Body, e.Sizes, e.Attrs = []byte(strings.Join(body, "\n")), nil, nil
			e.Attrs = r.attrs(e.Body)
			e.ID.Generation, e.ID.Offset, e.Size = src.generation, src.offset, int64(len(e.Body))+1
			if foreign {
				e.Host, e.Path, e.Size = fmt.Sprint("web-", r.IntN(3)), src.id, int64(len(e.Body))+1
			}
			src.offset += e.Size
		}
		w.offset++
		if _, err := s.Append(t.Context(), 0, w.offset, events); err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			w.model.add(e)
		}
		if r.IntN(12) == 0 {
			if err := s.Seal(); err != nil {
				t.Fatal(err)
			}
		}
		if r.IntN(36) == 0 {
			if err := s.Merge(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return lines
}

// attrs are a word of a line, its last, and any piece of it, or nothing.
func (r *hardText) attrs(line []byte) (attrs []pipeline.Attr) {
	var words []string
	query.Words(line, func(a, b int) bool { words = append(words, string(line[a:b])); return true })
	if len(words) < 3 || r.IntN(3) == 0 {
		return nil
	}
	attrs = append(attrs, pipeline.Attr{Key: "third", Value: words[2]}, pipeline.Attr{Key: "num", Value: words[len(words)-1]})
	if at := r.IntN(len(line)); r.IntN(2) == 0 {
		attrs = append(attrs, pipeline.Attr{Key: "sub", Value: string(line[at : at+1+r.IntN(len(line)-at)])})
	}
	return attrs
}
