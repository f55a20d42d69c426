//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	indexKills = flag.Int("index-kills", 3, "how often TestIndexerKilledUnderLoad kills the indexer")
	indexLoad  = flag.Duration("index-load", 4*time.Second, "how long TestSearchUnderLoad searches while lines arrive")
)

const (
	loadRate    = 20_000 // lines per second
	loadClients = 50     // that search at one time
	killRate    = 5_000  // lines per second while the indexer is killed
)

// indexing is an indexer behind a shipper and a processor, and the file that they follow.
type indexing struct {
	index  *child
	server string
	file   *os.File
	rng    *rand.Rand
	words  []string
	lines  int
}

func startIndexing(ctx context.Context, t *testing.T) *indexing {
	t.Helper()
	bin, dir := program(t), folder(t)
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := create(filepath.Join(dir, "logs", "app.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	brokers, listen := startBroker(ctx, t, bin, dir), map[string]string{}
	for _, r := range roles {
		listen[r] = freeAddress(t)
	}
	config := filepath.Join(dir, "foghorn.yml")
	writeConfig(t, config, dir, brokers, listen, "http://127.0.0.1:9/")
	x := &indexing{server: "http://" + listen["index"], file: f, rng: rand.New(rand.NewPCG(5, 1))}
	x.words = strings.Fields("request done in ms for user timeout connection refused by peer retrying upload video shop cart checkout cache miss hit")
	for _, r := range []string{"ship", "process", "index"} {
		c := launch(t, bin, dir, r, r, "--config", config)
		untilReady(ctx, t, r, listen[r])
		if r == "index" {
			x.index = c
		}
	}
	return x
}

// write appends lines at a rate until done is closed.
func (x *indexing) write(t *testing.T, rate int, done <-chan struct{}) {
	const step = 10 * time.Millisecond
	var b bytes.Buffer
	for began, n := time.Now(), 1; ; n++ {
		b.Reset()
		for range rate / int(time.Second/step) {
			level := [8]string{"INFO", "INFO", "INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"}[x.rng.IntN(8)]
			fmt.Fprintf(&b, "%s %s seq=%d id=%016x", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), level, x.lines, x.rng.Uint64())
			for range 4 + x.rng.IntN(8) {
				b.WriteByte(' ')
				b.WriteString(x.words[x.rng.IntN(len(x.words))])
			}
			b.WriteByte('\n')
			x.lines++
		}
		if _, err := x.file.Write(b.Bytes()); err != nil {
			t.Error(err)
			return
		}
		select {
		case <-done:
			return
		case <-time.After(time.Until(began.Add(time.Duration(n) * step))):
		}
	}
}

// settled waits until all lines are indexed, and checks that their export is the file, byte
// for byte: each line once, in its place.
func (x *indexing) settled(ctx context.Context, t *testing.T) {
	t.Helper()
	began := time.Now()
	until(ctx, t, "every line is indexed once", catchUp, func() error {
		c, err := readCoverage(ctx, x.server)
		if err != nil {
			return err
		}
		return c.whole(map[string]int{"app.log": x.lines})
	})
	t.Logf("all %d lines indexed %.1f s after the last was written", x.lines, time.Since(began).Seconds())
	have, err := get(ctx, x.server+"/api/v1/export?format=raw&order=file")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(x.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		missing, extra := tally(lines(want), lines(have))
		t.Errorf("the export of %d bytes is not the file of %d: %d lines are missing, %d are extra", len(have), len(want), missing, extra)
	}
}

// TestIndexerKilledUnderLoad kills the indexer with SIGKILL again and again while lines
// arrive: it ends up with each line once. -index-kills 100 takes some minutes.
func TestIndexerKilledUnderLoad(t *testing.T) {
	if *latencyFlag || *flowFlag {
		t.Skip("a measurement was asked for")
	}
	ctx := untilTimeout(t)
	x := startIndexing(ctx, t)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { x.write(t, killRate, done) })
	moments := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for range *indexKills {
		select {
		case <-ctx.Done():
			t.Error("the time is up")
		case <-time.After(time.Duration(moments.Int64N(int64(1500 * time.Millisecond)))):
		}
		x.index.kill()
		if err := x.index.start(); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
	t.Logf("%d kills while %d lines were written", *indexKills, x.lines)
	x.settled(ctx, t)
}

// TestSearchUnderLoad: fifty clients search, cheaply and not, while 20,000 lines a second
// arrive: no search fails, every line is indexed, and the indexer's memory stays bounded.
func TestSearchUnderLoad(t *testing.T) {
	if *latencyFlag || *flowFlag {
		t.Skip("a measurement was asked for")
	}
	const mostMemory = 1 << 30
	ctx := untilTimeout(t)
	x := startIndexing(ctx, t)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { x.write(t, loadRate, done) })
	asked := []string{
		"search?limit=100&q=timeout", "search?limit=10&q=" + url.QueryEscape(`"connection refused"`), "search?limit=0&q=seq:12345&fields=0",
		"search?limit=100&order=oldest&q=" + url.QueryEscape("level:error retrying"), "search?q=" + url.QueryEscape(`/id=[0-9a-f]*77 .*peer/`),
		"search?q=ffffffffffff0000", "search?mode=counts&q=refused", "histogram?interval=1s&q=error", "facets?field=level,host", "coverage",
		"search?order=file&before=2&after=2&limit=50&q=" + url.QueryEscape("checkout AND cart"),
	}
	var mu sync.Mutex
	took := make([][]float64, len(asked))
	for client := range loadClients {
		wg.Go(func() {
			for i := client; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				kind := i % len(asked)
				ms, err := askPatiently(ctx, x.server+"/api/v1/"+asked[kind])
				mu.Lock()
				took[kind] = append(took[kind], ms)
				mu.Unlock()
				if err != nil {
					t.Errorf("%s: %v", asked[kind], err)
					return
				}
			}
		})
	}
	select {
	case <-time.After(*indexLoad):
	case <-ctx.Done():
	}
	close(done)
	wg.Wait()
	x.settled(ctx, t)
	for i, ms := range took {
		if len(ms) > 0 {
			q := quantiles(ms)
			t.Logf("%4d times  p50 %8.1f ms  p95 %8.1f ms  %s", len(ms), q.p50, q.p95, asked[i])
		}
	}
	peak, err := peakMemory(x.index.pid())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lines written; the indexer took %.0f MB at most", x.lines, mega(peak))
	if peak > mostMemory {
		t.Errorf("the indexer took %d bytes, at most %d are expected", peak, mostMemory)
	}
}

// askPatiently asks until the server is not too busy, and wants a whole answer.
func askPatiently(ctx context.Context, target string) (ms float64, err error) {
	for began := time.Now(); ; {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			return 0, err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case err != nil:
			return 0, err
		case resp.StatusCode == http.StatusTooManyRequests:
			time.Sleep(20 * time.Millisecond)
			continue
		case resp.StatusCode != http.StatusOK:
			return 0, fmt.Errorf("%s: %.300s", resp.Status, body)
		case bytes.Contains(body, []byte(`{"error":`)):
			return 0, fmt.Errorf("the answer ends with %.300s", body[max(0, len(body)-300):])
		}
		return float64(time.Since(began).Microseconds()) / 1000, nil
	}
}
