package search_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline/query"
)

func storeConfig(t testing.TB) store.Config {
	cfg := store.DefaultConfig(t.TempDir())
	cfg.BlockLines, cfg.SegmentLines, cfg.IndexDelay, cfg.MergeLines = 64, 500, 0, 0
	return cfg
}

// open opens a store and runs it until the returned function is called.
func open(t testing.TB, cfg store.Config) (*store.Store, func()) {
	t.Helper()
	s, err := store.Open(cfg, store.Deps{Failed: func(err error) { t.Errorf("store: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var closed bool
	stop := func() {
		if closed {
			return
		}
		closed = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	t.Cleanup(stop)
	return s, stop
}

func searcher(t testing.TB, s *store.Store) *search.Searcher {
	t.Helper()
	x, err := search.New(s, search.DefaultConfig(), search.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// indexed waits until every segment is in its day's term index.
func indexed(t testing.TB, s *store.Store) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); s.Stats().Unindexed > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d segments are still not indexed", s.Stats().Unindexed)
		}
		time.Sleep(time.Millisecond)
	}
}

func parse(t testing.TB, q string) query.Node {
	t.Helper()
	n, err := query.Parse(q)
	if err != nil {
		t.Fatalf("parse %s: %v", q, err)
	}
	return n
}

var queries = []string{
	"*", "timeout", "connection", `"connection refused"`, `'blk_-1608999687919862906'`, `'608999687919862'`, "'onn'",
	"/time(d )?out/", "/FAILED.*port/i", "mysql-*", "conn*", "*2db", "level:error", "level:>=warn", "status:>=500",
	"status:[400 TO 499]", "status:500.0", "host:web-1", "host:web-*", "service:shop", "_exists_:trace_id",
	"trace_id:00000000000000000000000000000042", "request:R17", "request:R1*", "third:timeout", "third:TIMEOUT", "NOT timeout",
	"timeout OR refused", "timeout refused", "-level:error timeout", "(a OR b) c", "straße", "É", "'\xff'", "10.0.0.1",
	"'10.251.73.2'", "zzzabsent", "99999999", "'7fa3'", "'longlong'", "'l0ngl0ngl0ng'", "'92f3577b34da6a'", "*577b34da6a*", "'c0ffee1234'", "x1y2", "30ms", "source:web*app1*", "path:*app2.log",
	`"timeout refused"`, "/timeout\\s+refused/", "/(?s)^conn.*timeout$/", "'error\nwarn'", "'\n'", "timeout refused -database", "body:'port\n'", "last:timeout", "_grep_:'-w -- time(out)?'", "_grep_:'-x -- timeout'", "NOT _grep_:'-- o'",
	"third:'ime'", "_exists_:third", "_exists_:nothere", "service:video status:301", "level:error OR status:500",
}

// TestSearchEqualsEvaluationOfEveryLine: the answer is the one that evaluating every line
// of the store would give; the index only narrows.
func TestSearchEqualsEvaluationOfEveryLine(t *testing.T) {
	cfg := storeConfig(t)
	w := newWriter(3, 7)
	w.longWords = true
	for round := range 4 {
		if round == 3 { // and once with segments merged, those in the term index too
			cfg.MergeLines = 1 << 16
		}
		s, stop := open(t, cfg)
		w.write(t, s, 1300)
		if err := s.Merge(); err != nil {
			t.Fatal(err)
		}
		x := searcher(t, s)
		if round > 0 {
			indexed(t, s)
		}
		for _, q := range queries {
			for _, req := range []search.Request{
				{Order: search.ByFile},
				{Order: search.ByFile, Before: 1, After: 2, PerSource: 3},
				{Mode: search.Counts}, {Mode: search.Sources},
				{Order: search.Newest, Limit: 20}, {Order: search.Oldest},
				{Order: search.ByFile, Where: parse(t, "timeout")}, {Mode: search.Counts, Where: parse(t, "level:>=warn NOT 'e\nr'")},
				{Order: search.Oldest, Where: parse(t, "refused OR last:error")},
			} {
				req.Query = parse(t, q)
				got, _ := ask(t, x, req)
				if diff := cmp.Diff(w.model.answer(&req), got); diff != "" {
					t.Fatalf("round %d: %s %+v (-want +got)\n%s", round, q, req, diff)
				}
			}
		}
		stop()          // a restart, with all lines sealed
		if round == 1 { // and once with a term index that is made anew from the segments
			terms, err := filepath.Glob(filepath.Join(cfg.Dir, "days", "*", "terms"))
			if err != nil || len(terms) == 0 {
				t.Fatalf("term indexes %v, error %v", terms, err)
			}
			for _, dir := range terms {
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestIndexNarrows: words, ids and fields that few blocks hold keep the others from being
// decoded.
func TestIndexNarrows(t *testing.T) {
	cfg := storeConfig(t)
	w := newWriter(4, 5)
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
	for _, c := range []struct {
		query     string
		lines     int
		mostBlock int
	}{
		{"unusualword", 1, 1}, {"'nusualwor'", 1, 7} /* six before all words are looked through */, {"unusual*", 1, 1}, {"918273645546372819", 1, 2},
		{"'345546372'", 0, 2}, {"'27364554637281'", 1, 2}, {"nowhereatall", 0, 0}, {"'918273645546372819 once'", 1, 2}, {"third:nowhereatall", 0, 0}, {"_exists_:nowhere", 0, 0},
		{"status:>=900", 0, 0}, {"request:R99999999999", 0, 2}, {"unusualword AND (timeout OR 918273645546372819)", 1, 1},
	} {
		got, sum := ask(t, x, search.Request{Query: parse(t, c.query), Order: search.ByFile})
		if len(got) != c.lines || sum.Stats.BlocksRead > c.mostBlock {
			t.Errorf("%s: %d lines from %d of %d blocks, want %d from at most %d", c.query, len(got), sum.Stats.BlocksRead,
				sum.Stats.Blocks, c.lines, c.mostBlock)
		}
	}
}

// TestBodyOnlyGivesTheSameLines, with the fields that it promises.
func TestBodyOnlyGivesTheSameLines(t *testing.T) {
	w := newWriter(8, 4)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 1300)
	x := searcher(t, s)
	for _, q := range []string{"timeout", "status:>=400 timeout", "service:shop"} {
		for _, req := range []search.Request{{Order: search.ByFile, After: 2}, {Order: search.Newest}, {Order: search.ByFile, Limit: 5, After: 3}} {
			req.Query = parse(t, q)
			collect := func(req search.Request) (out []string) {
				_, err := x.Search(t.Context(), req, func(h *search.Hit) error {
					e := h.Event
					out = append(out, fmt.Sprint(e.ID, e.Size, e.Host, e.Path, e.Service, e.Timestamp, e.Observed, e.Severity,
						string(e.Body), h.LineNumber, h.Context, h.Group))
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			want := collect(req)
			req.BodyOnly = true
			if diff := cmp.Diff(want, collect(req)); diff != "" || len(want) == 0 {
				t.Errorf("%s %+v: %d lines (-all fields +body only)\n%s", q, req, len(want), diff)
			}
		}
	}
}

// TestTimeRange: matches are within Since <= t < Until; context lines need not be.
func TestTimeRange(t *testing.T) {
	cfg := storeConfig(t)
	w := newWriter(5, 4)
	s, _ := open(t, cfg)
	w.write(t, s, 2000)
	x := searcher(t, s)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 20 {
		req := search.Request{Query: parse(t, "timeout OR error"), Order: search.Order(i % 3)}
		if i%4 != 1 {
			req.Since = start.Add(time.Duration(i) * 5 * time.Second)
		}
		if i%4 != 2 {
			req.Until = start.Add(time.Duration(i)*5*time.Second + 17*time.Second)
		}
		if req.Order == search.ByFile {
			req.Before, req.After = 2, 1
		}
		got, _ := ask(t, x, req)
		if diff := cmp.Diff(w.model.answer(&req), got); diff != "" {
			t.Fatalf("%+v (-want +got)\n%s", req, diff)
		}
	}
}

// TestCursorResumesExactlyAfterTheLastHit, while new lines come in and heads are sealed.
func TestCursorResumesExactlyAfterTheLastHit(t *testing.T) {
	for _, order := range []search.Order{search.ByFile, search.Newest, search.Oldest} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			cfg := storeConfig(t)
			w := newWriter(6, 4)
			s, _ := open(t, cfg)
			w.write(t, s, 1300)
			x := searcher(t, s)
			req := search.Request{Query: parse(t, "timeout OR refused OR error"), Order: order}
			want := w.model.answer(&req)
			var got []string
			req.Limit = 7
			for page := 0; ; page++ {
				out, sum := ask(t, x, req)
				got = append(got, out...)
				if sum.Cursor == "" {
					break
				}
				req.Cursor = sum.Cursor
				if page == 3 && order != search.ByFile {
					if err := s.Seal(); err != nil { // what was the head is a segment now
						t.Fatal(err)
					}
				}
				if page == 5 && order == search.Newest {
					w.clock += int64(time.Hour)
					w.write(t, s, 300) // newer lines come before what is left
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestBudgetGivesPartialAnswersThatAddUp: no silent partial answers.
func TestBudgetGivesPartialAnswersThatAddUp(t *testing.T) {
	cfg := storeConfig(t)
	w := newWriter(7, 5)
	s, _ := open(t, cfg)
	w.write(t, s, 2500)
	x := searcher(t, s)
	for _, base := range []search.Request{
		{Order: search.ByFile}, {Order: search.ByFile, Before: 2, After: 3}, {Order: search.ByFile, After: 1, PerSource: 5},
		{Order: search.Newest}, {Order: search.Oldest}, {Mode: search.Counts}, {Mode: search.Sources},
	} {
		req := base
		req.Query = parse(t, "timeout OR refused")
		want := w.model.answer(&req)
		req.Budget = time.Nanosecond
		if sum, err := x.Search(t.Context(), req, func(*search.Hit) error { return nil }); err != nil || !sum.Partial || sum.Cursor == "" {
			t.Errorf("%+v: summary %+v, error %v: want a partial answer with a cursor", base, sum, err)
		}
		got, _ := ask(t, x, req)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%+v (-want +got)\n%s", base, diff)
		}
	}
}
