//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

var (
	peerFlag      = flag.String("peer-vlogs", os.Getenv("PEER_VLOGS"), "the program of VictoriaLogs to compare with")
	peerLines     = flag.Int("peer-lines", 5_000_000, "lines of the comparison")
	peerAsks      = flag.Int("peer-asks", 11, "how often each question is asked")
	peerProfile   = flag.String("peer-profile", "", "a folder for profiles of our programs while they take the lines in")
	peerSeconds   = flag.Int("peer-profile-seconds", 10, "how long the profiles of CPU time go")
	peerRequest   = 2_000 // lines of one push request
	peerSenders   = 2
	peerLineStep  = 200 * time.Microsecond
	peerWaitDrain = 15 * time.Minute
)

// ingested is what taking in the lines took.
type ingested struct {
	cpu  time.Duration
	wall time.Duration
	disk int64
	peak int64
}

// TestPeer compares Foghorn with VictoriaLogs, side by side on this machine: the same lines
// in the same push requests, then the same questions in turn.
func TestPeer(t *testing.T) {
	if *peerFlag == "" {
		t.Skip("SKIPPED: no VictoriaLogs to compare with; give its program by -peer-vlogs or PEER_VLOGS")
	}
	ctx := untilTimeout(t)
	bin, dir := program(t), folder(t)
	corpora, real, err := Corpora(*sharedFlag)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Truncate(time.Second)
	start := end.Add(-time.Duration(*peerLines) * peerLineStep)
	t.Logf("%d lines of %d services on %d hosts, real lines %t", *peerLines, Services, Hosts, real)

	theirs := startPeer(ctx, t, dir)
	theirIngest := theirs.ingest(ctx, t, corpora, start, *peerLines)
	ours := startOurs(ctx, t, bin, dir)
	ourIngest := ours.ingest(ctx, t, corpora, start, *peerLines)
	alone := indexAlone(ctx, t, bin, dir, corpora, start, *peerLines)

	var out strings.Builder
	tab := tabwriter.NewWriter(&out, 2, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, format string, a, b float64) {
		fmt.Fprintf(tab, "%s\t"+format+"\t"+format+"\t%.2f\t\n", name, a, b, a/b)
	}
	fmt.Fprintln(tab, "\tours\ttheirs\tratio\t")
	row("CPU s, indexer alone", "%.1f", alone.cpu.Seconds(), theirIngest.cpu.Seconds())
	row("CPU s, whole chain", "%.1f", ourIngest.cpu.Seconds(), theirIngest.cpu.Seconds())
	row("wall s, whole chain", "%.1f", ourIngest.wall.Seconds(), theirIngest.wall.Seconds())
	row("disk MB", "%.1f", mega(ourIngest.disk), mega(theirIngest.disk))
	row("peak MB, whole chain", "%.0f", mega(ourIngest.peak), mega(theirIngest.peak))
	row("peak MB, indexer alone", "%.0f", mega(alone.peak), mega(theirIngest.peak))
	var ratios []float64
	for _, q := range Questions(*peerLines, end) {
		a, b, lines, err := askBoth(ctx, q, ours.url+q.Ours, theirs.url+q.Theirs)
		if err != nil {
			t.Errorf("%s: %v", q.Name, err)
			continue
		}
		row(fmt.Sprintf("%s (%d lines), p50 ms", q.Name, lines), "%.1f", a.p50, b.p50)
		row("p95 ms", "%.1f", a.p95, b.p95)
		ratios = append(ratios, a.p50/b.p50)
	}
	tab.Flush()
	slices.Sort(ratios)
	if len(ratios) > 0 {
		fmt.Fprintf(&out, "median query: %.2f of theirs\n", ratios[len(ratios)/2])
	}
	t.Logf("side by side:\n%s", out.String())
}

func mega(n int64) float64 { return float64(n) / 1e6 }

// server is one of the two, as the comparison sees it.
type server struct {
	*child
	url, push string
	data      string
	pprof     string // host:port of its profiles
	count     func(ctx context.Context) (int64, error)
	durable   func(ctx context.Context) error // nil, or why not all lines are on the disk
}

func startPeer(ctx context.Context, t *testing.T, dir string) *server {
	t.Helper()
	listen, data := freeAddress(t), filepath.Join(dir, "vlogs")
	s := &server{url: "http://" + listen, data: data}
	s.push = s.url + "/insert/loki/api/v1/push"
	s.child = launch(t, *peerFlag, dir, "vlogs", "-storageDataPath="+data, "-httpListenAddr="+listen)
	s.count = func(ctx context.Context) (int64, error) {
		if _, err := get(ctx, s.url+"/internal/force_flush"); err != nil {
			return 0, err
		}
		body, err := get(ctx, s.url+"/select/logsql/query?query=*+%7C+stats+count()+n")
		if err != nil {
			return 0, err
		}
		return firstNumber(body), nil
	}
	until(ctx, t, "VictoriaLogs answers", time.Minute, func() error { _, err := get(ctx, s.url+"/health"); return err })
	return s
}

