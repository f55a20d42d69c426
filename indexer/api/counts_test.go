package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// indexed serves a store with ten events, one a second, of one source; every third is an
// error of two lines.
func indexed(t *testing.T) *Server {
	t.Helper()
	st, err := store.Open(store.DefaultConfig(t.TempDir()), store.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	start := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	var events []pipeline.Event
	offset := int64(0)
	for i := range 10 {
		body, level := fmt.Sprint("event ", i), pipeline.SeverityInfo
		if i%3 == 0 {
			body, level = body+"\n\tbroken", pipeline.SeverityError
		}
		e := pipeline.Event{
			ID: pipeline.LineID{Source: "h:/\xff", Generation: 1<<64 - 1, Offset: offset}, Size: int64(len(body)) + 1, Host: "h", Path: "/\xff",
			Timestamp: start.Add(time.Duration(i) * time.Second).UnixNano(), Severity: level, Body: []byte(body),
		}
		offset += e.Size
		events = append(events, e)
	}
	if _, err := st.Append(t.Context(), 0, 1, events); err != nil {
		t.Fatal(err)
	}
	x, err := search.New(st, search.DefaultConfig(), search.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(DefaultConfig(), Deps{Searcher: x, Board: &index{}, Gatherer: prometheus.NewRegistry(), Ready: st.Ready, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCounts(t *testing.T) {
	s := indexed(t)
	for _, tc := range []struct{ name, target, want string }{
		{"histogram", "/api/v1/histogram?interval=5s", `{"interval":"5s","buckets":[{"time":"2026-11-22T08:00:00Z","count":5},{"time":"2026-11-22T08:00:05Z","count":5}],"matched":10`},
		{"by level", "/api/v1/histogram?interval=1h&by=level&top=1", `{"interval":"1h0m0s","by":"level","values":["info"],"buckets":[{"time":"2026-11-22T08:00:00Z","count":10,"values":{"info":6}}],"matched":10`},
		{"of a query", "/api/v1/histogram?q=broken&interval=1m&since=2026-11-22T08:00:01Z", `{"interval":"1m0s","buckets":[{"time":"2026-11-22T08:00:00Z","count":3}],"matched":3`},
		{"an interval is chosen", "/api/v1/histogram?q=9", `{"interval":"100ms","buckets":[{"time":"2026-11-22T08:00:09Z","count":1}],"matched":1`},
		{"none", "/api/v1/histogram?q=nowhere&interval=1m", `{"interval":"1m0s","buckets":[],"matched":0`},
		{"facets", "/api/v1/facets?field=level,status&top=1", `{"facets":[{"field":"level","values":[{"value":"info","count":6}],"other":4,"absent":0,"distinct":2},{"field":"status","values":[],"other":0,"absent":10,"distinct":0}],"matched":10`},
		{"facets of a query", "/api/v1/facets?field=level&q=broken", `{"facets":[{"field":"level","values":[{"value":"error","count":4}],"other":0,"absent":0,"distinct":1}],"matched":4`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := ask(t, s, "GET", tc.target, "")
			have := bodyText(t, res)
			if res.StatusCode != http.StatusOK || !strings.HasPrefix(have, tc.want) || !json.Valid([]byte(have)) || !strings.Contains(have, `"coverage":{`) {
				t.Errorf("status %d\nhave %s\nwant %s…", res.StatusCode, have, tc.want)
			}
		})
	}
	if p := problemOf(t.Context(), fmt.Errorf("%w: 20000", search.ErrBuckets)); p.Status != 400 || p.Pointer != "#/interval" {
		t.Errorf("too many buckets: %+v", p)
	}
}

// unread counts what is there, of which some could not be read.
type unread struct {
	Searcher
	missing []search.Damage
}

func (u unread) Histogram(context.Context, search.Filter, search.HistogramSpec) (search.Histogram, error) {
	return search.Histogram{Summary: search.Summary{Missing: u.missing}}, nil
}

func (u unread) Facets(context.Context, search.Filter, []string, int) (search.Facets, error) {
	return search.Facets{Summary: search.Summary{Missing: u.missing}}, nil
}

// Counts of which something could not be read are not called complete.
func TestCountsThatMissSomethingAreNotComplete(t *testing.T) {
	for _, missing := range [][]search.Damage{nil, {{File: "1.seg", Lines: 3}}} {
		s := newServer(t, DefaultConfig(), &index{Searcher: unread{missing: missing}, coverage: search.Coverage{Complete: true}})
		for _, target := range []string{"/api/v1/histogram", "/api/v1/facets?field=level"} {
			var have struct{ Coverage search.Coverage }
			if err := json.Unmarshal([]byte(bodyText(t, ask(t, s, "GET", target, ""))), &have); err != nil {
				t.Fatal(err)
			}
			if have.Coverage.Complete != (missing == nil) {
				t.Errorf("%s, %v missing: complete %t", target, missing, have.Coverage.Complete)
			}
		}
	}
}

func TestContextGivesTheLinesAround(t *testing.T) {
	s := indexed(t)
	target := "/api/v1/context?format=json&source=" + url.QueryEscape("h:/\xff") + "&generation=18446744073709551615"
	var have struct {
		Hits []struct {
			N       int64
			Line    string
			Context bool
			Level   string
		}
		Summary Summary
	}
	text := bodyText(t, ask(t, s, "GET", target+"&offset=20&before=2&after=1&coverage=brief", "")) // within "event 1"
	if err := json.Unmarshal([]byte(text), &have); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	var lines []string
	for _, h := range have.Hits {
		lines = append(lines, fmt.Sprintf("%d %s %s %v", h.N, h.Level, h.Line, h.Context))
	}
	want := []string{"1 error event 0 true", "2 error \tbroken true", "3 info event 1 false", "4 info event 2 true"}
	if d := cmp.Diff(want, lines); d != "" || have.Summary.Partial || have.Summary.Coverage.Lines != 14 {
		t.Errorf("%+v (-want +have)\n%s", have.Summary, d)
	}
	if p := problemIn(t, ask(t, s, "GET", target+"&offset=99999", "")); p.Status != 404 || p.Type != "urn:foghorn:problem:no-line" || !strings.Contains(p.Detail, "99999") {
		t.Errorf("%+v", p)
	}
}
