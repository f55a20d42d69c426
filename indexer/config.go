package indexer

import (
	"errors"
	"fmt"
	"time"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
)

// Config joins the settings of the parts.
type Config struct {
	Store  store.Config
	Search search.Config
	// FetchWait is how long one fetch waits for records.
	FetchWait time.Duration
	// LagInterval is how often the lag of logs.raw is asked for.
	LagInterval time.Duration
	// BoardEvents is how many lifecycle events of anomalies are kept.
	BoardEvents int
}

// DefaultConfig returns the usual settings, with the store in dir.
func DefaultConfig(dir string) Config {
	return Config{
		Store: store.DefaultConfig(dir), Search: search.DefaultConfig(),
		FetchWait: 500 * time.Millisecond, LagInterval: time.Second, BoardEvents: 10000,
	}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	errs := []error{c.Store.Validate(), c.Search.Validate()}
	if c.FetchWait <= 0 {
		errs = append(errs, fmt.Errorf("indexer: fetch wait: %s is not positive", c.FetchWait))
	}
	if c.LagInterval <= 0 {
		errs = append(errs, fmt.Errorf("indexer: lag interval: %s is not positive", c.LagInterval))
	}
	if c.BoardEvents < 1 {
		errs = append(errs, fmt.Errorf("indexer: board events: %d is not positive", c.BoardEvents))
	}
	return errors.Join(errs...)
}
