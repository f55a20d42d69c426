package shipper

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"foghorn/shipper/discover"
	"foghorn/shipper/labels"
	"foghorn/shipper/multiline"
	"foghorn/shipper/redact"
)

// Config says what is shipped and how.
type Config struct {
	// Paths are the files: absolute paths or patterns (see package discover). Every file
	// is shipped from its beginning.
	Paths []string `yaml:"paths"`
	// Files are files with settings of their own. The first of them that a path matches
	// decides; Paths are for those that match none.
	Files []FileConfig `yaml:"files"`
	// Exclude are patterns of files to leave out; one without a slash is matched with the
	// file's name.
	Exclude []string `yaml:"exclude"`
	// Host is the host in the source ids. Default: the system's host name.
	Host string `yaml:"host"`
	// DataDir holds the checkpoint. It belongs to one shipper.
	DataDir string `yaml:"data_dir"`
	// Labels go with every line (service, env, ...).
	Labels map[string]string `yaml:"labels"`
	// Multiline says which lines are one event. Default: stack traces of common runtimes.
	Multiline multiline.Config `yaml:"multiline"`
	// Redact are rules that take out of every line what must not leave the host. Default:
	// none.
	Redact []redact.Rule `yaml:"redact"`
	// LineLimit is the longest line in bytes; of a longer one the beginning is kept.
	// Default 1 MiB.
	LineLimit int `yaml:"line_limit"`
	// ScanInterval is how often the patterns are looked at for new files, and quiet files
	// for new lines. Default 1 s.
	ScanInterval time.Duration `yaml:"scan_interval"`
	// Linger is how long a line waits for others to be sent with it. Default 50 ms.
	Linger time.Duration `yaml:"linger"`
	// MaxBatch is how many bytes are sent in one go to one partition. Default 512 KiB.
	MaxBatch int `yaml:"max_batch"`
	// MaxMemory bounds the lines that were read and not yet acknowledged, in bytes,
	// shared out evenly between the partitions; where each would get less than 832 KiB,
	// some share. Default 64 MB.
	MaxMemory int `yaml:"max_memory"`
	// MaxActive is how many files are followed or read at the same time; others wait
	// their turn. Default 256.
	MaxActive int `yaml:"max_active"`
	// MaxOpen is how many files may stay open; quiet files beyond it are closed.
	// Default 1024.
	MaxOpen int `yaml:"max_open"`
	// IdleAfter is how long a file without new lines is still followed. Default 2 min.
	IdleAfter time.Duration `yaml:"idle_after"`
}

// DefaultConfig returns the defaults. Paths, Files and DataDir have none.
func DefaultConfig() Config {
	host, _ := os.Hostname() // empty when unknown: Validate then asks for it
	return Config{
		Exclude: []string{
			"*.gz", "*.xz", "*.zst", "*.bz2", "*.zip", "*.lz4",
			"wtmp", "wtmp.*", "wtmp-*", "btmp", "btmp.*", "btmp-*", "lastlog", "faillog", "*.journal", "*.journal~",
		},
		Host:         host,
		Multiline:    multiline.DefaultConfig(),
		LineLimit:    1 << 20,
		ScanInterval: time.Second,
		Linger:       50 * time.Millisecond,
		MaxBatch:     512 << 10,
		MaxMemory:    64_000_000,
		MaxActive:    256,
		MaxOpen:      1024,
		IdleAfter:    2 * time.Minute,
	}
}

// Validate reports everything that is wrong, at once.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Paths)+len(c.Files) == 0 {
		bad("paths: want at least one path or pattern")
	}
	for _, p := range c.Paths {
		if err := discover.Check(p); err != nil {
			bad("paths: %w", err)
		}
	}
	for _, p := range c.Exclude {
		if err := discover.CheckExclude(p); err != nil {
			bad("exclude: %w", err)
		}
	}
	for i := range c.Files {
		errs = append(errs, where(fmt.Sprintf("files[%d].", i), c.Files[i].Validate()))
	}
	errs = append(errs, where("labels: ", labels.Check(c.Labels)), where("multiline.", c.Multiline.Validate()))
	for i := range c.Redact {
		errs = append(errs, where(fmt.Sprintf("redact[%d].", i), c.Redact[i].Validate()))
	}
	if c.Host == "" {
		bad("host: the system tells none, set one")
	}
	if strings.ContainsAny(c.Host, ":\n") {
		bad("host: %q must not hold a colon or a line feed", c.Host)
	}
	if c.DataDir == "" {
		bad("data_dir: want a folder for the checkpoint")
	} else if !filepath.IsAbs(c.DataDir) {
		bad("data_dir: %q: want an absolute path", c.DataDir)
	}
	atLeast := func(name string, have, want int) {
		if have < want {
			bad("%s: want at least %d, have %d", name, want, have)
		}
	}
	atLeast("line_limit", c.LineLimit, 1)
	atLeast("max_batch", c.MaxBatch, 1)
	atLeast("max_memory", c.MaxMemory, 1<<20)
	atLeast("max_active", c.MaxActive, 1)
	atLeast("max_open", c.MaxOpen, 1)
	positive := func(name string, d time.Duration) {
		if d <= 0 {
			bad("%s: want more than 0, have %v", name, d)
		}
	}
	positive("scan_interval", c.ScanInterval)
	positive("idle_after", c.IdleAfter)
	if c.Linger < 0 {
		bad("linger: want 0 or more, have %v", c.Linger)
	}
	return errors.Join(errs...)
}
