package store

import (
	"fmt"
	"testing"
)

// countingFS counts the bytes that are written.
type countingFS struct {
	OS
	written *int64
}

type countingFile struct {
	File
	written *int64
}

func (f countingFS) Create(name string) (File, error) {
	file, err := f.OS.Create(name)
	return countingFile{file, f.written}, err
}

func (f countingFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	*f.written += int64(n)
	return n, err
}

// BenchmarkMerge seals 131,072 lines in segments of several sizes, as slow sources make them,
// and merges these as Run does: CPU per line of both, how often a byte that is left was
// written, segments that are left and bytes on disk.
func BenchmarkMerge(b *testing.B) {
	const lines = 131072
	for _, per := range []int{1024, 8192, 16384} {
		b.Run(fmt.Sprintf("lines=%d", per), func(b *testing.B) {
			batches := benchEvents(lines)
			var sealing, merging, written, disk, segments float64
			for b.Loop() {
				var bytes int64
				s, err := Open(DefaultConfig(b.TempDir()), Deps{FS: countingFS{written: &bytes}})
				if err != nil {
					b.Fatal(err)
				}
				waiting := 0
				for i, batch := range batches {
					start := cpuSeconds()
					if _, err := s.Append(b.Context(), 0, int64(i)+1, batch); err != nil {
						b.Fatal(err)
					}
					if waiting += len(batch); waiting < per && i < len(batches)-1 {
						sealing += cpuSeconds() - start
						continue
					}
					if err := s.Seal(); err != nil {
						b.Fatal(err)
					}
					waiting = 0
					sealed := cpuSeconds()
					sealing += sealed - start
					for more := true; more; {
						if more, err = s.mergeNext(nil, false); err != nil {
							b.Fatal(err)
						}
					}
					merging += cpuSeconds() - sealed
				}
				st := s.Stats()
				written, disk, segments = float64(bytes), float64(st.DiskBytes), float64(st.Segments)
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			n := float64(b.N) * lines
			b.ReportMetric(sealing/n*1e9, "seal-cpu-ns/line")
			b.ReportMetric(merging/n*1e9, "merge-cpu-ns/line")
			b.ReportMetric(written/disk, "written/left")
			b.ReportMetric(disk/lines, "B/line")
			b.ReportMetric(segments, "segments")
		})
	}
}
