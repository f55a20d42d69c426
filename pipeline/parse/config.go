package parse

import (
	"errors"
	"fmt"
	"time"

	"foghorn/pipeline/pattern"
)

// Config says how lines are read. The zero value means DefaultConfig.
type Config struct {
	// Location is the zone of timestamps that tell none. Default UTC: servers commonly
	// log in UTC, and the zone of the machine that parses says nothing about the one that
	// wrote the line.
	Location *time.Location
	// MaxAttrs is how many attributes an event keeps, labels included. Default 64.
	MaxAttrs int
	// MaxValue is the length in bytes at which an attribute's value is cut, at a
	// character's boundary. Default 2048.
	MaxValue int
	// MaxDepth is how deep nested JSON objects are flattened; deeper ones are kept as
	// JSON text. Default 8.
	MaxDepth int
	// Patterns are the formats that people have described, as they are in force; nil: none.
	Patterns *pattern.Live
}

// DefaultConfig returns the configuration that New uses for fields left zero.
func DefaultConfig() Config {
	return Config{Location: time.UTC, MaxAttrs: 64, MaxValue: 2048, MaxDepth: 8}
}

// Validate reports every field that is out of range; zero fields are in range.
func (c *Config) Validate() error {
	var errs []error
	check := func(name string, v, limit int) {
		if v < 0 || v > limit {
			errs = append(errs, fmt.Errorf("%s: want 0 (default) to %d, have %d", name, limit, v))
		}
	}
	check("parse.max_attrs", c.MaxAttrs, 1024)
	check("parse.max_value", c.MaxValue, 64<<10)
	check("parse.max_depth", c.MaxDepth, 64)
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if c.Location == nil {
		c.Location = d.Location
	}
	if c.MaxAttrs <= 0 {
		c.MaxAttrs = d.MaxAttrs
	}
	if c.MaxValue <= 0 {
		c.MaxValue = d.MaxValue
	}
	if c.MaxDepth <= 0 {
		c.MaxDepth = d.MaxDepth
	}
	return c
}
