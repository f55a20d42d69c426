package file

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/rs/zerolog"

	"foghorn/pipeline/pattern"
	"foghorn/rules"
)

// WatchConfig says what a Watcher looks at.
type WatchConfig struct {
	// Dir is the folder of rule files, and below it of pattern files.
	Dir string
	// Interval is how often it is read. Default 2 s.
	Interval time.Duration
	// Patterns, unless nil, is swapped too when the pattern files have changed.
	Patterns *pattern.Live
}

// DefaultWatchConfig returns the settings for a folder.
func DefaultWatchConfig(dir string) WatchConfig {
	return WatchConfig{Dir: dir, Interval: 2 * time.Second}
}

// Validate reports all settings that make no sense.
func (c *WatchConfig) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("dir: expected a folder"))
	}
	if c.Interval <= 0 {
		errs = append(errs, errors.New("interval: expected more than 0"))
	}
	return errors.Join(errs...)
}

// Watcher puts rules in force when their files change.
type Watcher struct {
	cfg  WatchConfig
	pack *rules.Set
	live *rules.Live
	log  zerolog.Logger
	last uint64 // the hash of the files at the last look
	seen uint64 // the hash of the files last acted on
	gone bool   // the folder could not be read the last time
}

// NewWatcher returns a Watcher that swaps live. live holds what LoadSet gave for the same
// folder and pack.
func NewWatcher(cfg WatchConfig, pack *rules.Set, live *rules.Live, log zerolog.Logger) *Watcher {
	return &Watcher{cfg: cfg, pack: pack, live: live, log: log.With().Str("component", "rules").Logger()}
}

// Run looks at the files until ctx ends. A change counts once two looks have seen the
// same, as files can be found half written. What it cannot read or understand it logs once;
// the rules in force stay.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(w.cfg.Interval)
	defer tick.Stop()
	w.look()
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
	texts, err := read(w.cfg.Dir)
	if err != nil {
		if !w.gone {
			w.log.Error().Err(err).Str("dir", w.cfg.Dir).Msg("rule files cannot be read: rules stay as they are")
		}
		w.gone = true
		return
	}
	hash := contentHash(texts)
	stable := hash == w.last // else someone may be in the midst of writing
	w.last, w.gone = hash, false
	if !stable || hash == w.seen {
		return
	}
	w.seen = hash
	if err := w.take(texts); err != nil {
		w.log.Error().Err(err).Str("dir", w.cfg.Dir).Msg("rule files have faults: rules stay as they are")
	}
}

// take puts rules and patterns in force, or nothing when there is a fault.
func (w *Watcher) take(texts []text) error {
	loaded, err := understand(texts)
	if err != nil {
		return err
	}
	set, err := join(loaded.Rules, w.pack)
	if err != nil {
		return err
	}
	changed := !same(set, w.live.Load())
	if changed {
		w.live.Swap(set)
	}
	if w.cfg.Patterns != nil && loaded.Patterns.Revision() != w.cfg.Patterns.Load().Revision() {
		w.cfg.Patterns.Swap(loaded.Patterns)
		changed = true
	}
	if changed {
		w.log.Info().Str("dir", w.cfg.Dir).Int("rules", len(set.Rules())).Int("formats", len(loaded.Patterns.Formats())).Msg("rules reloaded")
	}
	return nil
}

func contentHash(texts []text) uint64 {
	h := xxhash.New()
	for _, t := range texts {
		var size [16]byte
		binary.LittleEndian.PutUint64(size[:8], uint64(len(t.name)))
		binary.LittleEndian.PutUint64(size[8:], uint64(len(t.data)))
		for _, b := range [][]byte{size[:], []byte(t.name), t.data} {
			_, _ = h.Write(b) // a hash takes everything
		}
	}
	return h.Sum64()
}

// same says whether two sets have the same rules in the same words.
func same(a, b *rules.Set) bool {
	if len(a.Rules()) != len(b.Rules()) {
		return false
	}
	for i, r := range a.Rules() {
		if o := b.Rules()[i]; r.ID != o.ID || r.Revision != o.Revision {
			return false
		}
	}
	return true
}
