package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"foghorn/shipper/spool"
)

// firstRead is how much is read from a connection at once, and its messages are one batch; it
// is doubled up to maxRead for a sender that has more to send.
const (
	firstRead = 16 << 10
	maxRead   = 128 << 10
)

// stream is one connection.
type stream struct {
	s         *Server
	transport string
	conn      net.Conn
	peer      netip.Addr
	framer    framer
	batch     spool.Batch
	arena     []byte // of messages that lay in more than one read
	reserved  int64  // of s.memory
}

// serve reads a connection until it ends, is silent for too long, or ctx ends.
func (s *Server) serve(ctx, keep context.Context, transport string, conn net.Conn) {
	defer conn.Close()
	s.metrics.connections.Inc()
	s.metrics.open.Inc()
	defer s.metrics.open.Dec()
	log := s.connLog.With().Stringer("peer", conn.RemoteAddr()).Str("transport", transport).Logger()
	if t, ok := conn.(*tls.Conn); ok {
		shake, cancel := context.WithTimeout(ctx, s.cfg.MessageTimeout)
		err := t.HandshakeContext(shake)
		cancel()
		if err != nil {
			s.metrics.failed.Inc()
			log.Info().Err(err).Msg("TLS handshake failed")
			return
		}
	}
	st := &stream{s: s, transport: transport, conn: conn}
	if addr, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		st.peer = addr.Addr()
	}
	st.framer = framer{limit: s.cfg.MessageLimit, emit: st.message}
	err := st.read(ctx, keep)
	switch {
	case err == nil, errors.Is(err, io.EOF), ctx.Err() != nil:
		log.Debug().Msg("connection ended")
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.metrics.failed.Inc()
		log.Info().Bool("within_message", st.framer.partial()).Msg("connection was silent for too long and is closed")
	default:
		s.metrics.failed.Inc()
		log.Info().Err(err).Msg("connection broke")
	}
	// What came of a last message is stored; the others are already.
	st.framer.end()
	st.flush(keep)
	s.memory.Release(st.reserved)
}

// read reads until the stream ends; its error says why.
func (st *stream) read(ctx, keep context.Context) error {
	stop := context.AfterFunc(ctx, func() { st.conn.SetReadDeadline(time.Now()) })
	defer stop()
	buf := make([]byte, firstRead)
	var begun time.Time // when the message that is not whole began
	var until time.Time // the end of a stop's grace
	quiet := false      // nothing came in the last 100 ms of it
	for {
		deadline := time.Now().Add(st.s.cfg.IdleTimeout)
		if st.framer.partial() {
			deadline = begun.Add(st.s.cfg.MessageTimeout)
		}
		if ctx.Err() != nil {
			// The sender is told, and what the system has received is taken.
			if until.IsZero() {
				until = time.Now().Add(stopGrace)
				if half, ok := st.conn.(interface{ CloseWrite() error }); ok {
					_ = half.CloseWrite() // what fails has ended already
				}
			}
			deadline = time.Now().Add(100 * time.Millisecond)
			if deadline.After(until) {
				deadline = until
			}
		}
		if err := st.conn.SetReadDeadline(deadline); err != nil {
			return err
		}
		if ctx.Err() != nil && until.IsZero() {
			continue // it ended between: its deadline was overwritten
		}
		n, err := st.conn.Read(buf)
		was, ends := st.framer.partial(), st.framer.ends
		st.framer.feed(buf[:n])
		if !st.flush(keep) {
			return nil
		}
		if st.framer.partial() && (!was || st.framer.ends != ends) {
			begun = time.Now()
		}
		if err != nil {
			if ctx.Err() == nil || !errors.Is(err, os.ErrDeadlineExceeded) || quiet {
				return err
			}
			quiet = !until.IsZero() // it may also have been woken by the stop
			continue
		}
		if n == len(buf) && n < maxRead {
			buf = make([]byte, 2*n)
		}
		asked := time.Now()
		if err := st.reserve(ctx); err != nil {
			return err
		}
		begun = begun.Add(time.Since(asked)) // a wait is not the sender's
	}
}

// reserve takes memory for a message that gets long, or waits until others give theirs back.
func (st *stream) reserve(ctx context.Context) error {
	limit := int64(st.s.cfg.MessageLimit)
	switch long := len(st.framer.held) >= keepHeld; {
	case long && st.reserved == 0:
		if err := st.s.memory.Acquire(ctx, limit); err != nil {
			return err
		}
		st.reserved = limit
	case !long && st.reserved > 0:
		st.s.memory.Release(st.reserved)
		st.reserved = 0
	}
	return nil
}

// message takes a message from the framer. Its bytes lie in the read's buffer or in the
// framer's memory, which the next message takes.
func (st *stream) message(msg []byte, truncated bool) {
	if len(st.framer.held) > 0 {
		start := len(st.arena)
		st.arena = append(st.arena, msg...)
		msg = st.arena[start:len(st.arena):len(st.arena)]
	}
	st.batch.Add(st.s.line(msg, truncated, st.peer, time.Now()))
	st.s.metrics.took(st.transport, len(msg), truncated)
}

// flush stores the messages of a read.
func (st *stream) flush(keep context.Context) bool {
	if len(st.batch.Lines) == 0 {
		return true
	}
	ok := st.s.store(keep, &st.batch)
	clear(st.batch.Lines)
	st.batch.Lines = st.batch.Lines[:0]
	if st.arena = st.arena[:0]; cap(st.arena) > keepHeld {
		st.arena = nil
	}
	return ok
}
