package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
)

// RunnerConfig says what a Runner joins.
type RunnerConfig struct {
	// Name is the stage's name in logs and metrics.
	Name string
	// NewStage makes the stage for one claimed partition.
	NewStage func(topic string, partition int) (Stage, error)
	// Tick is how often an idle stage is called with no records. Default 1 s.
	Tick time.Duration
	// Now is the processing clock. Default time.Now.
	Now func() time.Time
	// Log receives the Runner's own events.
	Log zerolog.Logger
	// Observe, if set, is called after each batch: records in, records out, and how far
	// the claim lies behind the end of its partition.
	Observe func(topic string, partition, in, out int, lag int64)
}

// Recycler is a Stage that uses the memory of its records again.
type Recycler interface {
	// Recycle takes back what Process returned last, once it was written: nothing else
	// uses it any more.
	Recycle(written []Message)
}

// Runner moves records from a Source through Stages to a Sink. For each batch: fetch,
// process, produce and wait for the acknowledgement, commit. A crash between two steps
// repeats a batch, and never skips one.
type Runner struct {
	cfg    RunnerConfig
	source Source
	sink   Sink
}

// NewRunner returns a Runner; Run starts it.
func NewRunner(cfg RunnerConfig, source Source, sink Sink) *Runner {
	if cfg.Tick <= 0 {
		cfg.Tick = time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Runner{cfg: cfg, source: source, sink: sink}
}

// Run works until ctx ends; it has then committed all that was acknowledged.
func (r *Runner) Run(ctx context.Context) error {
	return r.source.Run(ctx, r.work)
}

func (r *Runner) work(ctx context.Context, c Claim) error {
	log := r.cfg.Log.With().Str("stage", r.cfg.Name).Str("topic", c.Topic()).Int("partition", c.Partition()).Logger()
	stage, err := r.cfg.NewStage(c.Topic(), c.Partition())
	if err != nil {
		return fmt.Errorf("make stage %s: %w", r.cfg.Name, err)
	}
	if err := stage.Restore(ctx, c); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("restore stage %s: %w", r.cfg.Name, err)
	}
	again, _ := stage.(Recycler)
	log.Debug().Int64("offset", c.Committed()).Msg("partition claimed")
	for {
		batch, err := c.Fetch(ctx, r.cfg.Tick)
		var gap *GapError
		if errors.As(err, &gap) {
			log.Error().Int64("from", gap.From).Int64("to", gap.To).Msg("records lost to retention before they were read")
			err = nil
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		out, err := stage.Process(ctx, r.cfg.Now(), batch)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("stage %s: %w", r.cfg.Name, err)
		}
		if len(out) > 0 {
			if err := r.sink.Produce(ctx, out); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("produce: %w", err)
			}
			if again != nil {
				again.Recycle(out)
			}
		}
		if n := len(batch); n > 0 {
			next := batch[n-1].Offset + 1
			c.Commit(next)
			if r.cfg.Observe != nil {
				r.cfg.Observe(c.Topic(), c.Partition(), n, len(out), c.HighWatermark()-next)
			}
		}
	}
}
