package syslog

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Config says where to listen and what is taken.
type Config struct {
	// UDP, TCP and TLS are the addresses to listen on, host:port; empty: not at all. A port
	// without host is one of the loopback address; 0.0.0.0 or [::] say all.
	UDP string `yaml:"udp"`
	TCP string `yaml:"tcp"`
	TLS string `yaml:"tls"`
	// Cert and Key are the PEM files of TLS; they are read again when they change.
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// ClientCA, if set, is a PEM file: only clients with a certificate of it are taken.
	ClientCA string `yaml:"client_ca"`
	// DatagramLimit and MessageLimit are the longest messages over UDP, and over TCP and TLS,
	// in bytes. Default 64 KiB and 1 MiB.
	DatagramLimit int `yaml:"datagram_limit"`
	MessageLimit  int `yaml:"message_limit"`
	// ReceiveBuffer is what the system is asked to hold of datagrams that were not read yet,
	// in bytes; it may grant less. Buffer is what the process holds of those read and not yet
	// stored. Default 8 MiB each.
	ReceiveBuffer int `yaml:"receive_buffer"`
	Buffer        int `yaml:"buffer"`
	// MaxConnections bounds the connections of TCP and TLS together. Default 1000.
	MaxConnections int `yaml:"max_connections"`
	// MaxMemory bounds what all connections hold of messages longer than 64 KiB that have not
	// come to their end, in bytes; others wait for them. Default 64 MiB.
	MaxMemory int `yaml:"max_memory"`
	// IdleTimeout is how long a connection may be silent, MessageTimeout how long a message
	// may take to come, and a handshake. Default 1 h and 30 s.
	IdleTimeout    time.Duration `yaml:"idle_timeout"`
	MessageTimeout time.Duration `yaml:"message_timeout"`
	// MaxSources bounds the sources. Default 10,000.
	MaxSources int `yaml:"max_sources"`
	// Labels go with every line.
	Labels map[string]string `yaml:"labels"`
	// Format and Zone go with every line, see pipeline.Line.
	Format string `yaml:"format"`
	Zone   string `yaml:"zone"`
	// Redact, if set, is given each message and returns what is stored of it.
	Redact func(raw []byte) []byte `yaml:"-"`
}

// DefaultConfig returns the defaults, which listen nowhere.
func DefaultConfig() Config {
	return Config{
		DatagramLimit: 64 << 10, MessageLimit: 1 << 20,
		ReceiveBuffer: 8 << 20, Buffer: 8 << 20,
		MaxConnections: 1000, MaxMemory: 64 << 20,
		IdleTimeout: time.Hour, MessageTimeout: 30 * time.Second,
		MaxSources: 10_000,
	}
}

// Validate reports everything that is wrong, at once.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.UDP == "" && c.TCP == "" && c.TLS == "" {
		bad("udp, tcp, tls: want at least one address to listen on")
	}
	for name, addr := range map[string]string{"udp": c.UDP, "tcp": c.TCP, "tls": c.TLS} {
		if _, _, err := net.SplitHostPort(addr); addr != "" && err != nil {
			bad("%s: %q: want host:port: %w", name, addr, err)
		}
	}
	if c.TLS != "" && (c.Cert == "" || c.Key == "") {
		bad("cert, key: want both for tls")
	}
	atLeast := func(name string, have, want int) {
		if have < want {
			bad("%s: want at least %d, have %d", name, want, have)
		}
	}
	atLeast("datagram_limit", c.DatagramLimit, 480) // RFC 5426, section 3.2
	atLeast("message_limit", c.MessageLimit, 2048)  // RFC 5425, section 4.3.1
	atLeast("receive_buffer", c.ReceiveBuffer, 1)
	atLeast("buffer", c.Buffer, 64<<10)
	atLeast("max_connections", c.MaxConnections, 1)
	atLeast("max_memory", c.MaxMemory, c.MessageLimit)
	atLeast("max_sources", c.MaxSources, 1)
	for name, d := range map[string]time.Duration{"idle_timeout": c.IdleTimeout, "message_timeout": c.MessageTimeout} {
		if d <= 0 {
			bad("%s: want more than 0, have %v", name, d)
		}
	}
	if c.Zone != "" {
		if _, err := time.LoadLocation(c.Zone); err != nil {
			bad("zone: %w", err)
		}
	}
	return errors.Join(errs...)
}

// loopback completes an address without host.
func loopback(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && host == "" {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}
