package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"foghorn/indexer/store"
	"foghorn/pipeline/query"
)

// Explanation tells how an answer came about: what the index was asked, what that spared,
// and where the time went. Times are in nanoseconds; those of workers are added up.
type Explanation struct {
	// Clauses are the parts of the query that must all hold, each by itself.
	Clauses []Clause `json:"clauses"`
	// Blocks tells what became of the sealed blocks.
	Blocks BlockFate `json:"blocks"`
	// BytesDecoded is what blocks held after decompression, LinesRead how many lines were
	// evaluated, those in memory included.
	BytesDecoded int64 `json:"bytes_decoded"`
	LinesRead    int64 `json:"lines_read"`
	// LinesByPattern is how many of them were decided with all others of their pattern, and
	// BlocksByPattern in how many blocks all were: no line was put together for that.
	LinesByPattern  int64 `json:"lines_by_pattern"`
	BlocksByPattern int   `json:"blocks_by_pattern"`
	// Waited is for other searches to end, Narrowing asks the index, Decoding reads what tells
	// the patterns of blocks, or blocks with their fields, Evaluating runs the query on patterns
	// and on lines, and decodes what that takes, Returning fills the results and
	// hands them to the reader, Total is the whole.
	Waited     time.Duration `json:"waited_ns"`
	Narrowing  time.Duration `json:"narrowing_ns"`
	Decoding   time.Duration `json:"decoding_ns"`
	Evaluating time.Duration `json:"evaluating_ns"`
	Returning  time.Duration `json:"returning_ns"`
	Total      time.Duration `json:"total_ns"`
}

// Clause is a part of a query.
type Clause struct {
	Query string `json:"query"`
	// Index is what a block must hold for this clause, in words; empty when the clause
	// tells nothing, so that each line is evaluated.
	Index string `json:"index,omitempty"`
	// Blocks is how many sealed blocks in the time range the clause by itself leaves.
	Blocks int `json:"blocks"`
}

// BlockFate counts sealed blocks; Total is the sum of the others.
type BlockFate struct {
	Total int `json:"total"`
	// ByTime are out of the time range.
	ByTime int `json:"by_time"`
	store.Pruned
	// Unneeded were not looked at, because the answer was complete, or cut off, without
	// them.
	Unneeded int `json:"unneeded"`
	// Cached and Decoded were evaluated; Failed could not be read.
	Cached  int `json:"cached"`
	Decoded int `json:"decoded"`
	Failed  int `json:"failed"`
}

// Add adds what the next part of an answer, continued by its cursor, took. Blocks and
// clauses stay those of the first part, but for what was read.
func (x *Explanation) Add(o *Explanation) {
	x.BytesDecoded += o.BytesDecoded
	x.LinesRead += o.LinesRead
	x.LinesByPattern += o.LinesByPattern
	x.BlocksByPattern += o.BlocksByPattern
	x.Blocks.Cached += o.Blocks.Cached
	x.Blocks.Decoded += o.Blocks.Decoded
	x.Blocks.Failed += o.Blocks.Failed
	x.Blocks.Unneeded = max(0, x.Blocks.Unneeded-o.Blocks.Cached-o.Blocks.Decoded-o.Blocks.Failed)
	for _, d := range []struct {
		to *time.Duration
		d  time.Duration
	}{
		{&x.Waited, o.Waited}, {&x.Narrowing, o.Narrowing}, {&x.Decoding, o.Decoding},
		{&x.Evaluating, o.Evaluating}, {&x.Returning, o.Returning}, {&x.Total, o.Total},
	} {
		*d.to += d.d
	}
}

// explain describes a search that has ended.
func (w *work) explain(ctx context.Context, sum *Summary) *Explanation {
	x := &Explanation{
		BytesDecoded: sum.Stats.BytesDecoded, LinesRead: sum.Stats.LinesRead,
		LinesByPattern: w.linesByPattern.Load(), BlocksByPattern: int(w.blocksByPattern.Load()),
		Narrowing: sum.Stats.PrefilterTime, Decoding: time.Duration(w.decoding.Load()),
		Evaluating: time.Duration(w.evaluating.Load()), Returning: w.returning, Total: sum.Stats.Elapsed,
	}
	inTime := func(p *store.Part, block int) bool { return w.inTime(unitKey{p, block}) }
	for _, p := range w.view.Parts {
		if !p.Sealed() {
			continue
		}
		x.Blocks.Total += p.Blocks()
		for i := range p.Blocks() {
			if !inTime(p, i) {
				x.Blocks.ByTime++
			}
		}
	}
	x.Blocks.Pruned = w.narrow.pruned(inTime)
	x.Blocks.Cached, x.Blocks.Failed = int(w.cached.Load()), int(w.unread.Load())
	x.Blocks.Decoded = int(w.blocksRead.Load()) - x.Blocks.Cached
	p := x.Blocks.Pruned
	x.Blocks.Unneeded = x.Blocks.Total - x.Blocks.ByTime - p.BySegmentFilter - p.ByTerms - p.ByBlockFilter -
		x.Blocks.Cached - x.Blocks.Decoded - x.Blocks.Failed
	for _, n := range conjuncts(nil, filterOf(&w.req)) {
		x.Clauses = append(x.Clauses, w.clause(ctx, n, inTime))
	}
	return x
}

