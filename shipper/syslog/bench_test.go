package syslog

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// BenchmarkTCP is the whole way of a message, from a sender's socket through the spool to a sink
// in memory; the sender's own work is in it.
func BenchmarkTCP(b *testing.B) {
	h := newBench(b, func(c *Config) { c.TCP = "127.0.0.1:0" })
	_, addr, _ := h.s.Addrs()
	c := dial(b, addr)
	var w strings.Builder
	const n = 1000
	for i := range n {
		msg := fmt.Sprintf("<134>1 2026-11-22T10:00:00.%06dZ web-%d checkout %d - - GET /api/v1/carts/%d 200 in 12 ms, user u-%d, trace 4bf92f3577b34da6", i, i%5, i, i*7, i*13)
		fmt.Fprintf(&w, "%d %s", len(msg), msg)
	}
	text := w.String()
	begin := cpu(b)
	sent := 0
	for b.Loop() {
		send(b, c, text)
		sent += n
		if sent%50_000 == 0 {
			h.until("what was sent", func() bool { return h.q.Stats().AckedLines >= int64(sent) })
			h.sink.mu.Lock()
			h.sink.lines = h.sink.lines[:0]
			h.sink.mu.Unlock()
		}
	}
	h.until("what was sent", func() bool { return h.q.Stats().AckedLines >= int64(sent) })
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sent), "ns/message")
	b.ReportMetric(float64(cpu(b)-begin)/float64(sent), "cpu-ns/message")
}

// cpu is what the process has used, in nanoseconds.
func cpu(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
