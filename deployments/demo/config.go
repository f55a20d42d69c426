package demo

import (
	"errors"
	"fmt"
	"time"
)

// Config says how the shop runs.
type Config struct {
	// Dir is where the log files are written; it is made when absent. Run needs it.
	Dir string
	// Seed makes the lines: the same seed and Start give the same lines.
	Seed uint64
	// Rate is about how many lines per second all services write while all is well.
	// Default 200.
	Rate int
	// Start is the time of the first line. Default: when Run begins.
	Start time.Time
	// Clock is what Run goes by. Default time.Now.
	Clock func() time.Time
	// FailAfter is when replication stops, counted from the start. Default 30 s.
	FailAfter time.Duration
	// RotateBytes is the size at which a file is rotated by rename. Default 4 MiB.
	RotateBytes int64
	// Keep is how many rotated files are kept per service. Default 5.
	Keep int
}

// DefaultConfig returns the settings of `foghorn up --demo`, but for Dir.
func DefaultConfig() Config {
	return Config{
		Seed: 1, Rate: 200, Clock: time.Now, FailAfter: 30 * time.Second,
		RotateBytes: 4 << 20, Keep: 5,
	}
}

// withDefaults fills in what is not set.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if c.Rate == 0 {
		c.Rate = d.Rate
	}
	if c.Clock == nil {
		c.Clock = d.Clock
	}
	if c.FailAfter == 0 {
		c.FailAfter = d.FailAfter
	}
	if c.RotateBytes == 0 {
		c.RotateBytes = d.RotateBytes
	}
	if c.Keep == 0 {
		c.Keep = d.Keep
	}
	return c
}

// Validate reports every fault at once.
func (c *Config) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("demo: a folder for the logs is needed"))
	}
	if c.Rate < 0 || c.Rate > 1_000_000 {
		errs = append(errs, fmt.Errorf("demo: rate: want 1 to 1000000 lines/s, have %d", c.Rate))
	}
	if c.FailAfter < 0 || c.RotateBytes < 0 || c.Keep < 0 {
		errs = append(errs, errors.New("demo: fail-after, rotation size and kept files must not be negative"))
	}
	return errors.Join(errs...)
}
