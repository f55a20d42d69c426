package config

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"
)

// Watcher tells when a file of settings has changed.
type Watcher struct {
	file    string
	every   time.Duration
	changed func(Config) error
	log     zerolog.Logger
	last    []byte // of the last look
	known   []byte // last acted on
	gone    bool   // it could not be read the last time
}

// watchInterval is how often the file is looked at.
const watchInterval = 5 * time.Second

// NewWatcher returns a Watcher that calls changed, on the goroutine of Run, with the settings
// of a file that has changed since now and has no fault.
func NewWatcher(file string, changed func(Config) error, log zerolog.Logger) *Watcher {
	w := &Watcher{file: file, every: watchInterval, changed: changed, log: log.With().Str("component", "config").Logger()}
	w.known, _ = os.ReadFile(file) // absent: it counts as changed once it is there
	return w
}

// Run looks at the file until ctx ends. A change counts once two looks have seen the same, as
// a file can be found half written. What cannot be read or has faults is logged once; the
// settings in force stay. So it is with an empty file, as an editor leaves it on a full disk:
// its defaults might remove what was to be kept.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			w.look()
		}
	}
}

func (w *Watcher) look() {
	data, err := os.ReadFile(w.file)
	if err != nil {
		if !w.gone {
			w.log.Error().Err(err).Msg("configuration cannot be read: settings stay as they are")
		}
		w.gone = true
		return
	}
	stable := bytes.Equal(data, w.last)
	w.last, w.gone = data, false
	if !stable || bytes.Equal(data, w.known) {
		return
	}
	w.known = data
	cfg, err := Parse(w.file, data)
	if err == nil && len(bytes.TrimSpace(data)) == 0 {
		err = fmt.Errorf("%s: expected settings, found an empty file; a restart takes the defaults", w.file)
	}
	if err == nil {
		err = w.changed(cfg)
	}
	if err != nil {
		w.log.Error().Err(err).Msg("configuration has faults: settings stay as they are")
		return
	}
	w.log.Info().Str("file", w.file).Msg("configuration read again: index.retention is in force, other changes need a restart")
}
