package ops

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Room watches whether there is room on a disk for what a process writes there.
type Room struct {
	check func() error
	log   zerolog.Logger
	fault atomic.Pointer[error] // the last answer of check
}

// roomEvery is how often the disk is looked at.
const roomEvery = 10 * time.Second

// NewRoom returns a Room that asks check, which returns nil or says what is full.
func NewRoom(check func() error, log zerolog.Logger) *Room { return &Room{check: check, log: log} }

// Run looks until ctx ends, and logs when the disk fills up and when there is room again.
func (r *Room) Run(ctx context.Context) error {
	tick := time.NewTicker(roomEvery)
	defer tick.Stop()
	for {
		err := r.check()
		switch full := r.Ready() != nil; {
		case err != nil && !full:
			r.log.Error().Err(err).Msg("lines wait until there is room")
		case err == nil && full:
			r.log.Info().Msg("there is room again")
		}
		r.fault.Store(&err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Ready returns nil, or why lines wait, as of the last look.
func (r *Room) Ready() error {
	if err := r.fault.Load(); err != nil {
		return *err
	}
	return nil
}
