package syslog

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/spool"
)

// memorySink keeps what it accepts.
type memorySink struct {
	mu    sync.Mutex
	away  chan struct{} // nil: it answers
	lines []pipeline.Line
}

func (k *memorySink) Partitions(context.Context, string) (int, error) { return 3, nil }

func (k *memorySink) Produce(ctx context.Context, msgs []pipeline.Message) error {
	k.mu.Lock()
	away := k.away
	k.mu.Unlock()
	if away != nil {
		select {
		case <-away:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range msgs {
		l, err := pipeline.DecodeLine(&msgs[i])
		if err != nil {
			return err
		}
		l.Raw = bytes.Clone(l.Raw)
		k.lines = append(k.lines, l)
	}
	return nil
}

// texts are the lines of all sources that begin with a prefix.
func (k *memorySink) texts(source string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, l := range k.lines {
		if strings.HasPrefix(l.ID.Source, source) {
			text := string(l.Raw)
			if l.Truncated {
				text += " (truncated)"
			}
			out = append(out, text)
		}
	}
	return out
}

// bench is a Server with a spool and a sink.
type bench struct {
	t    testing.TB
	q    *spool.Queue
	sink *memorySink
	reg  *prometheus.Registry
	s    *Server
	stop func()
}

func newBench(t testing.TB, change func(*Config)) *bench {
	t.Helper()
	b := &bench{t: t, sink: &memorySink{}}
	sc := spool.DefaultConfig(t.TempDir())
	sc.MaxBytes, sc.Linger = 4<<20, time.Millisecond
	var err error
	if b.q, err = spool.Open(sc); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.q.Run(ctx, b.sink) }()
	t.Cleanup(func() {
		b.stop()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run spool: %v", err)
		}
		b.q.Close()
	})
	b.start(change)
	return b
}

func (b *bench) start(change func(*Config)) {
	b.t.Helper()
	cfg := DefaultConfig()
	change(&cfg)
	var err error
	b.reg = prometheus.NewRegistry()
	if b.s, err = New(cfg, b.q, zerolog.New(zerolog.NewTestWriter(b.t)).Level(zerolog.WarnLevel), b.reg); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.s.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("run: %v", err)
		}
	})
}

// metric is the sum of a metric.
func (b *bench) metric(name string) (sum float64) {
	b.t.Helper()
	families, err := b.reg.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	found := false
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				found = true
				sum += value(m)
			}
		}
	}
	if !found {
		b.t.Fatalf("no metric %s", name)
	}
	return sum
}

func value(m *dto.Metric) float64 { return m.GetCounter().GetValue() + m.GetGauge().GetValue() }

// want waits until these lines came, and no more.
func (b *bench) want(source string, want ...string) {
	b.t.Helper()
	b.until(fmt.Sprintf("lines of %s: want %.300q", source, want), func() bool { return len(b.sink.texts(source)) >= len(want) })
	if d := cmp.Diff(want, b.sink.texts(source)); d != "" {
		b.t.Fatalf("lines (-want +have):\n%s", d)
	}
}

func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited in vain: %s; have %.300q", what, b.sink.texts(""))
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func dial(t testing.TB, addr net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t testing.TB, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}