// firstNumber returns the first decimal number in an answer.
func firstNumber(b []byte) int64 {
	i := bytes.IndexAny(b, "0123456789")
	if i < 0 {
		return 0
	}
	n := 0
	for i+n < len(b) && b[i+n] >= '0' && b[i+n] <= '9' {
		n++
	}
	v, _ := strconv.ParseInt(string(b[i:i+n]), 10, 64)
	return v
}

// ingest sends all lines, waits until they are searchable, and then until nothing more is
// written to the disk.
func (s *server) ingest(ctx context.Context, t *testing.T, corpora []Corpus, start time.Time, lines int) ingested {
	t.Helper()
	profile(t, s)
	began, before := time.Now(), cpuTime(t, s.pid())
	sendAll(ctx, t, s.push, corpora, start, lines)
	until(ctx, t, s.name+" has every line", peerWaitDrain, func() error {
		n, err := s.count(ctx)
		if err == nil && n != int64(lines) {
			err = fmt.Errorf("%d of %d lines", n, lines)
		}
		return err
	})
	in := ingested{wall: time.Since(began)}
	s.settle(ctx, t)
	in.cpu = cpuTime(t, s.pid()) - before
	var err error
	if in.disk, err = folderSize(s.data); err != nil {
		t.Fatal(err)
	}
	if in.peak, err = peakMemory(s.pid()); err != nil {
		t.Fatal(err)
	}
	return in
}

// settle waits until all lines are on the disk and the process has used next to no CPU time
// for ten seconds: merges are done.
func (s *server) settle(ctx context.Context, t *testing.T) {
	t.Helper()
	if s.durable != nil {
		until(ctx, t, s.name+" has every line on the disk", peerWaitDrain, func() error { return s.durable(ctx) })
	}
	last, since := cpuTime(t, s.pid()), time.Now()
	until(ctx, t, s.name+" settles", peerWaitDrain, func() error {
		if now := cpuTime(t, s.pid()); now-last > 500*time.Millisecond {
			last, since = now, time.Now()
		}
		if time.Since(since) < 10*time.Second {
			return errors.New("still busy")
		}
		return nil
	})
}

// sendAll pushes the lines of a run, by a few senders, in order of time.
func sendAll(ctx context.Context, t *testing.T, url string, corpora []Corpus, start time.Time, n int) {
	t.Helper()
	g, err := NewGenerator(7, corpora, start, peerLineStep)
	if err != nil {
		t.Fatal(err)
	}
	requests := make(chan []byte, peerSenders)
	var senders sync.WaitGroup
	for range peerSenders {
		senders.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			for body := range requests {
				err := push(ctx, client, url, body)
				for errors.Is(err, errBusy) && ctx.Err() == nil {
					time.Sleep(50 * time.Millisecond)
					err = push(ctx, client, url, body)
				}
				if err != nil {
					t.Errorf("push: %v", err)
				}
			}
		})
	}
	lines := make([]Line, 0, peerRequest)
	for left := n; left > 0 && !t.Failed(); left -= len(lines) {
		lines = lines[:0]
		for len(lines) < min(peerRequest, left) {
			lines = append(lines, g.Next())
		}
		requests <- pushRequest(lines)
	}
	close(requests)
	senders.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// cpuTime returns the user and system time of a process so far.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * time.Second / clockTicks(t)
}

// clockTicks is the unit of /proc/PID/stat, per second.
var clockTicks = func() func(t *testing.T) time.Duration {
	var once sync.Once
	var ticks time.Duration
	return func(t *testing.T) time.Duration {
		once.Do(func() {
			out, err := exec.Command("getconf", "CLK_TCK").Output()
			n, perr := strconv.Atoi(strings.TrimSpace(string(out)))
			if err := errors.Join(err, perr); err != nil {
				t.Fatalf("getconf CLK_TCK: %v", err)
			}
			ticks = time.Duration(n)
		})
		return ticks
	}
}()

type latency struct{ p50, p95 float64 } // milliseconds

// askBoth asks both in turn, after one time that is not counted.
func askBoth(ctx context.Context, q Question, ours, theirs string) (a, b latency, lines int, err error) {
	var as, bs []float64
	for i := range *peerAsks + 1 {
		la, na, err := ask(ctx, ours)
		if err != nil {
			return a, b, 0, fmt.Errorf("ours: %w", err)
		}
		lb, nb, err := ask(ctx, theirs)
		if err != nil {
			return a, b, 0, fmt.Errorf("theirs: %w", err)
		}
		if na-1 != nb && q.Lines { // ours ends with a summary
			return a, b, 0, fmt.Errorf("ours has %d lines, theirs %d", na-1, nb)
		}
		if lines = nb; i > 0 {
			as, bs = append(as, la), append(bs, lb)
		}
	}
	return quantiles(as), quantiles(bs), lines, nil
}

func quantiles(ms []float64) latency {
	slices.Sort(ms)
	return latency{ms[len(ms)/2], ms[len(ms)*95/100]}
}

func ask(ctx context.Context, url string) (ms float64, lines int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body[:min(len(body), 300)])
	}
	return float64(took.Microseconds()) / 1000, bytes.Count(body, []byte{'\n'}), err
}
