package intake

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"foghorn/pipeline"
)

// Config says where to listen, what to take and how much of it.
type Config struct {
	// Listen is host:port. Default 127.0.0.1:8518.
	Listen string
	// TokenFile, if set, holds a secret that every sender must show, as a bearer token, as
	// the password of basic authentication (any user), or as an API key.
	TokenFile string
	// CertFile and KeyFile, if set, are a PEM certificate chain and its key: the server
	// speaks TLS. ClientCAFile, if set, holds the authorities of senders' certificates,
	// which then are asked for.
	CertFile, KeyFile, ClientCAFile string
	// Labels are set on every line.
	Labels []pipeline.Attr
	// Redact, if set, is applied to every line and every attribute's value before they
	// are stored. It may change its argument in place, or return another slice.
	Redact func([]byte) []byte

	// MaxBody bounds a request's body in bytes after decompression, MaxCompressed before.
	// Defaults 16 MiB and 8 MiB.
	MaxBody, MaxCompressed int64
	// MaxExpanded bounds what a request's lines take together with their labels, in bytes:
	// labels of a resource or a stream stand with every line. Eight requests are decoded
	// at a time. Default 64 MiB.
	MaxExpanded int64
	// MaxLines bounds a request's records. Default 100,000.
	MaxLines int
	// MaxLine is the length in bytes at which a line is cut. Default 1 MiB, as of files.
	MaxLine int
	// MaxAttrs and MaxValue bound a record's attributes, and each one's value in bytes.
	// Defaults 128 and 8 KiB.
	MaxAttrs, MaxValue int
	// MaxDepth is how deep values may be nested. Default 16.
	MaxDepth int
	// MaxRequests bounds the requests worked on at a time, MaxConnections the connections,
	// MaxMemory the bytes of all bodies at once. Defaults 256, 1024 and 256 MiB.
	MaxRequests, MaxConnections int
	MaxMemory                   int64
	// MaxSources bounds the sources (sender and stream) that are told apart. Default 10,000.
	MaxSources int
	// MaxHeader bounds a request's headers in bytes. Default 32 KiB.
	MaxHeader int

	// ReadTimeout bounds the reading of a request, WriteTimeout that and its answer,
	// IdleTimeout the wait for the next. Defaults 30 s, 60 s, 2 min.
	ReadTimeout, WriteTimeout, IdleTimeout time.Duration
	// StopTimeout is how long requests may take to end when the server stops. Default 2 s,
	// which leaves what comes behind it some of the time that a process has to stop.
	StopTimeout time.Duration
	// RetryAfter is what a sender is told to wait when there is no room. Default 2 s.
	RetryAfter time.Duration
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		Listen:  "127.0.0.1:8518",
		MaxBody: 16 << 20, MaxCompressed: 8 << 20, MaxExpanded: 64 << 20,
		MaxLines: 100_000, MaxLine: 1 << 20, MaxAttrs: 128, MaxValue: 8 << 10, MaxDepth: 16,
		MaxRequests: 256, MaxConnections: 1024, MaxMemory: 256 << 20, MaxSources: 10_000, MaxHeader: 32 << 10,
		ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		StopTimeout: 2 * time.Second, RetryAfter: 2 * time.Second,
	}
}

// Validate reports all faults of c at once.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		bad("listen: %q: want host:port: %w", c.Listen, err)
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		bad("cert_file and key_file: give both or none")
	}
	if c.ClientCAFile != "" && c.CertFile == "" {
		bad("client_ca_file: want cert_file and key_file with it")
	}
	for _, l := range c.Labels {
		if l.Key == "" || strings.HasPrefix(l.Key, "foghorn.") {
			bad("labels: %q: want a name that does not begin with foghorn.", l.Key)
		}
	}
	within := func(name string, have, least, most int64) {
		if have < least || have > most {
			bad("%s: want %d to %d, have %d", name, least, most, have)
		}
	}
	within("max_body", c.MaxBody, 1<<10, 1<<30)
	within("max_compressed", c.MaxCompressed, 1<<10, 1<<30)
	within("max_expanded", c.MaxExpanded, 1<<10, 1<<31)
	within("max_lines", int64(c.MaxLines), 1, 10_000_000)
	within("max_line", int64(c.MaxLine), 1, 2<<20)
	within("max_attrs", int64(c.MaxAttrs), 1, 1024)
	within("max_value", int64(c.MaxValue), 1, 1<<20)
	within("max_depth", int64(c.MaxDepth), 1, 64)
	within("max_requests", int64(c.MaxRequests), 1, 100_000)
	within("max_connections", int64(c.MaxConnections), 1, 1_000_000)
	within("max_sources", int64(c.MaxSources), 1, 1_000_000)
	within("max_header", int64(c.MaxHeader), 4<<10, 1<<20)
	if c.MaxMemory < c.MaxBody+c.MaxCompressed {
		bad("max_memory: want at least max_body and max_compressed together, %d, have %d", c.MaxBody+c.MaxCompressed, c.MaxMemory)
	}
	for _, d := range []struct {
		name string
		d    time.Duration
	}{
		{"read_timeout", c.ReadTimeout}, {"write_timeout", c.WriteTimeout}, {"idle_timeout", c.IdleTimeout},
		{"stop_timeout", c.StopTimeout},
	} {
		if d.d <= 0 {
			bad("%s: want more than 0, have %v", d.name, d.d)
		}
	}
	if c.RetryAfter < time.Second {
		bad("retry_after: want 1s or more, have %v", c.RetryAfter)
	}
	return errors.Join(errs...)
}
