package api

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// nextEvent reads one server-sent event, passing over comments.
func (l linesOf) nextEvent() (name, data string) {
	l.t.Helper()
	for {
		line := l.next()
		if rest, ok := strings.CutPrefix(line, "event: "); ok {
			name = rest
		}
		if rest, ok := strings.CutPrefix(line, "data: "); ok {
			data = rest
		}
		if line == "" && name != "" {
			return name, data
		}
	}
}

func get(t *testing.T, ctx context.Context, url, accept string) (linesOf, *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return linesOf{t, bufio.NewReader(res.Body)}, res
}

func TestTail(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Heartbeat = 20 * time.Millisecond
	var missed atomic.Int64
	x := &index{lines: make(chan pipeline.Event, 10), missed: missed.Load, tailing: make(chan query.Node, 1)}
	url, stop := running(t, newServer(t, cfg, x))
	lines, res := get(t, context.Background(), url+"/api/v1/tail?q=level:error&fields=0", "text/event-stream")
	if ct := res.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Errorf("content type %s", ct)
	}
	if have := lines.next(); have != ": heartbeat" {
		t.Errorf("first line: have %q, want a comment", have)
	}
	if q := <-x.tailing; q.String() != "level:error" {
		t.Errorf("query %s", q)
	}
	for range 2 { // a quiet stream sends a sign of life
		for lines.next() != ": heartbeat" {
		}
	}
	x.lines <- *oneEvent("two\nlines") // no line feed may break an event in two
	name, data := lines.nextEvent()
	var hit struct{ Line, Host string }
	if err := json.Unmarshal([]byte(data), &hit); err != nil || name != "line" || hit.Line != "two\nlines" || hit.Host != "web-1" {
		t.Errorf("have %s %s", name, data)
	}
	missed.Store(12)
	x.lines <- *oneEvent("after")
	if name, _ := lines.nextEvent(); name != "dropped" { // may come before or after the line
		if name, data = lines.nextEvent(); name != "dropped" || data != `{"dropped":12}` {
			t.Errorf("have %s %s", name, data)
		}
	}
	go stop()
	for name != "stop" {
		name, _ = lines.nextEvent()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A slow client of tail gets what it can take and is told how many lines it missed; it is
// let go when it takes nothing for WriteTimeout.
func TestASlowTailClientIsLetGo(t *testing.T) {
	cfg := DefaultConfig()
	cfg.WriteTimeout = 50 * time.Millisecond
	cfg.MaxStreams = 1
	x := &index{lines: make(chan pipeline.Event)}
	url, _ := running(t, newServer(t, cfg, x))
	get(t, context.Background(), url+"/api/v1/tail", "text/event-stream") // and reads nothing
	big := *oneEvent(strings.Repeat("x", 1<<20))
	deadline := time.After(20 * time.Second)
	for sent := 0; ; sent++ {
		select {
		case x.lines <- big:
			if sent > 1000 {
				t.Fatal("the server buffers without bound")
			}
			continue
		case <-time.After(time.Second): // the server writes, or has given up
		case <-deadline:
			t.Fatal("the client still holds its stream")
		}
		res, err := http.Get(url + "/api/v1/tail?q=(") // does not open a stream
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		ctx, cancel := context.WithCancel(context.Background())
		_, res = get(t, ctx, url+"/api/v1/tail", "text/event-stream")
		cancel()
		if res.StatusCode == 200 { // the only slot is free again
			return
		}
	}
}

func TestTooManyStreamsAreRefused(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxStreams = 1
	url, _ := running(t, newServer(t, cfg, &index{}))
	lines, _ := get(t, context.Background(), url+"/api/v1/tail", "text/event-stream")
	lines.next()
	_, res := get(t, context.Background(), url+"/api/v1/tail", "text/event-stream")
	if p := problemIn(t, res); p.Status != 429 {
		t.Errorf("have %+v", p)
	}
}

func TestAnomalies(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	x := &index{
		anomalies: []pipeline.Anomaly{
			anomaly("c", 2, pipeline.AnomalyUpdate, "r2", now.Add(-time.Hour)),
			anomaly("a", 3, pipeline.AnomalyResolved, "r1", now.Add(-3*time.Hour)),
			anomaly("b", 1, pipeline.AnomalyOpen, "r1", now.Add(-2*time.Hour)),
		},
		events: []pipeline.Anomaly{
			anomaly("a", 1, pipeline.AnomalyOpen, "r1", now), anomaly("a", 3, pipeline.AnomalyResolved, "r1", now),
			anomaly("b", 1, pipeline.AnomalyOpen, "r1", now), anomaly("c", 2, pipeline.AnomalyUpdate, "r2", now),
		},
	}
	s := newServer(t, DefaultConfig(), x)
	for _, tc := range []struct{ params, want string }{
		{"", "a3 b1 c2"},
		{"state=firing", "b1 c2"},
		{"state=resolved", "a3"},
		{"rule=r1", "a3 b1"},
		{"rule=none", ""},
		{"severity=low", ""},
		{"since=90m", "c2"},
		{"limit=2", "b1 c2"},
		{"limit=0", "a3 b1 c2"},
		{"events=1", "a1 a3 b1 c2"},
		{"events=1&state=resolved", "a3"},
	} {
		var list AnomalyList
		text := bodyText(t, ask(t, s, "GET", "/api/v1/anomalies?"+tc.params, ""))
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, a := range list.Anomalies {
			have = append(have, a.ID+string(rune('0'+a.Seq)))
		}
		if d := cmp.Diff(strings.Fields(tc.want), have, cmp.Transformer("none", func(s []string) []string { return append([]string{}, s...) })); d != "" {
			t.Errorf("%s (-want +have)\n%s", tc.params, d)
		}
		if !strings.HasPrefix(text, `{"anomalies":[`) {
			t.Errorf("%s: have %s", tc.params, text)
		}
	}
}

func TestFollowAnomalies(t *testing.T) {
	now := time.Now().UTC()
	for _, accept := range []string{"text/event-stream", "application/x-ndjson"} {
		t.Run(accept, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Heartbeat = 10 * time.Millisecond
			x := &index{anomalies: []pipeline.Anomaly{anomaly("a", 2, pipeline.AnomalyUpdate, "r", now)}, coming: make(chan pipeline.Anomaly, 9)}
			x.coming <- anomaly("a", 1, pipeline.AnomalyOpen, "r", now) // older than the snapshot
			x.coming <- anomaly("a", 2, pipeline.AnomalyUpdate, "r", now)
			x.coming <- anomaly("a", 3, pipeline.AnomalyResolved, "r", now)
			x.coming <- anomaly("b", 1, pipeline.AnomalyOpen, "other", now) // filtered
			x.coming <- anomaly("c", 1, pipeline.AnomalyOpen, "r", now)
			url, stop := running(t, newServer(t, cfg, x))
			lines, _ := get(t, context.Background(), url+"/api/v1/anomalies?follow=1&rule=r", accept)
			for _, want := range []string{"a2", "a3", "c1"} {
				var data string
				if accept == "text/event-stream" {
					_, data = lines.nextEvent()
				}
				for data == "" {
					data = lines.next()
				}
				var a pipeline.Anomaly
				if err := json.Unmarshal([]byte(data), &a); err != nil {
					t.Fatalf("%v in %q", err, data)
				}
				if have := a.ID + string(rune('0'+a.Seq)); have != want {
					t.Errorf("have %s, want %s", have, want)
				}
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
