package search_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline/query"
)

// TestRandomSearchEqualsEvaluationOfEveryLine: queries of any shape, over lines of one and
// of several rows, sealed and not, in a time range or not: the answer is the one that
// evaluating every line of the store would give.
func TestRandomSearchEqualsEvaluationOfEveryLine(t *testing.T) {
	w := newWriter(21, 6)
	w.longWords = true
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 2200)
	x := searcher(t, s)
	r := &randomQuery{rand.New(rand.NewPCG(21, 5))}
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	found := 0
	for i := range 400 {
		text := r.query(3)
		req := search.Request{Query: parse(t, text), Order: search.Order(r.IntN(3)), Mode: search.Mode(max(0, r.IntN(6)-3)), BodyOnly: false}
		if r.IntN(3) == 0 {
			req.Where = parse(t, r.query(2))
		}
		if r.IntN(3) == 0 {
			req.Since = start.Add(time.Duration(r.IntN(100)-20) * time.Second)
			req.Until = req.Since.Add(time.Duration(r.IntN(60)) * time.Second)
		}
		if req.Mode != search.Lines {
			req.Order = search.ByFile
		}
		if i == 200 {
			if err := s.Seal(); err != nil {
				t.Fatal(err)
			}
			indexed(t, s)
		}
		have, _ := ask(t, x, req)
		found += len(have)
		if diff := cmp.Diff(w.model.answer(&req), have); diff != "" {
			t.Fatalf("%s, where %v, %+v (-want +have)\n%.3000s", text, req.Where, req, diff)
		}
	}
	if found < 10_000 {
		t.Errorf("the queries found %d results in all: too few to tell", found)
	}
}

// randomQuery makes up queries.
type randomQuery struct{ *rand.Rand }

func (r *randomQuery) query(depth int) string {
	if depth > 0 {
		switch r.IntN(8) {
		case 0, 1:
			return r.query(depth-1) + " " + r.query(depth-1)
		case 2:
			return "(" + r.query(depth-1) + " OR " + r.query(depth-1) + ")"
		case 3:
			return "NOT (" + r.query(depth-1) + ")"
		}
	}
	word := vocabulary[r.IntN(len(vocabulary))]
	clean := strings.Trim(strings.Map(func(c rune) rune {
		if strings.ContainsRune(`"'\/:*()[]{}-=.`, c) {
			return -1
		}
		return c
	}, word), "\x00")
	if clean == "" || clean == "OR" || clean == "AND" || clean == "NOT" {
		clean = "timeout"
	}
	part := []rune(clean)
	from := r.IntN(len(part))
	to := from + 1 + r.IntN(len(part)-from)
	switch r.IntN(10) {
	case 0:
		return `"` + clean + " " + vocabulary[r.IntN(4)] + `"`
	case 1:
		return "'" + string(part[from:to]) + "'"
	case 2:
		return "/" + string(part[from:to]) + ".*[0-9]/"
	case 3:
		return "/" + string(part[from:to]) + "/i"
	case 4:
		return string(part[:to]) + "*"
	case 5:
		return []string{"level:error", "level:>=warn", "status:>=500", "status:[400 TO 499]", "status:{200 TO 301}", "_exists_:trace_id", "service:shop", "host:web-1", "service:v*"}[r.IntN(9)]
	case 6:
		return fmt.Sprintf("third:%s", clean)
	case 7:
		n := query.Grep{Options: query.GrepOptions{IgnoreCase: r.IntN(2) == 0, WordRegexp: r.IntN(3) == 0}, Patterns: []string{string(part[from:to])}}
		return n.String()
	}
	return clean
}
