package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// Config says how to reach the cluster.
type Config struct {
	// Brokers are host:port of one or more brokers; the others are learned from them.
	Brokers []string
	// ClientID names this program in the broker's logs and quotas. Default "foghorn".
	ClientID string
	// TLS, if set, encrypts all connections.
	TLS *tls.Config
	// Username and Password, if set, are sent by SASL/PLAIN; use TLS with them.
	Username, Password string
	// RequestTimeout bounds one attempt of a request; after it the attempt is repeated
	// on a new connection. Default 30 s.
	RequestTimeout time.Duration
	// FetchBytes is how much a broker is asked for at once per partition, and about how
	// much a Fetch returns, after decompression; a batch that is larger comes whole.
	// It decides what a partition that is read takes in memory. Default 512 KiB.
	FetchBytes int
}

// DefaultConfig returns the defaults, without brokers.
func DefaultConfig() Config {
	return Config{ClientID: "foghorn", RequestTimeout: 30 * time.Second, FetchBytes: 512 << 10}
}

// Validate reports all faults of c at once.
func (c Config) Validate() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("brokers: none given"))
	}
	for _, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			errs = append(errs, fmt.Errorf("broker %q: want host:port: %w", b, err))
		}
	}
	if c.RequestTimeout < time.Second {
		errs = append(errs, fmt.Errorf("request timeout %v: want 1s or more", c.RequestTimeout))
	}
	if c.FetchBytes < 1<<10 || c.FetchBytes > 64<<20 {
		errs = append(errs, fmt.Errorf("fetch bytes %d: want 1 KiB to 64 MiB", c.FetchBytes))
	}
	if (c.Username == "") != (c.Password == "") {
		errs = append(errs, errors.New("user name and password: give both or none"))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if c.ClientID == "" {
		c.ClientID = d.ClientID
	}
	if c.RequestTimeout == 0 {
		c.RequestTimeout = d.RequestTimeout
	}
	if c.FetchBytes == 0 {
		c.FetchBytes = d.FetchBytes
	}
	return c
}
