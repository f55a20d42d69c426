package intake

import (
	"net"
	"sync"
)

// limited is a listener with a bounded number of connections. One over it is closed at
// once: it would wait for nobody knows whom.
type limited struct {
	net.Listener
	slots   slots
	metrics *metrics
}

// Accept returns the next connection that has a place.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.slots.take() {
			l.metrics.connections.Inc()
			return &counted{Conn: c, listener: l}, nil
		}
		l.metrics.turnedAway.Inc()
		_ = c.Close() // whether it was there still or not
	}
}

// counted is a connection that has a place.
type counted struct {
	net.Conn
	listener *limited
	once     sync.Once
}

// Close gives the place back.
func (c *counted) Close() error {
	c.once.Do(func() {
		c.listener.slots.give()
		c.listener.metrics.connections.Dec()
	})
	return c.Conn.Close()
}
