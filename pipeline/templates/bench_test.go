package templates

import (
	"os"
	"path/filepath"
	"testing"

	"foghorn/pipeline/templates/score"
)

// mixed returns the messages of all systems, taken in turn.
func mixed(tb testing.TB) (out [][]byte, size int64) {
	tb.Helper()
	files, err := filepath.Glob(loghub + "/*_2k.structured.csv")
	if err != nil || len(files) == 0 {
		tb.Skipf("no labelled logs in %s", loghub)
	}
	var all [][]score.Truth
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			tb.Fatal(err)
		}
		truth, err := score.ReadLoghub(f)
		f.Close()
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, truth)
	}
	for i := range all[0] {
		for _, truth := range all {
			out = append(out, []byte(truth[i].Content))
			size += int64(len(truth[i].Content))
		}
	}
	return out, size
}

// BenchmarkMine mines the lines of all systems, mixed.
func BenchmarkMine(b *testing.B) {
	lines, size := mixed(b)
	m := New(DefaultConfig())
	var s Scratch
	b.ReportAllocs()
	b.SetBytes(size / int64(len(lines)))
	for i := 0; b.Loop(); i++ {
		m.Add(lines[i%len(lines)], &s)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
