//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startOurs starts `foghorn up` with the HTTP intake: the whole chain in one process.
func startOurs(ctx context.Context, t *testing.T, bin, dir string) *server {
	t.Helper()
	listen, intake, data := freeAddress(t), freeAddress(t), filepath.Join(dir, "ours")
	config := filepath.Join(dir, "up.yml")
	text := fmt.Sprintf(`
data: %s
log: { level: warn }
ship: { host: front, intake: { listen: '%s' } }
rules: { pack: false }
index: { listen: '%s', seal_age: 10s }
`, data, intake, listen)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s := &server{url: "http://" + listen, push: "http://" + intake + "/loki/api/v1/push", data: filepath.Join(data, "index"), pprof: freeAddress(t)}
	s.child = launch(t, bin, dir, "up", "up", "--config", config, "--kafka-listen", "127.0.0.1:0", "--quiet", "--pprof", s.pprof)
	s.count, s.durable = s.indexed, s.sealed
	untilReady(ctx, t, "up", listen)
	return s
}

// indexed is how many lines our index holds.
func (s *server) indexed(ctx context.Context) (int64, error) {
	c, err := readCoverage(ctx, s.url)
	return c.Lines, err
}

// sealed returns nil once all lines are in segments on the disk, and their terms in the index.
func (s *server) sealed(ctx context.Context) error {
	body, err := get(ctx, s.url+"/metrics")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(body)) {
		for _, name := range []string{"foghorn_index_head_lines ", "foghorn_index_segments_unindexed "} {
			if n, ok := strings.CutPrefix(line, name); ok && strings.TrimSpace(n) != "0" {
				return errors.New(strings.TrimSpace(line))
			}
		}
	}
	return nil
}

// indexAlone measures the indexer as a process of its own, over events that wait for it in
// Kafka.
func indexAlone(ctx context.Context, t *testing.T, bin, dir string, corpora []Corpus, start time.Time, lines int) ingested {
	t.Helper()
	brokers := startBroker(ctx, t, bin, dir)
	config, listen := filepath.Join(dir, "roles.yml"), map[string]string{}
	for _, r := range []string{"intake", "ship", "process", "index"} {
		listen[r] = freeAddress(t)
	}
	text := fmt.Sprintf(`
data: %s/roles
log: { level: warn }
kafka: { brokers: ['%s'], partitions: 4, replication: 1 }
ship: { host: front, listen: '%s', intake: { listen: '%s' } }
process: { listen: '%s' }
rules: { pack: false }
index: { listen: '%s', seal_age: 10s }
`, dir, brokers[0], listen["ship"], listen["intake"], listen["process"], listen["index"])
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ship := launch(t, bin, dir, "ship", "ship", "--config", config)
	process := &server{child: launch(t, bin, dir, "process", "process", "--config", config)}
	untilReady(ctx, t, "ship", listen["ship"])
	untilReady(ctx, t, "process", listen["process"])
	sendAll(ctx, t, "http://"+listen["intake"]+"/loki/api/v1/push", corpora, start, lines)
	process.settle(ctx, t)
	process.signal(os.Interrupt)
	ship.signal(os.Interrupt)

	profiles := freeAddress(t)
	ix := &server{child: launch(t, bin, dir, "index", "index", "--config", config, "--pprof", profiles),
		url: "http://" + listen["index"], data: filepath.Join(dir, "roles", "index"), pprof: profiles}
	profile(t, ix)
	began := time.Now()
	until(ctx, t, "the indexer has every line", peerWaitDrain, func() error {
		n, err := ix.indexed(ctx)
		if err == nil && n != int64(lines) {
			err = errors.New("not yet")
		}
		return err
	})
	in := ingested{wall: time.Since(began)}
	ix.durable = ix.sealed
	ix.settle(ctx, t)
	in.cpu = cpuTime(t, ix.pid())
	var err error
	if in.peak, err = peakMemory(ix.pid()); err != nil {
		t.Fatal(err)
	}
	if in.disk, err = folderSize(ix.data); err != nil {
		t.Fatal(err)
	}
	ix.signal(os.Interrupt)
	return in
}

// profile writes where the server's CPU time goes from now on, and at the end what holds its
// memory, to -peer-profile, for `go tool pprof`.
func profile(t *testing.T, s *server) {
	t.Helper()
	if *peerProfile == "" || s.pprof == "" {
		return
	}
	until(t.Context(), t, "profiles of "+s.name, 10*time.Second, func() error {
		_, err := get(t.Context(), "http://"+s.pprof+"/debug/pprof/")
		return err
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, p := range []string{fmt.Sprintf("profile?seconds=%d", *peerSeconds), "heap", "allocs"} {
			name, _, _ := strings.Cut(p, "?")
			body, err := get(t.Context(), "http://"+s.pprof+"/debug/pprof/"+p)
			if err == nil {
				err = os.WriteFile(filepath.Join(*peerProfile, s.name+"."+name), body, 0o644)
			}
			if err != nil {
				t.Errorf("profile of %s: %v", s.name, err)
			}
		}
	}()
	t.Cleanup(func() { <-done })
}
