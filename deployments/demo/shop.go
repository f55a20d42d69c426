package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Shop writes the story to files as time goes on.
type Shop struct{ cfg Config }

// New checks cfg and returns a Shop; Run starts it.
func New(cfg Config) (*Shop, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Shop{cfg: cfg.withDefaults()}, nil
}

// Run writes lines until ctx ends, each at its own time. It appends to files that are
// there already. After a pause of the process it catches up.
func (s *Shop) Run(ctx context.Context) (err error) {
	if err := os.MkdirAll(s.cfg.Dir, 0o755); err != nil {
		return fmt.Errorf("make the shop's log folder: %w", err)
	}
	files := make(map[string]*file, len(Services()))
	defer func() {
		for _, f := range files {
			err = errors.Join(err, f.close())
		}
	}()
	for _, name := range Services() {
		f := &file{path: filepath.Join(s.cfg.Dir, name+".log"), limit: s.cfg.RotateBytes, keep: s.cfg.Keep}
		if err := f.open(); err != nil {
			return err
		}
		files[name] = f
	}
	began := s.cfg.Clock()
	start := s.cfg.Start
	if start.IsZero() {
		start = began
	}
	story := newStory(s.cfg.Seed, start, s.cfg.Rate, s.cfg.FailAfter)
	tick := time.NewTicker(step)
	defer tick.Stop()
	for {
		for elapsed := s.cfg.Clock().Sub(began); time.Duration(story.steps)*step <= elapsed; {
			for _, l := range story.next() {
				files[l.Service].add(l.Text)
			}
			for _, name := range Services() {
				if err := files[name].flush(); err != nil {
					return err
				}
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
