package shipper

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// RunBackfill runs a Shipper on cfg's data folder that ships what globs name and nothing
// else (see Backfill), and returns when all is acknowledged. report gets the progress a few
// times a second. Errors: those of Run, or ctx's.
func RunBackfill(ctx context.Context, cfg Config, sink pipeline.Sink, log zerolog.Logger, globs []string, report func(Progress)) (last Progress, err error) {
	if len(cfg.Paths)+len(cfg.Files) == 0 {
		cfg.Paths = []string{filepath.Join(cfg.DataDir, "none")}
	}
	s, err := New(cfg, sink, log, nil)
	if err != nil {
		return Progress{}, err
	}
	s.only = true
	id, err := s.Backfill(globs)
	if err != nil {
		return Progress{}, err
	}
	run, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(run) }()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for !last.Finished {
		select {
		case err := <-ended:
			return last, errors.Join(err, ctx.Err())
		case <-tick.C:
			last, _ = s.BackfillProgress(id)
			report(last)
		}
	}
	stop()
	return last, <-ended
}
