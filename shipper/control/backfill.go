package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper"
	"foghorn/shipper/checkpoint"
)

// BackfillConfig says what Backfill ships, and by whom.
type BackfillConfig struct {
	// Shipper is the configuration of the shipper on the data folder; what it says to
	// ship is not shipped by a Backfill that has to run one itself.
	Shipper shipper.Config
	// Sink is where that one produces to. It is called only where no shipper runs.
	Sink func() (pipeline.Sink, error)
	Log  zerolog.Logger
	// Globs are the files; those that do not begin with a slash begin in the current
	// folder.
	Globs []string
	// Out gets the progress, for people.
	Out io.Writer
}

// ownerWait bounds how long Backfill waits for a process that has the data folder and does
// not answer.
const ownerWait = 10 * time.Second

// Backfill ships old files and returns when all is acknowledged: it asks the shipper that
// runs on the data folder, and runs one where there is none. When that ends meanwhile, it
// begins again, which ships nothing twice. Errors: ctx's; some files could not be read; the
// request was refused.
func Backfill(ctx context.Context, c BackfillConfig) error {
	globs := make([]string, len(c.Globs))
	for i, g := range c.Globs {
		abs, err := filepath.Abs(g)
		if err != nil {
			return fmt.Errorf("backfill: %w", err)
		}
		globs[i] = abs
	}
	p := newPrinter(c.Out, time.Now())
	var locked time.Time
	for {
		last, err := ask(ctx, NewClient(c.Shipper.DataDir), globs, p)
		if errors.Is(err, ErrNotRunning) {
			last, err = run(ctx, c, globs, p)
			if errors.Is(err, checkpoint.ErrLocked) {
				if locked.IsZero() {
					locked = time.Now()
				}
				if time.Since(locked) > ownerWait {
					return fmt.Errorf("backfill: %w, and it does not answer on %s", err, filepath.Join(c.Shipper.DataDir, socketName))
				}
				err = errLost
			}
		}
		switch {
		case err == nil:
			return p.end(last, time.Now())
		case ctx.Err() != nil:
			return fmt.Errorf("backfill: stopped before its end; the same command goes on where it was: %w", ctx.Err())
		case !errors.Is(err, errLost):
			return fmt.Errorf("backfill: %w", err)
		}
		if !pause(ctx, pollEvery) {
			continue
		}
	}
}

// errLost says to begin again.
var errLost = errors.New("the shipper has gone")

func ask(ctx context.Context, c *Client, globs []string, p *printer) (shipper.Progress, error) {
	id, err := c.Backfill(ctx, globs)
	var no *refusal
	if err != nil {
		return shipper.Progress{}, err
	}
	for {
		now, err := c.Progress(ctx, id)
		switch {
		case errors.As(err, &no), errors.Is(err, ErrNotRunning), err != nil && ctx.Err() == nil:
			return now, errLost
		case err != nil:
			return now, err
		}
		p.tell(now, time.Now())
		if now.Finished {
			return now, nil
		}
		if !pause(ctx, pollEvery) {
			return now, ctx.Err()
		}
	}
}

func run(ctx context.Context, c BackfillConfig, globs []string, p *printer) (shipper.Progress, error) {
	sink, err := c.Sink()
	if err != nil {
		return shipper.Progress{}, err
	}
	return shipper.RunBackfill(ctx, c.Shipper, sink, c.Log, globs, func(now shipper.Progress) { p.tell(now, time.Now()) })
}

// pause waits for d; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
