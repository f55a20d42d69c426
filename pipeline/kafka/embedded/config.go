package embedded

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Config says where the broker keeps its data and where it listens.
type Config struct {
	// DataDir is the folder of the log, made if it is absent. Required.
	DataDir string
	// Listen is host:port; port 0 takes a free one. Default 127.0.0.1:0. Clients are told
	// to connect to this host, so it must be one that they can reach.
	Listen string
	// SyncWrites calls fsync for every batch before it is acknowledged: nothing
	// acknowledged is lost when the machine stops. BenchmarkProduce tells what it costs.
	SyncWrites bool
	// CleanEvery is how often retention and compaction run. Default 1 minute.
	CleanEvery time.Duration
	// SegmentBytes is when a new segment file begins. Retention frees whole segments, and
	// a start reads one segment of every partition at once into memory. Default 8 MiB.
	SegmentBytes int64
}

// DefaultConfig returns the defaults, without DataDir.
func DefaultConfig() Config {
	return Config{Listen: "127.0.0.1:0", CleanEvery: time.Minute, SegmentBytes: 8 << 20}
}

// Validate reports all faults of c at once.
func (c Config) Validate() error {
	var errs []error
	if c.DataDir == "" {
		errs = append(errs, errors.New("data folder: none given"))
	}
	if _, _, err := splitListen(c.Listen); err != nil {
		errs = append(errs, err)
	}
	if c.CleanEvery < time.Second {
		errs = append(errs, fmt.Errorf("clean every %v: want 1s or more", c.CleanEvery))
	}
	if c.SegmentBytes < 1<<20 {
		errs = append(errs, fmt.Errorf("segment bytes %d: want 1 MiB or more", c.SegmentBytes))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if c.Listen == "" {
		c.Listen = d.Listen
	}
	if c.CleanEvery == 0 {
		c.CleanEvery = d.CleanEvery
	}
	if c.SegmentBytes == 0 {
		c.SegmentBytes = d.SegmentBytes
	}
	return c
}

func splitListen(listen string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("listen %q: want host:port: %w", listen, err)
	}
	port, err = strconv.Atoi(p)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("listen %q: want a port from 0 to 65535", listen)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return host, port, nil
}
