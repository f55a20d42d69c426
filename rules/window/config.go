package window

import (
	"errors"
	"time"
)

// Config bounds the Engine.
type Config struct {
	// Lateness is how much later than other lines of its source a line may come and
	// still be counted in the right window before an episode is resolved. Default 1 m.
	Lateness time.Duration
	// UpdateEvery is how much event time passes between updates of an open episode that
	// goes on; between them only a doubled count is worth an update. Default 1 m.
	UpdateEvery time.Duration
	// MaxGroups bounds the groups of all rules of one partition. Default 100,000.
	MaxGroups int
	// Observe, if set, is called by the Stage after each batch.
	Observe func(Stats)
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Lateness: time.Minute, UpdateEvery: time.Minute, MaxGroups: 100_000}
}

// Validate reports all settings that make no sense.
func (c *Config) Validate() error {
	var errs []error
	if c.Lateness < 0 {
		errs = append(errs, errors.New("lateness: expected 0 or more"))
	}
	if c.UpdateEvery <= 0 {
		errs = append(errs, errors.New("update every: expected more than 0"))
	}
	if c.MaxGroups < 1 {
		errs = append(errs, errors.New("max groups: expected 1 or more"))
	}
	return errors.Join(errs...)
}

// Stats counts what an Engine could not use.
type Stats struct {
	// Repeated matches were counted before (a replay after a crash).
	Repeated int64
	// UnknownRule are matches of rules that are not in the live set.
	UnknownRule int64
	// Evicted groups were put out because there were more than Config.MaxGroups; Refused
	// matches belong to groups that found no room at all.
	Evicted, Refused int64
}
