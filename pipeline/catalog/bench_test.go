package catalog_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/catalog"
	"foghorn/pipeline/parse"
)

// BenchmarkStage runs stage 1 over the lines of many systems in turn: without a miner, with
// one, and with variables as fields, of which it also tells how large the events get.
func BenchmarkStage(b *testing.B) {
	files, err := filepath.Glob("../../../shared/data/loghub2k/*_2k.log")
	if err != nil || len(files) == 0 {
		b.Skip("no shared data: ../shared/data/loghub2k")
	}
	var batches [][]pipeline.Message
	lines := 0
	for f, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		var batch []pipeline.Message
		for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
			m := pipeline.EncodeLine(&pipeline.Line{
				ID: pipeline.LineID{Source: fmt.Sprintf("h:/%d", f), Generation: 1, Offset: int64(i) * 1000}, Size: 1000,
				Raw: line, Observed: start,
			})
			batch = append(batch, m)
		}
		batches = append(batches, batch)
		lines += len(batch)
	}
	for _, mode := range []string{"plain", "mined", "variables"} {
		b.Run(mode, func(b *testing.B) {
			cfg := catalog.DefaultConfig()
			if mode == "mined" {
				cfg.Variables = 0
			}
			board := catalog.NewBoard(cfg, nil, zerolog.Nop())
			sc := parse.StageConfig{}
			if mode != "plain" {
				sc.Miner = func(p int) parse.Miner { return catalog.NewRecorder(cfg, board, p) }
			}
			b.ReportAllocs()
			n, size, offset := 0, 0, int64(0)
			stage := parse.NewStage(sc, 0)
			now := start
			for b.Loop() {
				for _, batch := range batches {
					for i := range batch { // the next life of the file
						batch[i].Headers[0].Value = fmt.Appendf(nil, "%016x:%d:1000", n+1, i*1000)
						batch[i].Offset = offset
						offset++
					}
					now = now.Add(100 * time.Millisecond)
					out, err := stage.Process(b.Context(), now, batch)
					if err != nil {
						b.Fatal(err)
					}
					for i := range out {
						size += len(out[i].Value)
					}
					stage.Recycle(out)
				}
				n++
			}
			b.ReportMetric(float64(n*lines)/b.Elapsed().Seconds(), "lines/s")
			b.ReportMetric(float64(size)/float64(n*lines), "bytes/line")
		})
	}
}
