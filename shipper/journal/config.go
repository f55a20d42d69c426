package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Config says which journal is read.
type Config struct {
	// Command is journalctl, a path or a name in PATH. Default "journalctl".
	Command string `yaml:"command"`
	// Directory holds the journal's files; empty: the system's journal. Default empty.
	Directory string `yaml:"directory"`
	// Namespace is the journal namespace; empty: the default one. Default empty.
	Namespace string `yaml:"namespace"`
	// Units are the units whose entries are read (journalctl --unit); none: all of them.
	Units []string `yaml:"units"`
	// Host is the host of entries that name none. Default: the system's host name.
	Host string `yaml:"host"`
	// LineLimit is the longest message in bytes; of a longer one the beginning is kept.
	// Default 1 MiB.
	LineLimit int `yaml:"line_limit"`
	// MaxSources bounds the services that are sources of their own. Default 2000.
	MaxSources int `yaml:"max_sources"`
	// Labels go with every line.
	Labels map[string]string `yaml:"labels"`
	// Redact, if set, is given each message and returns what is stored of it.
	Redact func(raw []byte) []byte `yaml:"-"`
}

// DefaultConfig returns the defaults for a host.
func DefaultConfig(host string) Config {
	return Config{Command: "journalctl", Host: host, LineLimit: 1 << 20, MaxSources: 2000}
}

// Validate reports everything that is wrong, at once.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Command == "" {
		bad("command: want journalctl's path or name")
	}
	if c.Directory != "" && !filepath.IsAbs(c.Directory) {
		bad("directory: want an absolute path, have %q", c.Directory)
	}
	if c.Directory != "" && c.Namespace != "" {
		bad("namespace: a directory has none")
	}
	for i, u := range c.Units {
		if u == "" {
			bad("units[%d]: want a unit's name", i)
		}
	}
	if c.Host == "" || strings.ContainsAny(c.Host, ":\n") {
		bad("host: want a name without colon or line feed, have %q", c.Host)
	}
	if c.LineLimit < 1 {
		bad("line_limit: want at least 1, have %d", c.LineLimit)
	}
	if c.MaxSources < 1 {
		bad("max_sources: want at least 1, have %d", c.MaxSources)
	}
	return errors.Join(errs...)
}

// name tells this journal's Mark from others' in the spool.
func (c *Config) name() string {
	return "journal:" + c.Directory + ":" + c.Namespace + ":" + strings.Join(c.Units, ",")
}

// args are what journalctl is started with, to go on from the entry of a cursor. --after-cursor
// would leave out one entry more where that one is gone (systemd 252).
func (c *Config) args(cursor string) []string {
	args := []string{"--output=json", "--all", "--follow", "--no-tail", "--no-pager", "--quiet", "--output-fields=" + strings.Join(fields, ",")}
	switch {
	case c.Directory != "":
		args = append(args, "--directory="+c.Directory)
	case c.Namespace != "":
		args = append(args, "--namespace="+c.Namespace)
	}
	for _, u := range c.Units {
		args = append(args, "--unit="+u)
	}
	if cursor != "" {
		args = append(args, "--cursor="+cursor)
	}
	return args
}
