package mine

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
	"foghorn/pipeline/templates"
)

// BenchmarkParseAndMine parses the lines of 16 systems in turn, each system a source, and
// mines their messages: what stage 1 does with every line before it matches rules.
func BenchmarkParseAndMine(b *testing.B) {
	names, err := filepath.Glob("../../../../shared/data/loghub2k/*_2k.log")
	if err != nil || len(names) == 0 {
		b.Skip("no shared data: ../shared/data/loghub2k")
	}
	systems := make([][][]byte, len(names))
	parsers := make([]*parse.Parser, len(names))
	most := 0
	for i, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		systems[i] = bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		parsers[i] = parse.New(parse.DefaultConfig())
		most = max(most, len(systems[i]))
	}
	miner, scratch := templates.New(templates.DefaultConfig()), new(templates.Scratch)
	line := pipeline.Line{ID: pipeline.LineID{Source: "host:/var/log/app.log", Generation: 1}, Observed: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	b.ReportAllocs()
	lines := 0
	for n := 0; b.Loop(); n++ {
		system := n % len(systems)
		line.Raw = systems[system][n/len(systems)%len(systems[system])]
		parsers[system].Parse(&line)
		miner.Add(parsers[system].Message(line.Raw), scratch)
		lines++
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
}
