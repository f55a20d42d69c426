package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// disk watches whether there is room for what the embedded Kafka writes. Without room
// nothing is lost: lines wait in their files and in the spool, senders are told to wait.
type disk struct {
	room  func() error
	log   zerolog.Logger
	fault atomic.Pointer[error] // the last answer of room
}

// diskEvery is how often the disk is looked at.
const diskEvery = 10 * time.Second

// run looks until ctx ends, and logs when the disk fills up and when there is room again.
func (d *disk) run(ctx context.Context) error {
	tick := time.NewTicker(diskEvery)
	defer tick.Stop()
	for {
		err := d.room()
		switch full := d.ready() != nil; {
		case err != nil && !full:
			d.log.Error().Err(err).Msg("lines wait until there is room")
		case err == nil && full:
			d.log.Info().Msg("there is room again")
		}
		d.fault.Store(&err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// ready returns nil, or why lines wait.
func (d *disk) ready() error {
	if err := d.fault.Load(); err != nil {
		return *err
	}
	return nil
}
