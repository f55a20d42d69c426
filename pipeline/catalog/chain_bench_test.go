package catalog

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
)

// cpuTime is what this process has used of the processors until now.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkChain runs stage 1 of four partitions and the Board that they share over the
// lines of many systems, each with a number at its end. It tells the time on processors
// for each line, of the stages and of the Board, and what memory all that is known takes.
func BenchmarkChain(b *testing.B) {
	files, err := filepath.Glob("../../../shared/data/loghub2k/*_2k.log")
	if err != nil || len(files) == 0 {
		b.Skip("no shared data: ../shared/data/loghub2k")
	}
	var texts [][][]byte
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, bytes.Split(bytes.TrimSpace(text), []byte("\n")))
	}
	const partitions = 4
	for b.Loop() {
		var memory [2]runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&memory[0])
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		cfg := DefaultConfig()
		board := NewBoard(cfg, nil, zerolog.Nop())
		var stages [partitions]*parse.Stage
		for p := range stages {
			stages[p] = parse.NewStage(parse.StageConfig{Miner: func(p int) parse.Miner { return NewRecorder(cfg, board, p) }}, p)
		}
		var stage, read time.Duration
		lines, offset := 0, int64(0)
		for life := range 3 {
			for at := 0; at < 2000; at += 250 {
				for p := range stages {
					var batch []pipeline.Message
					for f := p; f < len(texts); f += partitions {
						for i := at; i < min(at+250, len(texts[f])); i++ {
							batch = append(batch, pipeline.EncodeLine(&pipeline.Line{
								ID:   pipeline.LineID{Source: fmt.Sprintf("h:/%d", f), Generation: uint64(life + 1), Offset: int64(i) * 1000},
								Size: 1000, Raw: fmt.Appendf(nil, "%s %d", texts[f][i], offset), Observed: now,
							}))
							batch[len(batch)-1].Offset = offset
							offset++
						}
					}
					lines += len(batch)
					now = now.Add(300 * time.Millisecond)
					before := cpuTime()
					out, err := stages[p].Process(b.Context(), now, batch)
					if err != nil {
						b.Fatal(err)
					}
					done := cpuTime()
					stage += done - before
					var records []pipeline.Message
					for _, m := range out {
						if m.Topic == pipeline.TopicTemplates {
							records = append(records, m)
						}
					}
					board.take(records)
					stages[p].Recycle(out)
					read += cpuTime() - done
				}
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&memory[1])
		b.ReportMetric(float64(stage)/float64(lines), "stage-ns/line")
		b.ReportMetric(float64(read)/float64(lines), "board-ns/line")
		b.ReportMetric(float64(memory[1].HeapAlloc-memory[0].HeapAlloc)/1e6, "MB")
		b.ReportMetric(float64(board.Stats().Templates), "templates")
		runtime.KeepAlive(stages)
	}
}
