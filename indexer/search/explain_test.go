package search_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
)

// An explanation accounts for every sealed block, names the clauses that narrowed, and
// tells what ruled the other blocks out.
func TestExplainAccountsForEveryBlock(t *testing.T) {
	cfg := storeConfig(t)
	w := newWriter(9, 5)
	s, _ := open(t, cfg)
	w.write(t, s, 3000)
	needle := w.batch(1)[0]
	needle.Body = []byte("unusualword 918273645546372819 once")
	needle.Size, needle.Sizes = int64(len(needle.Body))+1, nil
	w.offset++
	if _, err := s.Append(t.Context(), 0, w.offset, append(w.batch(0), needle)); err != nil {
		t.Fatal(err)
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	indexed(t, s)
	x := searcher(t, s)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name    string
		req     search.Request
		clauses []search.Clause // Blocks is checked where it is not 0
		ruled   func(b search.BlockFate) bool
	}{
		{"a word", search.Request{Query: parse(t, "unusualword"), Order: search.ByFile},
			[]search.Clause{{Query: "unusualword", Index: `a word "unusualword"`, Blocks: 1}},
			func(b search.BlockFate) bool { return b.ByTerms > 0 && b.Decoded == 1 }},
		{"an id", search.Request{Query: parse(t, "918273645546372819"), Order: search.ByFile},
			[]search.Clause{{Query: "918273645546372819", Index: `a word "918273645546372819"`}},
			func(b search.BlockFate) bool { return b.ByBlockFilter > 0 && b.Decoded+b.Cached == 1 }},
		{"a field and what tells nothing", search.Request{Query: parse(t, "level:error NOT timeout"), Order: search.Oldest},
			[]search.Clause{{Query: "level:error", Index: `a value of severity_number that fits`}, {Query: "NOT timeout"}},
			func(b search.BlockFate) bool { return b.Decoded > 0 }},
		{"either of two", search.Request{Query: parse(t, "unusualword OR 918273645546372819"), Order: search.ByFile},
			[]search.Clause{{Query: "unusualword OR 918273645546372819", Index: `a word "unusualword" or a word "918273645546372819"`}},
			func(b search.BlockFate) bool { return b.BySegmentFilter+b.ByBlockFilter > 0 }},
		{"where, and a time", search.Request{Query: parse(t, "timeout"), Where: parse(t, "unusual*"), Until: start.Add(30 * time.Second)},
			[]search.Clause{{Query: "timeout", Index: `a word "timeout"`}, {Query: "unusual*", Index: `a word starting with "unusual"`}},
			func(b search.BlockFate) bool { return b.ByTime > 0 }},
		{"the first that come", search.Request{Query: parse(t, "*"), Limit: 3},
			nil, func(b search.BlockFate) bool { return b.Unneeded > 0 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.req.Explain = true
			_, sum := ask(t, x, tc.req)
			e := sum.Explain
			if e == nil {
				t.Fatal("no explanation")
			}
			b := e.Blocks
			if have := b.ByTime + b.BySegmentFilter + b.ByTerms + b.ByBlockFilter + b.Unneeded + b.Cached + b.Decoded + b.Failed; have != b.Total || b.Unneeded < 0 || !tc.ruled(b) {
				t.Errorf("blocks %+v", b)
			}
			for i := range min(len(tc.clauses), len(e.Clauses)) {
				if tc.clauses[i].Blocks == 0 {
					tc.clauses[i].Blocks = e.Clauses[i].Blocks
				}
			}
			if diff := cmp.Diff(tc.clauses, e.Clauses, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("clauses (-want +have)\n%s", diff)
			}
			if e.Total <= 0 || e.LinesRead != sum.Stats.LinesRead {
				t.Errorf("have %+v", e)
			}
		})
	}
	if _, sum := ask(t, x, search.Request{Query: parse(t, "timeout")}); sum.Explain != nil {
		t.Error("an explanation that was not asked for")
	}
}

// The text of an explanation says what a reader has to know.
func TestExplainInWords(t *testing.T) {
	e := search.Explanation{
		Clauses:      []search.Clause{{Query: "a", Index: `a word "a"`, Blocks: 3}, {Query: "NOT b", Blocks: 9}},
		Blocks:       search.BlockFate{Total: 12, ByTime: 3, Pruned: store.Pruned{BySegmentFilter: 1, ByTerms: 4, ByBlockFilter: 1}, Cached: 1, Decoded: 2},
		BytesDecoded: 2_500_000, LinesRead: 9000, LinesByPattern: 8000, BlocksByPattern: 1, Narrowing: 1500 * time.Microsecond, Total: 7 * time.Millisecond,
	}
	text := e.String()
	for _, want := range []string{
		`a  →  a word "a": 3 blocks`, "NOT b  →  the index cannot tell: 9 blocks",
		"12 blocks: 3 out of the time range, 1 ruled out by their segment's filter, 4 by the term index, 1 by their own filter, 1 from the cache, 2 decoded\n",
		"9,000 lines evaluated, 8,000 of them by their patterns, which decided 1 whole blocks; 2.5 MB decoded", "narrowing 1.5ms", "total 7ms",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("have\n%s\nwant %q in it", text, want)
		}
	}
}
