package shipper

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/identity"
)

// discard acknowledges everything at once.
type discard struct {
	mu    sync.Mutex
	lines int
	last  chan int // if set, told of every acknowledgement
}

func (d *discard) Produce(_ context.Context, msgs []pipeline.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines += len(msgs)
	if d.last != nil {
		d.last <- len(msgs)
	}
	return nil
}

func (d *discard) Partitions(context.Context, string) (int, error) { return 12, nil }

func (d *discard) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lines
}

// BenchmarkBacklog ships a backlog of 1.6 million lines of 120 bytes in 8 files.
func BenchmarkBacklog(b *testing.B) {
	const files, lines = 8, 200_000
	text := bytes.Repeat([]byte(strings.Repeat("x", 119)+"\n"), lines)
	bn := newBench(b, "*.log")
	for i := range files {
		bn.write(fmt.Sprintf("%d.log", i), string(text))
	}
	b.SetBytes(int64(files * len(text)))
	b.ReportAllocs()
	for b.Loop() {
		bn.cfg.DataDir = b.TempDir()
		d := &discard{}
		s, err := New(bn.cfg, d, zerolog.Nop(), nil)
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		for d.count() < files*lines {
			time.Sleep(time.Millisecond)
		}
		stop()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(files*lines*b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkLive measures how long a line takes from its write to its acknowledgement, in a
// file that is being followed, with the default linger.
func BenchmarkLive(b *testing.B) {
	bn := newBench(b, "*.log")
	bn.cfg.Linger = DefaultConfig().Linger
	bn.cfg.ScanInterval = DefaultConfig().ScanInterval
	bn.write("a.log", "first\n")
	d := &discard{last: make(chan int, 10)}
	s, err := New(bn.cfg, d, zerolog.Nop(), nil)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	<-d.last
	f, err := os.OpenFile(bn.path("a.log"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	time.Sleep(time.Second) // followed by now
	var took []time.Duration
	for b.Loop() {
		time.Sleep(time.Duration(len(took)*37%250) * time.Millisecond) // any phase of the poll
		start := time.Now()
		if _, err := f.WriteString("line\n"); err != nil {
			b.Fatal(err)
		}
		<-d.last
		took = append(took, time.Since(start))
	}
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "ms-p99")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "ms-worst")
}

// BenchmarkScan looks at 10,000 idle files once.
func BenchmarkScan(b *testing.B) {
	bn := newBench(b, "*.log")
	for i := range 10_000 {
		bn.write(fmt.Sprintf("%05d.log", i), "x\n")
	}
	bn.cfg.IdleAfter, bn.cfg.ScanInterval = time.Millisecond, time.Hour
	d := &discard{}
	s, err := New(bn.cfg, d, zerolog.Nop(), nil)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error)
	start := time.Now()
	go func() { done <- s.Run(ctx) }()
	for d.count() < 10_000 || s.Status().Active > 0 {
		time.Sleep(time.Millisecond)
	}
	b.Logf("10,000 new files shipped and idle after %v", time.Since(start).Round(time.Millisecond))
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	r := &registry{s: s, byID: map[identity.ID]*generation{}, problems: map[string]string{}, log: zerolog.Nop()}
	for _, src := range s.sources {
		for _, g := range src.gens {
			r.byID[g.id] = g
		}
	}
	for b.Loop() {
		r.scan(ctx, time.Now())
	}
}
