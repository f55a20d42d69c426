package client

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/indexer/api"
	"foghorn/pipeline"
	"foghorn/pipeline/catalog"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// catalogServer is a server that knows two templates: of ten lines of the last minute, and
// of five of three hours ago.
func catalogServer(t *testing.T) {
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
	bus, err := kafka.New(kafka.Config{Brokers: []string{broker.Addr()}}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	if err := bus.EnsureTopics(t.Context(), pipeline.Topics(1, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	cfg := catalog.DefaultConfig()
	board := catalog.NewBoard(cfg, bus, zerolog.Nop())
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
	now := time.Now()
	for i := range 15 {
		e := pipeline.Event{Timestamp: now.Add(-time.Minute).UnixNano(), Observed: now.UnixNano(), Service: "shop"}
		text := fmt.Sprintf("took %d ms", i)
		if i%3 == 0 {
			e.Timestamp, e.Service, text = now.Add(-3*time.Hour).UnixNano(), "db", fmt.Sprintf("connection %d closed with state=up", i)
		}
		recorder.Mine(int64(i), &e, []byte(text))
	}
	sink := bus.Sink(kafka.SinkConfig{})
	for _, at := range []time.Time{now, now.Add(time.Minute)} {
		out, err := recorder.Flush(at, 15)
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
	s, err := api.New(api.DefaultConfig(), api.Deps{
		Board: &memory{}, Templates: catalog.Desk{Board: board, Sink: sink},
		Gatherer: prometheus.NewRegistry(), Ready: func() error { return nil }, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	t.Setenv("FOGHORN_SERVER", server.URL)
}

// foghorn templates lists, compares and decides; its exit codes are those of grep.
func TestTemplatesCommand(t *testing.T) {
	catalogServer(t)
	took, closed := idOf(t, "--service", "shop"), idOf(t, "--service", "db")
	for _, tc := range []struct {
		name string
		args []string
		code int
		want []string // in the output, in this order
		not  string
	}{
		{"list", nil, ExitMatch, []string{"COUNT", "FIRST SEEN", "10 ", took, "took <*> ms", "5 ", "connection <*> closed with state=up"}, ""},
		{"of a service", []string{"--service", "db"}, ExitMatch, []string{"5 ", closed}, took},
		{"since", []string{"--since", "10m"}, ExitMatch, []string{took}, closed},
		{"new", []string{"--new"}, ExitMatch, []string{took}, closed},
		{"none", []string{"--service", "none"}, ExitNone, nil, "COUNT"},
		{"JSON", []string{"--json", "--limit", "1"}, ExitMatch, []string{`{"id":"` + took, `"template":"took <*> ms"`, `"count":10`}, closed},
		{"diff", []string{"--diff", "2h..now"}, ExitMatch, []string{"before: ", "after: ", "new ", " 0 ", " 10 ", took, "gone", " 5 ", closed}, ""},
		{"diff as JSON", []string{"--diff", "4h..1h,1h..now", "--json"}, ExitMatch, []string{`"change":"new"`, `"change":"gone"`}, ""},
		{"a diff that is none", []string{"--diff", "1h"}, ExitError, []string{"--diff: expected T1..T2"}, ""},
		{"a time that is none", []string{"--since", "soon"}, ExitError, []string{"--since"}, ""},
		{"rename", []string{"rename", took, "how long"}, ExitMatch, []string{took, "how long: took <*> ms"}, ""},
		{"merge", []string{"merge", closed, took}, ExitMatch, []string{took}, ""},
		{"list merged", nil, ExitMatch, []string{"15 ", took, "how long: took <*> ms"}, closed},
		{"unmerge", []string{"unmerge", closed}, ExitMatch, []string{closed}, ""},
		{"mute", []string{"mute", closed, "--json"}, ExitMatch, []string{`"muted":true`}, ""},
		{"list without it", nil, ExitMatch, []string{took}, closed},
		{"list with it", []string{"--muted"}, ExitMatch, []string{took, closed, "(muted)"}, ""},
		{"unmute", []string{"unmute", closed}, ExitMatch, []string{closed}, "muted"},
		{"split", []string{"split", closed, "1", "7", "--json"}, ExitMatch, []string{`"splits":["`}, ""},
		{"no number", []string{"split", closed, "x", "7"}, ExitError, []string{"VARIABLE: expected a number"}, ""},
		{"no name", []string{"rename", took}, ExitMatch, []string{took, "took <*> ms"}, "how long"},
		{"an id that is none", []string{"mute", "0000000000000000"}, ExitError, []string{"no such template"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, stderr, code := runCommand(append([]string{"templates"}, tc.args...)...)
			if code != tc.code || (code == ExitError) != (stderr != "") {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, stderr)
			}
			rest := out + stderr
			for _, w := range tc.want {
				_, after, ok := strings.Cut(rest, w)
				if !ok {
					t.Fatalf("no %q in order in\n%s", w, out+stderr)
				}
				rest = after
			}
			if tc.not != "" && strings.Contains(out, tc.not) {
				t.Errorf("%q is in\n%s", tc.not, out)
			}
		})
	}
}

func idOf(t *testing.T, args ...string) string {
	t.Helper()
	out, stderr, code := runCommand(append([]string{"templates", "--json"}, args...)...)
	_, rest, ok := strings.Cut(out, `"id":"`)
	if code != ExitMatch || !ok {
		t.Fatalf("exit code %d: %s%s", code, out, stderr)
	}
	return rest[:16]
}
