package templates

import "testing"

// BenchmarkMine mines the lines of 16 systems, mixed, on one core.
func BenchmarkMine(b *testing.B) {
	lines, size := mixed(b)
	m := New(DefaultConfig())
	var s Scratch
	for _, l := range lines {
		m.Add(l, &s)
	}
	b.ReportAllocs()
	b.SetBytes(size / int64(len(lines)))
	for i := 0; b.Loop(); i++ {
		m.Add(lines[i%len(lines)], &s)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkMineNew is BenchmarkMine from the first line on: every template is learned.
func BenchmarkMineNew(b *testing.B) {
	lines, _ := mixed(b)
	b.ReportAllocs()
	for b.Loop() {
		m := New(DefaultConfig())
		var s Scratch
		for _, l := range lines {
			m.Add(l, &s)
		}
	}
	b.ReportMetric(float64(b.N*len(lines))/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkVariables adds the variables of each message.
func BenchmarkVariables(b *testing.B) {
	lines, _ := mixed(b)
	m := New(DefaultConfig())
	var s Scratch
	var spans []Span
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		ref := m.Add(lines[i%len(lines)], &s)
		spans = m.Variables(ref, &s, spans[:0])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