// clause asks the index about one clause alone.
func (w *work) clause(ctx context.Context, n query.Node, inTime func(*store.Part, int) bool) Clause {
	cond := planOf(n)
	c := Clause{Query: n.String(), Index: describe(cond)}
	cand := w.view.Candidates(cond)
	defer cand.Close()
	for _, p := range w.view.Parts {
		if !p.Sealed() {
			continue
		}
		set, err := cand.Of(ctx, p)
		for i := range p.Blocks() {
			if inTime(p, i) && (err != nil || set.Has(i)) {
				c.Blocks++
			}
		}
	}
	return c
}

// conjuncts appends the parts of n that must all hold.
func conjuncts(to []query.Node, n query.Node) []query.Node {
	switch n := n.(type) {
	case query.All:
		return to
	case query.And:
		for _, sub := range n.Nodes {
			to = conjuncts(to, sub)
		}
		return to
	}
	return append(to, n)
}

// describe says in words what a block must hold; nothing for what always holds.
func describe(c store.Cond) string {
	switch c := c.(type) {
	case store.CondAll:
		return join(c, " and ")
	case store.CondAny:
		for _, sub := range c {
			if describe(sub) == "" {
				return ""
			}
		}
		if len(c) == 0 {
			return "nothing matches"
		}
		return join(c, " or ")
	case store.CondWord:
		kind := [...]string{store.Whole: "", store.Prefix: " starting with", store.Suffix: " ending with", store.Infix: " holding"}
		return "a word" + kind[c.Kind] + " " + strconv.Quote(c.Text)
	case *store.CondField:
		if c.Equal != nil {
			return "a value of " + c.Name + " that is " + strconv.Quote(*c.Equal)
		}
		return "a value of " + c.Name + " that fits"
	}
	return ""
}

func join(conds []store.Cond, word string) string {
	var parts []string
	for _, c := range conds {
		if text := describe(c); text != "" {
			if _, anyOf := c.(store.CondAny); anyOf && strings.Contains(text, " or ") {
				text = "(" + text + ")"
			}
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, word)
}

// String is the explanation for people.
func (x *Explanation) String() string {
	var b strings.Builder
	for _, c := range x.Clauses {
		index := c.Index
		if index == "" {
			index = "the index cannot tell"
		}
		fmt.Fprintf(&b, "%s  →  %s: %s blocks\n", c.Query, index, humanize.Comma(int64(c.Blocks)))
	}
	fmt.Fprintf(&b, "%s blocks", humanize.Comma(int64(x.Blocks.Total)))
	mark := ": "
	for _, f := range []struct {
		n    int
		what string
	}{
		{x.Blocks.ByTime, "out of the time range"}, {x.Blocks.BySegmentFilter, "ruled out by their segment's filter"},
		{x.Blocks.ByTerms, "by the term index"}, {x.Blocks.ByBlockFilter, "by their own filter"},
		{x.Blocks.Unneeded, "not needed"}, {x.Blocks.Cached, "from the cache"}, {x.Blocks.Decoded, "decoded"},
		{x.Blocks.Failed, "could not be read"},
	} {
		if f.n > 0 {
			fmt.Fprintf(&b, "%s%s %s", mark, humanize.Comma(int64(f.n)), f.what)
			mark = ", "
		}
	}
	fmt.Fprintf(&b, "\n%s lines evaluated, %s of them by their patterns, which decided %s whole blocks; %s decoded\n",
		humanize.Comma(x.LinesRead), humanize.Comma(x.LinesByPattern), humanize.Comma(int64(x.BlocksByPattern)), humanize.Bytes(uint64(max(x.BytesDecoded, 0))))
	ms := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
	fmt.Fprintf(&b, "waiting %s, narrowing %s, decoding %s and evaluating %s (of all workers), returning %s, total %s\n",
		ms(x.Waited), ms(x.Narrowing), ms(x.Decoding), ms(x.Evaluating), ms(x.Returning), ms(x.Total))
	return b.String()
}
