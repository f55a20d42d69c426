package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/catalog"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// withTemplates is a server over a board that has read 30 lines of three templates from a
// broker: ten a minute ago, ten two hours ago, and ten that came at both times.
func withTemplates(t *testing.T) *Server {
	t.Helper()
	broker, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := kafka.New(kafka.Config{Brokers: []string{broker.Addr()}}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.EnsureTopics(t.Context(), pipeline.Topics(1, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	cfg := catalog.DefaultConfig()
	board := catalog.NewBoard(cfg, client, zerolog.Nop())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- board.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	recorder := catalog.NewRecorder(cfg, board, 0)
	if _, err := recorder.Restore(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	now, offset := time.Now(), int64(0)
	mine := func(ago time.Duration, service, text string, n int) {
		for i := range n {
			e := pipeline.Event{Timestamp: now.Add(-ago).UnixNano(), Observed: now.UnixNano(), Service: service}
			recorder.Mine(offset, &e, fmt.Appendf(nil, text, i))
			offset++
		}
	}
	mine(2*time.Hour, "shop", "cache miss for key %d", 10)
	mine(2*time.Hour, "shop", "took %d ms", 1)
	mine(time.Minute, "shop", "took %d ms", 9)
	mine(time.Minute, "db", "connection %d refused", 10)
	sink := client.Sink(kafka.SinkConfig{})
	for _, at := range []time.Time{now, now.Add(time.Minute)} {
		out, err := recorder.Flush(at, offset)
		if err == nil {
			err = sink.Produce(t.Context(), out)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := board.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, DefaultConfig(), &index{})
	s.deps.Templates = catalog.Desk{Board: board, Sink: sink}
	return s
}

func TestTemplates(t *testing.T) {
	s := withTemplates(t)
	list := func(params string) (out []string) {
		t.Helper()
		var list catalog.List
		if err := json.Unmarshal([]byte(bodyText(t, ask(t, s, "GET", "/api/v1/templates?"+params, ""))), &list); err != nil {
			t.Fatal(err)
		}
		for _, r := range list.Rows {
			out = append(out, fmt.Sprintf("%d %s%s %s", r.Count, r.Name, r.Text, strings.Join(r.Services, ",")))
		}
		return out
	}
	check := func(name, params string, want ...string) {
		t.Helper()
		have := list(params)
		if diff := cmp.Diff(want, have, cmp.Transformer("set", func(in []string) map[string]bool {
			out := make(map[string]bool)
			for _, s := range in {
				out[s] = true
			}
			return out
		})); diff != "" {
			t.Errorf("%s: %s (-want +have):\n%s", name, params, diff)
		}
	}
	const miss, took, refused = "10 cache miss for key <*> shop", "10 took <*> ms shop", "10 connection <*> refused db"
	check("all", "", miss, took, refused)
	check("of a service", "service=db", refused)
	check("since", "since=10m", "9 took <*> ms shop", refused)
	check("until", "until=1h", miss, "1 took <*> ms shop")
	check("new", "new=1", refused)
	if have := list("limit=1"); len(have) != 1 {
		t.Errorf("limit=1: have %v", have)
	}

	var diff catalog.Diff
	if err := json.Unmarshal([]byte(bodyText(t, ask(t, s, "GET", "/api/v1/templates?diff=3h..1h,1h..now", ""))), &diff); err != nil {
		t.Fatal(err)
	}
	var changes []string
	for _, c := range diff.Changes {
		changes = append(changes, fmt.Sprintf("%s %s %d %d", c.Kind, c.Text, c.Before, c.Count))
	}
	if d := cmp.Diff([]string{"new connection <*> refused 0 10", "more took <*> ms 1 9", "gone cache miss for key <*> 10 0"}, changes); d != "" {
		t.Errorf("diff (-want +have):\n%s", d)
	}

	id := s.deps.Templates.List(catalog.Query{Service: "db"}).Rows[0].ID
	decide := func(body string) *http.Response { return ask(t, s, "POST", "/api/v1/templates", body) }
	var row catalog.Row
	if err := json.Unmarshal([]byte(bodyText(t, decide(`{"id":"`+id+`","name":"refused: "}`))), &row); err != nil || row.Name != "refused:" || row.Text != "connection <*> refused" {
		t.Errorf("renamed: have %+v, error %v", row, err)
	}
	check("named", "service=db", "10 refused:connection <*> refused db")
	decide(`{"id":"` + id + `","muted":true}`)
	check("muted", "", miss, took)
	check("muted asked for", "service=db&muted=1", "10 refused:connection <*> refused db")
}

func TestTemplateProblems(t *testing.T) {
	s := withTemplates(t)
	id := s.deps.Templates.List(catalog.Query{Service: "db"}).Rows[0].ID
	for _, test := range []struct{ name, method, path, body, want string }{
		{"a time that is none", "GET", "?since=soon", "", "400 bad-time #/since"},
		{"a diff of one time", "GET", "?diff=1h", "", "400 bad-parameter #/diff"},
		{"a diff backwards", "GET", "?diff=1h..2h", "", "400 bad-parameter #/diff"},
		{"diff and since", "GET", "?diff=2h..1h&since=1h", "", "400 bad-parameter #/diff"},
		{"an unknown parameter", "GET", "?sort=count", "", "400 bad-parameter #/sort"},
		{"an unknown template", "POST", "", `{"id":"0000000000000000"}`, "404 no-template "},
		{"an unknown field", "POST", "", `{"id":"x","title":"y"}`, "400 bad-body "},
		{"merged into itself", "POST", "", `{"id":"` + id + `","merge_into":"` + id + `"}`, "400 bad-parameter #/merge_into"},
		{"a variable that is not there", "POST", "", `{"id":"` + id + `","split":{"variable":2,"value":"x"}}`, "400 bad-parameter #/split"},
		{"a split that is not there", "POST", "", `{"id":"` + id + `","unsplit":"x"}`, "400 bad-parameter #/unsplit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := ask(t, s, test.method, "/api/v1/templates"+test.path, test.body)
			var p Problem
			if err := json.Unmarshal([]byte(bodyText(t, res)), &p); err != nil {
				t.Fatal(err)
			}
			have := fmt.Sprintf("%d %s %s", res.StatusCode, strings.TrimPrefix(p.Type, "urn:foghorn:problem:"), p.Pointer)
			if have != test.want {
				t.Errorf("have %s (%s), want %s", have, p.Detail, test.want)
			}
		})
	}
	s.deps.Templates = nil
	if res := ask(t, s, "GET", "/api/v1/templates", ""); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without templates: status %d, want 503", res.StatusCode)
	}
}
