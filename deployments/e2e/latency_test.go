//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"testing"
	"time"
)

// TestLatency writes lines one by one to a followed file and measures the time from each
// write until a search finds the line.
func TestLatency(t *testing.T) {
	if !*latencyFlag {
		t.Skip("not asked for: run with -latency")
	}
	const lines = 200
	ctx := untilTimeout(t)
	bin, dir := program(t), folder(t)
	path := filepath.Join(dir, "app.log")
	f, err := create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	listen := freeAddress(t)
	up := launch(t, bin, dir, "up", "up", "--logs", path, "--data", filepath.Join(dir, "data"), "--listen", listen, "--kafka-listen", "127.0.0.1:0")
	untilReady(ctx, t, "up", listen)
	var took []time.Duration
	for i := range lines {
		token := fmt.Sprintf("latency%dprobe", i)
		ask := fmt.Sprintf("http://%s/api/v1/search?limit=1&q=%s", listen, url.QueryEscape(token))
		began := time.Now()
		if _, err := fmt.Fprintf(f, "%s INFO request %s done in %d ms\n", began.UTC().Format("2006-01-02T15:04:05.000Z"), token, i); err != nil {
			t.Fatal(err)
		}
		for {
			body, err := get(ctx, ask)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(body, []byte("request "+token)) {
				break
			}
			if time.Since(began) > 30*time.Second {
				t.Fatalf("line %d not found within 30 s: %s", i, body)
			}
			time.Sleep(2 * time.Millisecond)
		}
		took = append(took, time.Since(began))
		time.Sleep(time.Duration(i%7) * 11 * time.Millisecond) // out of step with any poll
	}
	up.signal(os.Interrupt)
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	t.Logf("latency from write to search over %d lines: p50 %s, p99 %s, max %s", lines,
		took[lines/2].Round(time.Millisecond), took[lines*99/100].Round(time.Millisecond), took[lines-1].Round(time.Millisecond))
}
