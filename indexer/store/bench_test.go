package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"foghorn/pipeline"
)

// benchLines returns real lines if the corpus is at hand, made-up ones if not.
var benchLines = sync.OnceValue(func() []string {
	var lines []string
	names, _ := filepath.Glob("../../../shared/data/loghub2k/*_2k.log")
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			return nil
		}
		lines = append(lines, strings.Split(strings.TrimRight(string(b), "\n"), "\n")...)
	}
	if f, err := os.Open("../../../shared/data/access/nginx-shop-100k.log.gz"); err == nil {
		defer f.Close()
		if z, err := gzip.NewReader(f); err == nil {
			for sc := bufio.NewScanner(z); sc.Scan() && len(lines) < 64000; {
				lines = append(lines, sc.Text())
			}
		}
	}
	if len(lines) == 0 {
		for i := range 5000 {
			lines = append(lines, fmt.Sprintf("2026-03-01T10:%02d:%02d.%03d INFO worker-%d request id=%08x done in %d ms for user u%d",
				i/60%60, i%60, i%1000, i%16, i*2654435761, i%900, i%777))
		}
	}
	return lines
})

// benchEvents makes n events of 20 files, each line with a number of its own, in records
// of 200 lines as the pipeline writes them.
func benchEvents(n int) [][]pipeline.Event {
	src := benchLines()
	rnd := rand.New(rand.NewPCG(1, 2))
	offsets := make([]int64, 20)
	var out [][]pipeline.Event
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	per := len(src) / len(offsets)
	at := make([]int, len(offsets))
	for n > 0 {
		f := rnd.IntN(len(offsets))
		id := fmt.Sprintf("host-%d:/var/log/app-%d.log", f%5, f)
		host, path := pipeline.SplitSource(id)
		batch := make([]pipeline.Event, 0, 200)
		for range min(200, n) {
			line := src[f*per+at[f]%per]
			at[f]++
			body := line + " seq=" + strconv.Itoa(at[f]) + " id=" + strconv.FormatUint(rnd.Uint64(), 16)
			e := pipeline.Event{
				ID: pipeline.LineID{Source: id, Generation: uint64(f) + 1, Offset: offsets[f]}, Size: int64(len(body)) + 1,
				Host: host, Path: path, Service: "svc-" + strconv.Itoa(f%7), Timestamp: now, Observed: now, Severity: 9,
				SeverityText: "INFO", Template: fmt.Sprintf("t%04d", at[f]%per%80), Body: []byte(body),
			}
			for i, w := range strings.Fields(body) {
				if i >= 2 && i < 8 {
					e.Attrs = append(e.Attrs, pipeline.Attr{Key: "field" + strconv.Itoa(i), Value: w})
				}
			}
			offsets[f] += e.Size
			now += int64(25 * time.Microsecond)
			batch = append(batch, e)
		}
		out = append(out, batch)
		n -= len(batch)
	}
	return out
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkIngest stores lines, seals and indexes them: CPU seconds per million lines of
// the whole process, lines per second of wall clock, and bytes on disk per byte of lines.
func BenchmarkIngest(b *testing.B) {
	for _, block := range []int{2048, 4096, 8192} {
		b.Run(fmt.Sprintf("block=%d", block), func(b *testing.B) {
			const lines = 300_000
			batches := benchEvents(lines)
			var cpu, disk, bytes float64
			for b.Loop() {
				b.StopTimer()
				cfg := DefaultConfig(b.TempDir())
				cfg.BlockLines = block
				s, err := Open(cfg, Deps{Failed: func(err error) { b.Error(err) }})
				if err != nil {
					b.Fatal(err)
				}
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan error, 1)
				b.StartTimer()
				start := cpuSeconds()
				go func() { done <- s.Run(ctx) }()
				for i, batch := range batches {
					if _, err := s.Append(ctx, 0, int64(i)+1, batch); err != nil {
						b.Fatal(err)
					}
				}
				cancel()
				if err := <-done; err != nil {
					b.Fatal(err)
				}
				cpu += cpuSeconds() - start
				b.StopTimer()
				st := s.Stats()
				disk += float64(st.DiskBytes + dirSize(filepath.Join(s.dayDir(dayOf(time.Now())), termDir)))
				bytes += float64(st.Bytes)
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			n := float64(b.N) * lines
			b.ReportMetric(cpu/n*1e6, "cpu-s/Mlines")
			b.ReportMetric(n/b.Elapsed().Seconds(), "lines/s")
			b.ReportMetric(disk/bytes, "disk/raw")
		})
	}
}
