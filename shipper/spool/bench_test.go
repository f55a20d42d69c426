package spool

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"foghorn/pipeline"
)

// countingSink acknowledges at once.
type countingSink struct{ lines atomic.Int64 }

func (c *countingSink) Partitions(context.Context, string) (int, error) { return 4, nil }

func (c *countingSink) Produce(_ context.Context, msgs []pipeline.Message) error {
	c.lines.Add(int64(len(msgs)))
	return nil
}

func benchBatch(n int, perLine bool) *Batch {
	b := &Batch{}
	labels := []pipeline.Attr{{Key: "env", Value: "prod"}, {Key: "service", Value: "checkout"}}
	for i := range n {
		l := pipeline.Line{ID: pipeline.LineID{Source: fmt.Sprint("web-1:/bulk/logs-", i%4)}, Labels: labels}
		if perLine {
			l.Labels = append(labels[:2:2], pipeline.Attr{Key: "foghorn.timestamp", Value: fmt.Sprint(1764000000000000000 + i)})
		}
		l.Raw = fmt.Appendf(nil, `{"@timestamp":"2026-11-22T10:00:00.%09dZ","level":"info","message":"GET /api/v1/carts/%d 200 in 12 ms","trace":"4bf92f3577b34da6a3ce929d0e0e4736","user":"u-%d"}`, i, i*7, i*13)
		b.Lines = append(b.Lines, l)
	}
	return b
}

// BenchmarkSpool is the whole way of a line: appended, written, read, decoded, handed to a
// sink and acknowledged.
func BenchmarkSpool(b *testing.B) {
	for _, bench := range []struct {
		name    string
		perLine bool
		sync    bool
	}{{"labels per batch", false, true}, {"labels per line", true, true}, {"no sync", false, false}} {
		b.Run(bench.name, func(b *testing.B) {
			cfg := DefaultConfig(b.TempDir())
			cfg.Sync = bench.sync
			q := open(b, cfg)
			sink := &countingSink{}
			stop := start(b, q, sink)
			defer stop()
			batch := benchBatch(2000, bench.perLine)
			var bytes int
			for i := range batch.Lines {
				bytes += len(batch.Lines[i].Raw)
			}
			ctx := context.Background()
			before := cpu(b)
			b.ReportAllocs()
			b.ResetTimer()
			n := 0
			for b.Loop() {
				for {
					_, err := q.Append(ctx, batch)
					if err == nil {
						break
					}
					if err := q.WaitRoom(ctx); err != nil {
						b.Fatal(err)
					}
				}
				n += len(batch.Lines)
			}
			drain(b, q)
			b.StopTimer()
			if sink.lines.Load() != int64(n) {
				b.Fatalf("%d lines, want %d", sink.lines.Load(), n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/line")
			b.ReportMetric(float64(cpu(b)-before)/float64(n), "cpu-ns/line")
			b.ReportMetric(float64(bytes)/float64(len(batch.Lines)), "B/line")
			runtime.KeepAlive(batch)
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	batch, e := benchBatch(2000, false), &encoder{}
	for b.Loop() {
		e.encode(batch, batch.Lines[0].Observed)
		sealFrame(e.record, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/line")
}

// cpu is what the process has used, in nanoseconds.
func cpu(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
