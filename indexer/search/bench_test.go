package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// benchStore holds a million lines of 20 files: real ones if the corpus is at hand. Line
// 500,000 has the id that the benchmarks look for.
func benchStore(b *testing.B, lines int) *store.Store {
	b.Helper()
	cfg := store.DefaultConfig(b.TempDir())
	s, stop := open(b, cfg)
	b.Cleanup(stop)
	var corpus []string
	names, _ := filepath.Glob("../../../shared/data/loghub2k/*_2k.log")
	for _, n := range names {
		data, err := os.ReadFile(n)
		if err != nil {
			b.Fatal(err)
		}
		corpus = append(corpus, strings.Split(strings.TrimRight(string(data), "\n"), "\n")...)
	}
	if len(corpus) == 0 {
		for i := range 2000 {
			corpus = append(corpus, fmt.Sprintf("INFO worker-%d request done in %d ms for user u%d: connection refused", i%16, i%900, i%777))
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	offsets := make([]int64, 20)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	for n := 0; n < lines; n += 200 {
		f := rnd.IntN(20)
		id := fmt.Sprintf("host-%d:/var/log/app-%d.log", f%5, f)
		host, path := pipeline.SplitSource(id)
		batch := make([]pipeline.Event, 200)
		for i := range batch {
			body := corpus[rnd.IntN(len(corpus))] + " id=" + fmt.Sprintf("%016x", rnd.Uint64())
			if n+i == lines/2 {
				body += " needle=7f3a9c1b2d4e5f60 weakestlink"
			}
			batch[i] = pipeline.Event{
				ID: pipeline.LineID{Source: id, Generation: 1, Offset: offsets[f]}, Size: int64(len(body)) + 1, Host: host, Path: path,
				Timestamp: now, Observed: now, Severity: 9, Body: []byte(body), Service: fmt.Sprint("svc", f%3),
				Attrs: []pipeline.Attr{{Key: pipeline.FieldStatus, Value: fmt.Sprint(200 + 100*(f%4))}},
			}
			offsets[f] += batch[i].Size
			now += int64(25 * time.Microsecond)
		}
		if _, err := s.Append(context.Background(), 0, int64(n+1), batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Seal(); err != nil {
		b.Fatal(err)
	}
	indexed(b, s)
	return s
}

// BenchmarkSearch tells the time of whole answers, with an empty cache each time, and how
// many blocks were decoded.
func BenchmarkSearch(b *testing.B) {
	const lines = 1_000_000
	s := benchStore(b, lines)
	cfg := search.DefaultConfig()
	cfg.CacheBytes = 0
	x, err := search.New(s, cfg, search.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	grep := func(pattern string, o query.GrepOptions) query.Node {
		n, _, err := query.GrepPattern(o, []string{pattern})
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	for _, c := range []struct {
		name string
		req  search.Request
	}{
		{"unique id", search.Request{Query: parse(b, "7f3a9c1b2d4e5f60")}},
		{"grep unique id", search.Request{Query: grep("7f3a9c1b2d4e5f60", query.GrepOptions{})}},
		{"grep half an id", search.Request{Query: grep("9c1b2d4e5", query.GrepOptions{Fixed: true})}},
		{"absent id", search.Request{Query: grep("ffffffffffff0000", query.GrepOptions{})}},
		{"rare word", search.Request{Query: parse(b, "weakestlink")}},
		{"grep part of a rare word", search.Request{Query: grep("eakestlin", query.GrepOptions{})}},
		{"frequent word", search.Request{Query: parse(b, "error")}},
		{"phrase", search.Request{Query: parse(b, `"connection refused"`)}},
		{"grep regex", search.Request{Query: grep("fail(ed|ure).*[0-9]+", query.GrepOptions{})}},
		{"grep", search.Request{Query: grep("authentication failure", query.GrepOptions{})}},
		{"grep -i", search.Request{Query: grep("authentication failure", query.GrepOptions{IgnoreCase: true})}},
		{"grep -c everything", search.Request{Query: query.All{}, Mode: search.Counts}},
		{"status:>=500 newest 100", search.Request{Query: parse(b, "status:>=500"), Order: search.Newest, Limit: 100}},
		{"error newest 100", search.Request{Query: parse(b, "error"), Order: search.Newest, Limit: 100}},
	} {
		if c.req.Order == search.Newest && c.req.Limit == 0 {
			c.req.Order = search.ByFile
		}
		b.Run(c.name, func(b *testing.B) {
			var sum search.Summary
			for b.Loop() {
				sum, err = x.Search(context.Background(), c.req, func(*search.Hit) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(sum.Stats.BlocksRead), "blocks")
			b.ReportMetric(float64(sum.Stats.Blocks), "of-blocks")
			b.ReportMetric(float64(sum.Matched), "lines")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
		})
	}
}
