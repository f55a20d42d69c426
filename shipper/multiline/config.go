package multiline

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"foghorn/pipeline"
)

// Config says which lines are joined.
type Config struct {
	// Mode is auto (stack traces, see the package comment) or off. With Start or Continue it
	// must be empty. Default auto.
	Mode string `yaml:"mode"`
	// Start is a regular expression (RE2): a line that matches begins an event, others
	// belong to the event before them.
	Start string `yaml:"start"`
	// Continue is a regular expression (RE2): a line that matches belongs to the event
	// before it, others begin one.
	Continue string `yaml:"continue"`
	// Timeout is how long an event is held back for a further line. Default 1 s.
	Timeout time.Duration `yaml:"timeout"`
	// MaxLines and MaxBytes bound an event. Default 500 and 256 KiB.
	MaxLines int `yaml:"max_lines"`
	MaxBytes int `yaml:"max_bytes"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Timeout: time.Second, MaxLines: 500, MaxBytes: 256 << 10}
}

// maxBytes is the most that MaxBytes can be: a record has to fit its topic, headers and all.
const maxBytes = pipeline.MaxMessage / 2

// fill puts the defaults where nothing is set.
func (c Config) fill() Config {
	d := DefaultConfig()
	if c.Timeout == 0 {
		c.Timeout = d.Timeout
	}
	if c.MaxLines == 0 {
		c.MaxLines = d.MaxLines
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = d.MaxBytes
	}
	return c
}

// Validate reports all that is wrong, each fault with the key that it is about. Zero is
// the default everywhere.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	patterns := c.Start != "" || c.Continue != ""
	switch {
	case c.Mode != "" && c.Mode != "auto" && c.Mode != "off":
		bad("mode: want auto or off, have %q", c.Mode)
	case c.Mode != "" && patterns:
		bad("mode: want none with start or continue, have %q", c.Mode)
	}
	if c.Start != "" && c.Continue != "" {
		bad("continue: want start or continue, have both")
	}
	for _, p := range []struct{ key, expr string }{{"start", c.Start}, {"continue", c.Continue}} {
		if _, err := regexp.Compile(p.expr); err != nil {
			bad("%s: %w", p.key, err)
		}
	}
	f := c.fill()
	if f.Timeout < 10*time.Millisecond || f.Timeout > time.Minute {
		bad("timeout: want 10ms to 1m, have %v", f.Timeout)
	}
	if f.MaxLines < 2 || f.MaxLines > 100_000 {
		bad("max_lines: want 2 to 100000, have %d", f.MaxLines)
	}
	if f.MaxBytes < 1<<10 || f.MaxBytes > maxBytes {
		bad("max_bytes: want %d to %d, have %d", 1<<10, maxBytes, f.MaxBytes)
	}
	return errors.Join(errs...)
}
