package ops

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Component is a part of a process that runs until its context ends.
type Component struct {
	Name string
	Run  func(ctx context.Context) error
}

// Group runs components together and stops them from the source down.
type Group struct {
	// Components in the order of the data flow: what feeds others first.
	Components []Component
	// Grace bounds the whole stop. Default 5 s.
	Grace time.Duration
}

// ErrGrace is wrapped when a component did not stop in time.
var ErrGrace = errors.New("did not stop in time")

// Run starts all components and blocks. When ctx ends, or a component returns before
// that, each component is stopped and waited for, in order: when a part stops, all that
// feeds it has stopped already. Run returns the components' errors; a component that
// returns nil early ends the group as well.
func (g *Group) Run(ctx context.Context) error {
	type ended struct {
		index int
		err   error
	}
	grace := g.Grace
	if grace <= 0 {
		grace = 5 * time.Second
	}
	n := len(g.Components)
	results := make(chan ended, n)
	cancels := make([]context.CancelFunc, n)
	base := context.WithoutCancel(ctx)
	for i, c := range g.Components {
		var cctx context.Context
		cctx, cancels[i] = context.WithCancel(base)
		defer cancels[i]()
		go func() { results <- ended{i, c.Run(cctx)} }()
	}
	var errs []error
	done := make([]bool, n)
	take := func(e ended) {
		done[e.index] = true
		if e.err != nil && !errors.Is(e.err, context.Canceled) {
			errs = append(errs, fmt.Errorf("%s: %w", g.Components[e.index].Name, e.err))
		}
	}
	if n > 0 {
		select {
		case <-ctx.Done():
		case e := <-results:
			take(e)
		}
	}
	deadline := time.NewTimer(grace)
	defer deadline.Stop()
	for i := range g.Components {
		cancels[i]()
		for !done[i] {
			select {
			case e := <-results:
				take(e)
			case <-deadline.C:
				errs = append(errs, fmt.Errorf("%s: %w", g.Components[i].Name, ErrGrace))
				return errors.Join(errs...)
			}
		}
	}
	return errors.Join(errs...)
}
