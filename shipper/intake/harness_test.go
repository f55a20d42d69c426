package intake

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/shipper/spool"
)

// bench is a server on a spool in a folder of its own.
type bench struct {
	t     testing.TB
	queue *spool.Queue
	srv   *Server
	reg   *prometheus.Registry
	log   *lockedBuffer
	url   string
	stop  func() error // stops the server, once
}

// lockedBuffer is a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// small is a spool of 1 MiB that nobody empties.
func small(c *spool.Config) { c.MaxBytes = 1 << 20 }

func newBench(t testing.TB, change func(*Config), changeSpool func(*spool.Config)) *bench {
	t.Helper()
	sc := spool.DefaultConfig(t.TempDir())
	sc.Sync = false
	if changeSpool != nil {
		changeSpool(&sc)
	}
	q, err := spool.Open(sc)
	if err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	if change != nil {
		change(&cfg)
	}
	b := &bench{t: t, queue: q, reg: prometheus.NewRegistry(), log: &lockedBuffer{}}
	b.srv, err = New(cfg, q, zerolog.New(b.log), b.reg)
	if err != nil {
		t.Fatal(err)
	}
	b.url = "http://" + b.srv.Addr()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.srv.Run(ctx) }()
	b.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := b.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := q.Close(); err != nil {
			t.Errorf("close the spool: %v", err)
		}
	})
	return b
}

// request is one request of a test; headers are "Name: value".
type request struct {
	method, path string
	headers      []string
	body         string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *bench) do(r request) answer {
	b.t.Helper()
	a, err := send(b.url, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func send(url string, r request) (answer, error) {
	if r.method == "" {
		r.method = http.MethodPost
	}
	req, err := http.NewRequest(r.method, url+r.path, strings.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	for _, h := range r.headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

// lines is how many lines the spool took.
func (b *bench) lines() int { return int(b.queue.Stats().AppendedLines) }

func (b *bench) wantLines(want int) {
	b.t.Helper()
	if have := b.lines(); have != want {
		b.t.Errorf("the spool has %d lines, want %d", have, want)
	}
}

// metric is the value of a counter or gauge with these labels.
func (b *bench) metric(name string, labels ...string) float64 {
	b.t.Helper()
	families, err := b.reg.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var have []string
			for _, l := range m.GetLabel() {
				have = append(have, l.GetName()+"="+l.GetValue())
			}
			if f.GetName() == name && strings.Join(have, " ") == strings.Join(labels, " ") {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// until waits for something that comes by itself.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func pack(t *testing.T, encoding, body string) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "":
		return body
	case "snappy":
		return string(snappy.Encode(nil, []byte(body)))
	case "framed":
		w = snappy.NewBufferedWriter(&out)
	case "gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "zstd":
		z, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	if _, err := io.WriteString(w, body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
