package store

import (
	"testing"
	"time"
)

// BenchmarkThin thins a day of 200,000 lines. It reports the CPU time per line of the day, what
// is left of its files, and per line that is left what its place takes in memory and what it
// takes on disk in all.
func BenchmarkThin(b *testing.B) {
	const lines = 200_000
	for _, c := range []struct{ name, query string }{
		{"one in two", "/seq=[0-9]*[02468] /"}, {"one in fifty", "/seq=[0-9]*[05]0 /"}, {"none", "nothinglikeit"}, {"a source", "host:host-1"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took float64
			var left, kept, size, before int64
			for b.Loop() {
				b.StopTimer()
				cfg := DefaultConfig(b.TempDir())
				now := epoch
				s := mustOpen(b, cfg, Deps{Now: func() time.Time { return now }})
				for i, r := range benchEvents(lines) {
					if _, err := s.Append(b.Context(), 0, int64(i+1), r); err != nil {
						b.Fatal(err)
					}
					if s.sealing != nil {
						if err := s.seal(); err != nil {
							b.Fatal(err)
						}
					}
				}
				if err := s.Seal(); err != nil {
					b.Fatal(err)
				}
				before = sizeOf(s.segments)
				now = now.Add(3 * day)
				if err := s.SetRetention(Retention{RetainAge: day, RetainKeep: []KeepRule{rule(b, c.query, 0)}}); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				start := cpuSeconds()
				for more := true; more; {
					var err error
					if more, err = s.thinNext(nil); err != nil {
						b.Fatal(err)
					}
				}
				took += cpuSeconds() - start
				b.StopTimer()
				left, kept, size = 0, 0, sizeOf(s.segments)
				for _, seg := range s.segments {
					left += seg.Rows
					for _, r := range seg.Runs {
						if r.Kept != nil {
							kept += int64(len(r.Kept.data) + 12*len(r.Kept.marks))
						}
					}
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(1e9*took/float64(b.N*lines), "cpu-ns/line")
			b.ReportMetric(100*float64(size)/float64(before), "%disk")
			b.ReportMetric(float64(kept)/float64(max(left, 1)), "memB/left")
			b.ReportMetric(float64(size)/float64(max(left, 1)), "diskB/left")
		})
	}
}
