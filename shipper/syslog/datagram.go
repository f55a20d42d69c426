package syslog

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"foghorn/shipper/spool"
)

// packets holds datagrams that were read and not yet stored.
type packets struct {
	spool.Batch
	arena []byte
}

// gather takes datagrams from the reader to the spool. While one half is being stored the other
// is filled.
type gather struct {
	limit int

	mu   sync.Mutex
	fill *packets
	wake chan struct{} // capacity 1
	done bool
}

func (g *gather) nudge() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// datagrams reads datagrams until ctx ends, and then what the system holds.
func (s *Server) datagrams(ctx, keep context.Context) {
	g := &gather{limit: s.cfg.Buffer / 2, fill: &packets{}, wake: make(chan struct{}, 1)}
	var storing sync.WaitGroup
	storing.Go(func() { s.storePackets(keep, g) })
	stop := context.AfterFunc(ctx, func() { s.udp.SetReadDeadline(time.Now()) })
	defer stop()
	buf, oob := make([]byte, 64<<10), make([]byte, 128)
	var dropped uint32 // by the system so far
	var until time.Time
	for {
		n, m, _, from, err := s.udp.ReadMsgUDPAddrPort(buf, oob)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Warn().Err(err).Msg("datagram cannot be read, trying again")
				select {
				case <-ctx.Done():
				case <-time.After(100 * time.Millisecond):
				}
				continue
			}
			if !until.IsZero() {
				break
			}
		}
		if ctx.Err() != nil {
			// What the system has received is taken.
			if now := time.Now(); until.IsZero() {
				until = now.Add(stopGrace)
			} else if now.After(until) {
				break
			}
			s.udp.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		}
		if err != nil {
			continue
		}
		if total, ok := drops(oob[:m]); ok {
			s.metrics.dropped.Add(float64(total - dropped))
			dropped = total
		}
		s.packet(g, buf[:n], from.Addr())
	}
	if err := s.udp.Close(); err != nil {
		s.log.Warn().Err(err).Msg("socket cannot be closed")
	}
	g.mu.Lock()
	g.done = true
	g.mu.Unlock()
	g.nudge()
	storing.Wait()
}

// packet takes one datagram: a message (RFC 5426, section 3.1).
func (s *Server) packet(g *gather, b []byte, peer netip.Addr) {
	truncated := len(b) > s.cfg.DatagramLimit
	if truncated {
		b = b[:s.cfg.DatagramLimit]
	}
	if b = trim(b); len(b) == 0 {
		return
	}
	s.metrics.took("udp", len(b), truncated)
	const lineCost = 128
	g.mu.Lock()
	p := g.fill
	if len(p.arena)+len(p.Lines)*lineCost+len(b) > g.limit {
		g.mu.Unlock()
		s.metrics.dropped.Inc()
		return
	}
	start := len(p.arena)
	p.arena = append(p.arena, b...)
	p.Add(s.line(p.arena[start:len(p.arena):len(p.arena)], truncated, peer, time.Now()))
	g.mu.Unlock()
	g.nudge()
}

// storePackets appends what was gathered, again and again, until the reader is done.
func (s *Server) storePackets(keep context.Context, g *gather) {
	spare := &packets{}
	for {
		g.mu.Lock()
		p, done := g.fill, g.done
		if len(p.Lines) == 0 {
			g.mu.Unlock()
			if done {
				return
			}
			<-g.wake
			continue
		}
		g.fill = spare
		g.mu.Unlock()
		s.store(keep, &p.Batch)
		clear(p.Lines)
		p.Lines, p.arena = p.Lines[:0], p.arena[:0]
		spare = p
	}
}
