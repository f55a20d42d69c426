package api

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Config bounds the server.
type Config struct {
	// Listen is host:port. The default is loopback: whoever reaches the port reads all
	// logs.
	Listen string
	// AllowedHosts are the names under which clients may address the server, besides
	// localhost, this machine's name, the name in Listen and any IP address.
	AllowedHosts []string
	// MaxURL, MaxHeader and MaxBody bound a request, in bytes.
	MaxURL, MaxHeader int
	MaxBody           int64
	// ReadTimeout bounds the time to read a request, WriteTimeout the time for which a
	// client may take nothing of an answer, IdleTimeout the rest between two requests.
	ReadTimeout, WriteTimeout, IdleTimeout time.Duration
	// MaxSearches and MaxStreams bound the searches and the open tails and follows at
	// one time; more are refused with 429.
	MaxSearches, MaxStreams int
	// Budget is a search's time when the request gives none, MaxBudget (or Budget, when
	// that is larger) the most that it may ask for.
	Budget, MaxBudget time.Duration
	// TailBuffer is how many live lines wait for a slow client before lines are dropped.
	TailBuffer int
	// Heartbeat is the time after which a quiet stream sends a sign of life.
	Heartbeat time.Duration
	// StopTimeout bounds the time to stop: searches may end in it, streams end at once.
	StopTimeout time.Duration
}

// DefaultConfig returns the defaults that README and openapi.yaml tell.
func DefaultConfig() Config {
	return Config{
		Listen: "127.0.0.1:8514",
		MaxURL: 16 << 10, MaxHeader: 32 << 10, MaxBody: 4 << 20,
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxSearches: 8, MaxStreams: 64,
		Budget: 30 * time.Second, MaxBudget: 5 * time.Minute,
		TailBuffer: 1024, Heartbeat: 10 * time.Second, StopTimeout: 2 * time.Second,
	}
}

// Validate returns all faults of the configuration at once.
func (c Config) Validate() error {
	var faults []error
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		faults = append(faults, fmt.Errorf("listen: %q is not host:port", c.Listen))
	}
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"max_url", int64(c.MaxURL)}, {"max_header", int64(c.MaxHeader)}, {"max_body", c.MaxBody},
		{"read_timeout", int64(c.ReadTimeout)}, {"write_timeout", int64(c.WriteTimeout)}, {"idle_timeout", int64(c.IdleTimeout)},
		{"max_searches", int64(c.MaxSearches)}, {"max_streams", int64(c.MaxStreams)},
		{"budget", int64(c.Budget)}, {"max_budget", int64(c.MaxBudget)},
		{"tail_buffer", int64(c.TailBuffer)}, {"heartbeat", int64(c.Heartbeat)}, {"stop_timeout", int64(c.StopTimeout)},
	} {
		if f.value <= 0 {
			faults = append(faults, fmt.Errorf("%s: must be above zero", f.name))
		}
	}
	return errors.Join(faults...)
}
