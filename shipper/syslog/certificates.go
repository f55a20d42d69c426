package syslog

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificates reads the files of TLS again when they change, looking at most once a second.
// While the new ones cannot be read, as when only one of them was replaced yet, the old ones
// stay.
type certificates struct {
	cert, key, ca string

	mu      sync.Mutex
	looked  time.Time
	stamps  [3]time.Time
	current *tls.Config
}

const lookEvery = time.Second

func newCertificates(cfg *Config) (*certificates, error) {
	c := &certificates{cert: cfg.Cert, key: cfg.Key, ca: cfg.ClientCA}
	c.stamps = c.stat()
	var err error
	c.current, err = c.load()
	return c, err
}

// config is what the listener takes: every handshake asks for the newest.
func (c *certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return c.get(time.Now()), nil
		},
	}
}

func (c *certificates) get(now time.Time) *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.looked) >= lookEvery {
		c.looked = now
		if stamps := c.stat(); stamps != c.stamps {
			if fresh, err := c.load(); err == nil {
				c.current, c.stamps = fresh, stamps
			}
		}
	}
	return c.current
}

// stat returns when the files were changed; zero for one that is not there.
func (c *certificates) stat() (stamps [3]time.Time) {
	for i, path := range []string{c.cert, c.key, c.ca} {
		if info, err := os.Stat(path); err == nil {
			stamps[i] = info.ModTime()
		}
	}
	return stamps
}

func (c *certificates) load() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if c.ca != "" {
		pem, err := os.ReadFile(c.ca)
		if err != nil {
			return nil, fmt.Errorf("client CA: %w", err)
		}
		cfg.ClientCAs = x509.NewCertPool()
		if !cfg.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("client CA %s: want PEM certificates, have none", c.ca)
		}
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return cfg, nil
}
