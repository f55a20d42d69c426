//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	rotations    = 5                     // of each file
	killsPerRole = 2                     // with SIGKILL, at random moments
	stepTime     = 10 * time.Millisecond // between two rounds of the writer
	catchUp      = 2 * time.Minute       // from the last write until all is indexed
)

var roles = []string{"ship", "process", "index", "alert"}

// TestEndToEnd writes the files while every role is killed twice, and then asks for all of
// it: every line once, every grep answer byte for byte, every anomaly once.
func TestEndToEnd(t *testing.T) {
	if *latencyFlag || *flowFlag {
		t.Skip("a measurement was asked for")
	}
	ctx := untilTimeout(t)
	corpora, real, err := Corpora(*sharedFlag)
	if err != nil {
		t.Fatal(err)
	}
	if !real {
		t.Logf("no folder %s: the lines are the demonstration shop's", *sharedFlag)
	}
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d (repeat with -seed)", seed)
	bin, dir := program(t), folder(t)
	brokers := startBroker(ctx, t, bin, dir)
	receiver := newReceiver(t)

	duration := time.Duration(*linesFlag) * time.Second / time.Duration(*rateFlag)
	writer, err := NewWriter(Plan{Dir: dir, Corpora: corpora, Lines: *linesFlag,
		Steps: int(duration / stepTime), Rotations: rotations, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}

	config := filepath.Join(dir, "foghorn.yml")
	listen := map[string]string{}
	for _, r := range roles {
		listen[r] = freeAddress(t)
	}
	writeConfig(t, config, dir, brokers, listen, receiver.URL)
	children := map[string]*child{}
	for _, r := range roles {
		children[r] = launch(t, bin, dir, r, r, "--config", config)
	}
	for _, r := range roles {
		untilReady(ctx, t, r, listen[r])
	}

	var wg sync.WaitGroup
	rng := rand.New(rand.NewPCG(seed, 3))
	for _, r := range roles {
		var moments []time.Duration
		for range killsPerRole {
			moments = append(moments, time.Second+time.Duration(rng.Int64N(int64(duration))))
		}
		sort.Slice(moments, func(i, j int) bool { return moments[i] < moments[j] })
		down := time.Duration(rng.Int64N(int64(time.Second)))
		wg.Go(func() { killAt(ctx, t, children[r], moments, down) })
	}
	took := write(ctx, t, writer)
	wg.Wait()
	t.Logf("wrote %d lines to %d files in %.1f s (%.0f lines/s), %d rotations, %d kills", writer.Total(), len(corpora),
		took.Seconds(), float64(writer.Total())/took.Seconds(), rotations*len(corpora), killsPerRole*len(roles))

	server := "http://" + listen["index"]
	began := time.Now()
	until(ctx, t, "every line is indexed once", catchUp, func() error {
		c, err := readCoverage(ctx, server)
		if err != nil {
			return err
		}
		return c.whole(writer.Quota())
	})
	t.Logf("all indexed %.1f s after the last kill", time.Since(began).Seconds())

	compareGrep(ctx, t, bin, dir, server, GrepCalls(corpora, writer.Quota(), seed), writer.Lives())
	checkAnomalies(ctx, t, brokers, corpora, receiver)
	for _, r := range roles {
		children[r].signal(os.Interrupt)
	}
}

// write runs the writer at its pace.
func write(ctx context.Context, t *testing.T, w *Writer) time.Duration {
	t.Helper()
	began := time.Now()
	for n, more := 1, true; more; n++ {
		var err error
		if more, err = w.Step(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
			t.Fatal("the time is up while writing")
		case <-time.After(time.Until(began.Add(time.Duration(n) * stepTime))):
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// killAt kills the child at each moment and starts it again after it was down for a while.
func killAt(ctx context.Context, t *testing.T, c *child, moments []time.Duration, down time.Duration) {
	began := time.Now()
	wait := func(d time.Duration) bool {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	for _, m := range moments {
		if !wait(time.Until(began.Add(m))) {
			return
		}
		c.kill()
		t.Logf("killed %s at %.2f s", c.name, m.Seconds())
		ok := wait(down)
		if err := c.start(); err != nil {
			t.Error(err)
			return
		}
		if !ok {
			return
		}
	}
}

func writeConfig(t *testing.T, path, dir string, brokers []string, listen map[string]string, webhook string) {
	t.Helper()
	text := fmt.Sprintf(`
data: %[1]s/data
log: { level: info, format: json }
kafka: { brokers: [%[2]s], partitions: 4 }
ship: { host: web-1, paths: ['%[1]s/logs/*.log'], listen: '%[3]s' }
process: { listen: '%[4]s', lateness: 5s }
index: { listen: '%[5]s', seal_age: 10s }
alert: { listen: '%[6]s', receivers: [{ name: test, webhook: '%[7]s' }] }
`, dir, "'"+strings.Join(brokers, "', '")+"'", listen["ship"], listen["process"], listen["index"], listen["alert"], webhook)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
