package parse

import (
	"fmt"
	"testing"

	"foghorn/pipeline"
)

// mixedLines are real-shaped lines of six services, in turn.
func mixedLines(n int) [][]byte {
	shapes := []string{
		`10.11.%d.7 - - [19/Dec/2016:23:00:00 +0330] "GET /image/%[1]d/productModel/200x200?x=1 HTTP/1.1" 200 5667 "https://shop.example.com/m/filter/b113" "Mozilla/5.0 (Linux; Android 6.0; ALE-L21)" "-"`,
		`{"level":"info","service":"video","trace_id":"0af7651916cd43dd8448eb211c80319c","user":%d,"duration_ms":12.5,"time":"2016-12-19T23:00:00.123Z","message":"stream started"}`,
		`ts=2016-12-19T23:00:00.123Z level=info msg="catalog entry read" id=%d cache=hit took=1.2ms`,
		`Dec 19 23:00:00 web-1 sshd[%d]: Failed password for invalid user admin from 173.234.31.186 port 38926 ssh2`,
		`2016-12-19 23:00:00,123 INFO  [IPC Server handler 19 on 62270] org.apache.hadoop.mapred.TaskAttemptListenerImpl: Progress of attempt_%d is : 0.29`,
		`2016-12-19 23:00:00.123 UTC [77] LOG:  duration: %d.123 ms  statement: SELECT id, title FROM videos WHERE id = 17`,
	}
	lines := make([][]byte, n)
	for i := range lines {
		lines[i] = fmt.Appendf(nil, shapes[i%len(shapes)], i)
	}
	return lines
}

// BenchmarkParse parses lines of six sources in turn, a parser for each.
func BenchmarkParse(b *testing.B) {
	lines := mixedLines(6000)
	var parsers [6]*Parser
	for i := range parsers {
		parsers[i] = New(Config{})
	}
	l := *shippedLine("")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		l.Raw = lines[i%len(lines)]
		parsers[i%len(parsers)].Parse(&l)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkFormat parses lines of one format each.
func BenchmarkFormat(b *testing.B) {
	lines := mixedLines(6000)
	for i := range 6 {
		p := New(Config{})
		l := *shippedLine("")
		l.Raw = lines[i]
		p.Parse(&l)
		b.Run(fmt.Sprintf("%d_%s", i, p.Format()), func(b *testing.B) {
			b.ReportAllocs()
			k := i
			for b.Loop() {
				l.Raw = lines[k]
				p.Parse(&l)
				if k += 6; k >= len(lines) {
					k = i
				}
			}
		})
	}
}

// BenchmarkStage takes batches of records from six files through stage 1, with decoding
// of the raw records and encoding of the events.
func BenchmarkStage(b *testing.B) {
	lines := mixedLines(6000)
	var bytes int64
	s := NewStage(StageConfig{}, 0)
	batch := make([]pipeline.Message, len(lines))
	generation := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		generation++
		bytes = 0
		for i := range batch {
			l := pipeline.Line{ID: pipeline.LineID{Source: fmt.Sprintf("web-1:/var/log/%d.log", i%6), Generation: generation, Offset: int64(i) * 200},
				Raw: lines[i], Size: 200, Observed: observed}
			batch[i] = pipeline.EncodeLine(&l)
			bytes += int64(len(l.Raw))
		}
		b.StartTimer()
		if _, err := s.Process(b.Context(), observed, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(bytes)
	b.ReportMetric(float64(b.N*len(lines))/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkParseSystems parses the lines of the 16 systems of Loghub in turn, a parser for
// each.
func BenchmarkParseSystems(b *testing.B) {
	var lines [16][][]byte
	var parsers [16]*Parser
	for i := range systems {
		lines[i], parsers[i] = systems[i].lines(b), New(Config{})
	}
	l := *shippedLine("")
	l.Observed = systemsNow
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		l.Raw = lines[i%16][i/16%2000]
		parsers[i%16].Parse(&l)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkSystem parses the lines of each system of Loghub.
func BenchmarkSystem(b *testing.B) {
	for i := range systems {
		b.Run(systems[i].name, func(b *testing.B) {
			lines, p := systems[i].lines(b), New(Config{})
			l := *shippedLine("")
			l.Observed = systemsNow
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				l.Raw = lines[n%len(lines)]
				p.Parse(&l)
				n++
			}
		})
	}
}
