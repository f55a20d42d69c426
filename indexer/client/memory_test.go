package client

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/indexer/api"
	"foghorn/indexer/search"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// memory is the plainest Searcher there can be, a list of lines: what the index answers
// too. It is also a Board. What it does not have is that of the embedded Searcher.
type memory struct {
	api.Searcher
	rows     []row // by source id, then as written
	coverage search.Coverage
	// budget, if above zero, is how many hits fit into an answer before it is partial.
	budget int

	mu        sync.Mutex
	lines     chan pipeline.Event
	anomalies []pipeline.Anomaly
	coming    chan pipeline.Anomaly
}

type row struct {
	pipeline.Event
	n int64
}

// add adds one generation of a source, whose text is what the file holds.
func (m *memory) add(host, path string, generation uint64, text []byte) {
	source := pipeline.SourceID(host, path)
	var offset, n int64
	for len(text) > 0 {
		line, rest, found := bytes.Cut(text, []byte("\n"))
		size := int64(len(line))
		if found {
			size++
		}
		n++
		m.rows = append(m.rows, row{pipeline.Event{
			ID: pipeline.LineID{Source: source, Generation: generation, Offset: offset}, Size: size,
			Host: host, Path: path, Body: line, Timestamp: 1795334400e9 + int64(len(m.rows))*1e9,
		}, n})
		text, offset = rest, offset+size
	}
	if !slices.ContainsFunc(m.coverage.Sources, func(s search.SourceCoverage) bool { return s.Source == source }) {
		m.coverage.Sources = append(m.coverage.Sources, search.SourceCoverage{Source: source, Host: host, Path: path})
	}
	slices.SortStableFunc(m.rows, func(a, b row) int { return strings.Compare(a.ID.Source, b.ID.Source) })
	slices.SortFunc(m.coverage.Sources, func(a, b search.SourceCoverage) int { return strings.Compare(a.Source, b.Source) })
}

func (m *memory) Coverage() search.Coverage   { return m.coverage }
func (m *memory) Incomplete() search.Coverage { return m.coverage }

func (m *memory) Search(ctx context.Context, req search.Request, hit func(*search.Hit) error) (search.Summary, error) {
	hits, matched := m.answer(req)
	if req.Limit > 0 && req.Mode == search.Lines {
		for i, seen := 0, 0; i < len(hits); i++ {
			if !hits[i].Context {
				seen++
			}
			if seen > req.Limit {
				hits = hits[:i]
				break
			}
		}
	}
	from := 0
	if req.Cursor != "" {
		fmt.Sscanf(req.Cursor, "after-%d", &from)
	}
	sum := search.Summary{Matched: int64(matched)}
	for i := from; i < len(hits); i++ {
		if m.budget > 0 && i-from == m.budget {
			sum.Partial, sum.Cursor = true, fmt.Sprintf("after-%d", i)
			return sum, nil
		}
		if err := hit(&hits[i]); err != nil {
			return sum, err
		}
	}
	return sum, ctx.Err()
}

// answer selects as grep does, with the obvious loops.
func (m *memory) answer(req search.Request) (hits []search.Hit, matched int) {
	q := query.Compile(req.Query)
	where := query.Compile(query.All{})
	if req.Where != nil {
		where = query.Compile(req.Where)
	}
	rows := m.rows
	if req.Order != search.ByFile {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b row) int { return int(a.Timestamp-b.Timestamp) / 1e9 })
		if req.Order == search.Newest {
			slices.Reverse(rows)
		}
	}
	show, context, count := make([]bool, len(rows)), make([]bool, len(rows)), map[string]int{}
	for i := range rows {
		e := &rows[i].Event
		if !q.Match(e) || !where.Match(e) ||
			!req.Since.IsZero() && e.Timestamp < req.Since.UnixNano() || !req.Until.IsZero() && e.Timestamp >= req.Until.UnixNano() ||
			req.PerSource > 0 && count[e.ID.Source] == req.PerSource {
			continue
		}
		count[e.ID.Source]++
		matched++
		show[i] = true
		for j := max(0, i-req.Before); j <= min(len(rows)-1, i+req.After); j++ {
			context[j] = context[j] || rows[j].ID.Source == e.ID.Source
		}
	}
	if req.Mode != search.Lines {
		for _, s := range m.coverage.Sources {
			if n := count[s.Source]; n > 0 || req.Mode == search.Counts {
				hits = append(hits, search.Hit{Event: &pipeline.Event{ID: pipeline.LineID{Source: s.Source}, Host: s.Host, Path: s.Path}, Count: int64(n)})
			}
		}
		return hits, matched
	}
	last := -2
	for i := range rows {
		if show[i] || context[i] {
			group := last != i-1 || rows[last].ID.Source != rows[i].ID.Source
			hits = append(hits, search.Hit{Event: &rows[i].Event, LineNumber: rows[i].n, Context: !show[i], Group: group})
			last = i
		}
	}
	return hits, matched
}

func (m *memory) Tail(context.Context, query.Node, int) (<-chan pipeline.Event, func() int64) {
	return m.lines, func() int64 { return 0 }
}
func (m *memory) Anomalies() []pipeline.Anomaly {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.anomalies
}
func (m *memory) Events() []pipeline.Anomaly { return m.Anomalies() }
func (m *memory) Subscribe(context.Context, int) (<-chan pipeline.Anomaly, func() int64) {
	return m.coming, func() int64 { return 0 }
}

// serve puts the API before m and returns a client of it.
func serve(t testing.TB, m *memory) *Client {
	t.Helper()
	s, err := api.New(api.DefaultConfig(), api.Deps{
		Searcher: m, Board: m, Gatherer: prometheus.NewRegistry(), Ready: func() error { return nil }, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return clientOf(t, httptest.NewServer(s.Handler()))
}

func clientOf(t testing.TB, server *httptest.Server) *Client {
	t.Helper()
	c, err := New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); server.CloseClientConnections(); server.Close() })
	return c
}

// corpus is written as real files and held by the memory alike.
var corpus = map[string]string{
	"app.log": "start of the service\nerror: connection refused\nretry 1\nretry 2\nERROR: connection refused again\nok\nok\n" +
		"a word errors and error_code and error\n\nerror error  error\nlast but one\ntime out, timeout, timed out\r\nthe end\n",
	"bytes.log":  "nul \x00 byte error\n\xff\xfe not UTF-8 error\n\xc3\xa4\xc3\xb6\xc3\xbc error \xe2\x82\xac\ncut \xe2\x82\n\ttab\x1b[31merror\x1b[m\n",
	"empty.log":  "\n\n\n",
	"noend.log":  "one\ntwo error\nthree",
	"quiet.log":  "nothing here\nat all\n",
	"single.log": "error\n",
}

// writeCorpus writes the files, fills a memory with them, and returns the folder and the
// names in order.
func writeCorpus(t testing.TB, names ...string) (dir string, m *memory, sorted []string) {
	t.Helper()
	dir, m = t.TempDir(), &memory{}
	if len(names) == 0 {
		for name := range corpus {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(corpus[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		m.add("h", name, uint64(i+1), []byte(corpus[name]))
	}
	m.coverage.Complete = true
	m.coverage.IndexedUntil = time.Now()
	return dir, m, names
}
