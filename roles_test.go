package main

import (
	"context"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/deployments/config"
	"foghorn/pipeline/ops"
)

// TestRolesStopWhileKafkaIsAway: each part waits for the topics with the context that it
// was given, whichever of them asks the brokers.
func TestRolesStopWhileKafkaIsAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg := config.Default()
	cfg.Kafka.Brokers = []string{l.Addr().String()}
	n, err := newNode(cfg, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer n.client.Close()
	run := func(context.Context) error { t.Error("a part ran without topics"); return nil }
	ctx, stop := context.WithCancel(context.Background())
	asking := make(chan struct{})
	second := n.onBus("second", run)
	first := n.onBus("first", run)
	group := ops.Group{Grace: time.Minute, Components: []ops.Component{
		{Name: "first", Run: func(ctx context.Context) error { <-asking; return first.Run(ctx) }},
		{Name: "second", Run: func(ctx context.Context) error {
			done := make(chan error, 1)
			go func() { done <- second.Run(ctx) }()
			for len(n.ensuring) == 0 { // until second asks
				time.Sleep(time.Millisecond)
			}
			close(asking)
			stop()
			return <-done
		}},
	}}
	if err := group.Run(ctx); err != nil {
		t.Error(err)
	}
}

// TestMatchesAreKeptAsFarBackAsARestartReadsThem: a window of days is counted from
// logs.matches again after a restart.
func TestMatchesAreKeptAsFarBackAsARestartReadsThem(t *testing.T) {
	cfg := config.Default()
	cfg.Rules.Pack, cfg.Rules.Dir = false, t.TempDir()
	rule := `rules:
  - id: slow
    title: Slow
    severity: high
    match: boom
    threshold: { count: '>= 10', window: 72h }
    annotations: { summary: slow }
    tests:
      - name: one does not fire
        lines: |
          boom
        expect: []
`
	if err := os.WriteFile(filepath.Join(cfg.Rules.Dir, "slow.yml"), []byte(rule), 0o644); err != nil {
		t.Fatal(err)
	}
	n, err := newNode(cfg, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer n.client.Close()
	if _, err := n.process(); err != nil {
		t.Fatal(err)
	}
	if n.keepMatches < 144*time.Hour {
		t.Errorf("logs.matches is kept for %v, want twice the window of 72h at least", n.keepMatches)
	}
}

// TestEnvironmentGoesBeforeMemorySettings: what GOGC and GOMEMLIMIT in the environment say stays.
func TestEnvironmentGoesBeforeMemorySettings(t *testing.T) {
	gc, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer func() { debug.SetGCPercent(gc); debug.SetMemoryLimit(limit) }()
	for _, c := range []struct {
		name, gogc, memlimit string
		gc                   int
		limit                int64
	}{
		{"nothing in the environment", "", "", 60, 1 << 30},
		{"both in the environment", "200", "2GiB", 100, math.MaxInt64},
	} {
		t.Run(c.name, func(t *testing.T) {
			debug.SetGCPercent(100)
			debug.SetMemoryLimit(math.MaxInt64)
			for name, value := range map[string]string{"GOGC": c.gogc, "GOMEMLIMIT": c.memlimit} {
				t.Setenv(name, value) // to have it back
				if value == "" {
					os.Unsetenv(name)
				}
			}
			limitMemory(config.MemoryConfig{GC: 60, Limit: 1 << 30}, zerolog.Nop())
			if have := debug.SetGCPercent(100); have != c.gc {
				t.Errorf("GOGC %d, want %d", have, c.gc)
			}
			if have := debug.SetMemoryLimit(-1); have != c.limit {
				t.Errorf("GOMEMLIMIT %d, want %d", have, c.limit)
			}
		})
	}
}

// TestRetentionFollowsTheConfiguration: a change of index.retention in the file takes effect
// without a restart, and a fault in it changes nothing.
func TestRetentionFollowsTheConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "foghorn.yml")
	cfg := config.Default()
	cfg.Data, cfg.Index.Listen = t.TempDir(), "127.0.0.1:0"
	n, err := newNode(cfg, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer n.client.Close()
	n.file = file
	ix, err := n.index()
	if err != nil {
		t.Fatal(err)
	}
	defer ix.listener.Close()
	defer ix.close()
	if last := ix.parts[len(ix.parts)-1].Name; last != "retention" {
		t.Errorf("the last part is %q, want the one that follows the file", last)
	}
	changed, err := config.Parse(file, []byte("index: { retention: { age: 7d, keep: [ { query: 'level:>=error', age: 90d } ] } }"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ix.retain(changed); err != nil {
		t.Fatal(err)
	}
	changed.Index.Retention.Keep[0].Query = "level:"
	if err := ix.retain(changed); err == nil {
		t.Error("a query with a fault was taken")
	}
}
