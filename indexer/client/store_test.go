package client

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/indexer/api"
	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// joined makes events of the rows' lines: up to n lines of one generation are one event;
// random may be nil for n = 1.
func joined(random *rand.Rand, rows []row, n int) (events []pipeline.Event) {
	for i := 0; i < len(rows); {
		e := rows[i].Event
		end := i + 1
		if n > 1 {
			end += random.IntN(n)
		}
		for {
			if i++; i >= end || i >= len(rows) || rows[i].ID.Source != e.ID.Source || rows[i].ID.Generation != e.ID.Generation {
				break
			}
			e.Body = slices.Concat(e.Body, []byte("\n"), rows[i].Body)
			e.Size += rows[i].Size
		}
		events = append(events, e)
	}
	return events
}

// serveStore indexes events, most of them in small sealed segments and the rest in the
// head, and returns a client of the API before them.
func serveStore(t *testing.T, all []pipeline.Event, budget time.Duration) *Client {
	t.Helper()
	cfg := store.DefaultConfig(t.TempDir())
	cfg.BlockLines, cfg.SegmentLines = 64, 500
	st, err := store.Open(cfg, store.Deps{Failed: func(err error) { t.Errorf("store: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- st.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run the store: %v", err)
		}
		if err := st.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	for i := 0; i < len(all); i += 100 {
		if _, err := st.Append(ctx, 0, int64(i+100), all[i:min(i+100, len(all))]); err != nil {
			t.Fatal(err)
		}
	}
	s, err := search.New(st, search.DefaultConfig(), search.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	conf := api.DefaultConfig()
	conf.Budget = budget
	server, err := api.New(conf, api.Deps{Searcher: s, Board: &memory{}, Gatherer: prometheus.NewRegistry(), Ready: st.Ready, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	return clientOf(t, httptest.NewServer(server.Handler()))
}

// The index, sealed and open, gives grep byte for byte what grep gives on the files, also
// where lines came joined to events, and as much with a time budget that is far too small
// for one answer.
func TestGrepOverTheIndexIsGrepOverTheFiles(t *testing.T) {
	needGrep(t)
	dir, m, names := writeCorpus(t)
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("error ok retry time-out user=17 0x7f: connection refused GET /a/b 10.0.0.9 ERROR errors blk_1608999687919862906 ä€ \xff status=503")
	var text strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&text, "%06d", i)
		for range random.IntN(8) {
			text.WriteString(" " + words[random.IntN(len(words))])
		}
		text.WriteByte('\n')
	}
	if err := os.WriteFile(filepath.Join(dir, "large.log"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	m.add("h", "large.log", 99, []byte(text.String()))
	names = append(names, "large.log")
	slices.Sort(names)
	cases := append(grepCases(), strings.Fields("-c 002[0-9]{3}"), strings.Fields("-n 001234"), strings.Fields("-F -C1 002999"), strings.Fields("-nw user=17"), strings.Fields("-m3 -C2 refused"), strings.Fields("-c 1608999687919862906"), strings.Fields("-o 0x7f:.conn"))
	for _, tc := range []struct {
		budget       time.Duration
		lines, every int // lines of an event, n-th command line
	}{
		{30 * time.Second, 1, 1}, {time.Microsecond, 1, 10}, // each takes many answers
		{30 * time.Second, 9, 1}, {time.Microsecond, 9, 17},
	} {
		c := serveStore(t, joined(random, m.rows, tc.lines), tc.budget)
		for i, args := range cases {
			if i%tc.every != 0 {
				continue
			}
			want, wantCode := realGrep(t, dir, args, names)
			have, stderr, code := run(t, c, args...)
			if have != want || code != wantCode {
				diff := cmp.Diff(strings.SplitAfter(want, "\n"), strings.SplitAfter(have, "\n"))
				t.Errorf("%q, events of %d lines, budget %v: exit code %d, want %d; stderr %s\noutput (-grep +foghorn)\n%.2000s", args, tc.lines, tc.budget, code, wantCode, stderr, diff)
			}
		}
	}
}
