package spool

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
)

// Config says where the queue is and how large it gets.
type Config struct {
	// Dir is the queue's folder, an absolute path. It belongs to one process.
	Dir string `yaml:"dir"`
	// MaxBytes bounds the segment files, in bytes. Default 1 GiB.
	MaxBytes int64 `yaml:"max_bytes"`
	// SegmentBytes is when a new segment file is begun. Default 32 MiB, or a sixteenth of
	// MaxBytes if that is less.
	SegmentBytes int64 `yaml:"segment_bytes"`
	// Sync says that Append waits until its batch is on the medium, and not only with the
	// operating system. A killed process loses nothing either way. Default true.
	Sync bool `yaml:"sync"`
	// Linger is how long the first line waits for others to be sent with it. Default 20 ms.
	Linger time.Duration `yaml:"linger"`
	// MaxMemory bounds what was read from the files and not yet acknowledged, in bytes; a
	// batch that is larger goes alone. Default 4 MiB.
	MaxMemory int64 `yaml:"max_memory"`
	// Log is told what Run meets: refused lines, damage, a broker that is away.
	Log zerolog.Logger `yaml:"-"`
}

// DefaultConfig returns the defaults for a queue in dir.
func DefaultConfig(dir string) Config {
	return Config{Dir: dir, MaxBytes: 1 << 30, Sync: true, Linger: 20 * time.Millisecond, MaxMemory: 4 << 20, Log: zerolog.Nop()}
}

// Validate reports everything that is wrong, at once.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !filepath.IsAbs(c.Dir) {
		bad("dir: want an absolute path, have %q", c.Dir)
	}
	if c.MaxBytes < 1<<20 {
		bad("max_bytes: want at least 1 MiB, have %d", c.MaxBytes)
	}
	if c.SegmentBytes < 0 || c.SegmentBytes > c.MaxBytes/4 {
		bad("segment_bytes: want 0 to a quarter of max_bytes, have %d", c.SegmentBytes)
	}
	if c.Linger < 0 {
		bad("linger: want 0 or more, have %v", c.Linger)
	}
	if c.MaxMemory < 1<<20 {
		bad("max_memory: want at least 1 MiB, have %d", c.MaxMemory)
	}
	return errors.Join(errs...)
}

// segmentBytes is SegmentBytes or its default.
func (c *Config) segmentBytes() int64 {
	if c.SegmentBytes > 0 {
		return c.SegmentBytes
	}
	return min(32<<20, c.MaxBytes/16)
}

// maxRecord is the largest record that surely fits once all else was acknowledged.
func (c *Config) maxRecord() int64 { return min(128<<20, c.MaxBytes/4) }
