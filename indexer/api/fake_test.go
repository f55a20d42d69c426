package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/indexer/search"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// index is a Searcher whose search is a function, and a Board. What it does not have is
// that of the embedded one.
type index struct {
	Searcher
	search   func(ctx context.Context, req search.Request, hit func(*search.Hit) error) (search.Summary, error)
	coverage search.Coverage
	lines    chan pipeline.Event
	missed   func() int64
	tailing  chan query.Node

	anomalies []pipeline.Anomaly
	events    []pipeline.Anomaly
	coming    chan pipeline.Anomaly
}

func (x *index) Search(ctx context.Context, req search.Request, hit func(*search.Hit) error) (search.Summary, error) {
	return x.search(ctx, req, hit)
}
func (x *index) Coverage() search.Coverage { return x.coverage }
func (x *index) Incomplete() search.Coverage {
	c := x.coverage
	c.Sources, c.Partitions = []search.SourceCoverage{}, []search.PartitionCoverage{}
	return c
}
func (x *index) Tail(_ context.Context, q query.Node, _ int) (<-chan pipeline.Event, func() int64) {
	if x.tailing != nil {
		x.tailing <- q
	}
	return x.lines, x.missed
}
func (x *index) Anomalies() []pipeline.Anomaly { return x.anomalies }
func (x *index) Events() []pipeline.Anomaly    { return x.events }
func (x *index) Subscribe(context.Context, int) (<-chan pipeline.Anomaly, func() int64) {
	return x.coming, func() int64 { return 0 }
}

func newServer(t testing.TB, cfg Config, x *index) *Server {
	t.Helper()
	if x.missed == nil {
		x.missed = func() int64 { return 0 }
	}
	s, err := New(cfg, Deps{
		Searcher: x, Board: x, Gatherer: prometheus.NewRegistry(),
		Ready: func() error { return nil }, Log: zerolog.New(zerolog.NewTestWriter(t)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// running serves s on loopback; stop ends it and returns what Serve returned.
func running(t testing.TB, s *Server) (url string, stop func() error) {
	t.Helper()
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { cancel(); err = <-done })
		return err
	}
	t.Cleanup(func() { stop() })
	return "http://" + l.Addr().String(), stop
}

// ask sends a request to the handler.
func ask(t testing.TB, s *Server, method, target, body string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8514"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

func bodyText(t testing.TB, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// problemIn decodes a problem and checks its media type.
func problemIn(t testing.TB, res *http.Response) Problem {
	t.Helper()
	text := bodyText(t, res)
	if ct := res.Header.Get("Content-Type"); ct != ProblemType {
		t.Fatalf("status %d, content type %q, want %q; body %s", res.StatusCode, ct, ProblemType, text)
	}
	var p Problem
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if p.Status != res.StatusCode || p.Title == "" || !strings.HasPrefix(p.Type, "urn:foghorn:problem:") {
		t.Errorf("status %d with problem %+v", res.StatusCode, p)
	}
	return p
}

func oneEvent(body string) *pipeline.Event {
	return &pipeline.Event{
		ID:   pipeline.LineID{Source: "web-1:/var/log/app.log", Generation: 1<<64 - 1, Offset: 42},
		Host: "web-1", Path: "/var/log/app.log", Service: "shop", Severity: pipeline.SeverityError,
		Timestamp: time.Date(2026, 11, 22, 8, 0, 0, 250_000_000, time.UTC).UnixNano(),
		Body:      []byte(body),
	}
}

// yields is a search that returns these hits.
func yields(hits ...search.Hit) func(context.Context, search.Request, func(*search.Hit) error) (search.Summary, error) {
	return func(_ context.Context, _ search.Request, hit func(*search.Hit) error) (search.Summary, error) {
		for i := range hits {
			if err := hit(&hits[i]); err != nil {
				return search.Summary{}, err
			}
		}
		return search.Summary{Matched: int64(len(hits))}, nil
	}
}

var errDisk = errors.New("read block 7 of 0001.seg: input/output error")

// linesOf reads lines from a stream one by one.
type linesOf struct {
	t testing.TB
	r *bufio.Reader
}

func (l linesOf) next() string {
	l.t.Helper()
	line, err := l.r.ReadBytes('\n')
	if err != nil {
		l.t.Fatalf("have %v after %q, want a line", err, line)
	}
	return string(bytes.TrimSuffix(line, []byte("\n")))
}
