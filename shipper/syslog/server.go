package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/semaphore"

	"foghorn/pipeline"
	"foghorn/shipper/secret"
	"foghorn/shipper/spool"
)

// stopGrace is how long a stop waits for what the system had received, and then for the spool.
const stopGrace = 2 * time.Second

// lastAccept is how long a stop accepts connections that wait for it.
const lastAccept = 100 * time.Millisecond

// Server receives messages.
type Server struct {
	cfg     Config
	q       *spool.Queue
	log     zerolog.Logger
	connLog zerolog.Logger // of what any peer can cause: a few in ten seconds
	metrics *metrics
	sources *sources
	memory  *semaphore.Weighted // of long messages
	slots   chan struct{}       // one per connection

	udp      *net.UDPConn
	tcp, tls net.Listener
	certs    *secret.Certificates // of tls
}

// New listens on cfg's addresses, which Run serves. What was received before Run waits with the
// system. Errors: a fault of cfg, or of the system. Without a Run, Close gives them back. reg
// may be nil.
func New(cfg Config, q *spool.Queue, log zerolog.Logger, reg prometheus.Registerer) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("syslog: %w", err)
	}
	s := &Server{
		cfg: cfg, q: q, log: log.With().Str("component", "syslog").Logger(),
		sources: newSources(cfg.MaxSources, cfg.Labels),
		memory:  semaphore.NewWeighted(int64(cfg.MaxMemory)),
		slots:   make(chan struct{}, cfg.MaxConnections),
	}
	s.connLog = s.log.Sample(&zerolog.BurstSampler{Burst: 10, Period: 10 * time.Second})
	s.metrics = newMetrics(s)
	if err := s.listen(); err != nil {
		return nil, errors.Join(fmt.Errorf("syslog: %w", err), s.Close())
	}
	if reg != nil {
		if err := s.metrics.register(reg); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *Server) listen() error {
	if s.cfg.UDP != "" {
		addr, err := net.ResolveUDPAddr("udp", loopback(s.cfg.UDP))
		if err != nil {
			return err
		}
		if s.udp, err = net.ListenUDP("udp", addr); err != nil {
			return err
		}
		if err := s.udp.SetReadBuffer(s.cfg.ReceiveBuffer); err != nil {
			return fmt.Errorf("receive buffer of %s: %w", s.udp.LocalAddr(), err)
		}
		if err := countDrops(s.udp); err != nil {
			return fmt.Errorf("count dropped datagrams of %s: %w", s.udp.LocalAddr(), err)
		}
	}
	var err error
	if s.cfg.TCP != "" {
		if s.tcp, err = net.Listen("tcp", loopback(s.cfg.TCP)); err != nil {
			return err
		}
	}
	if s.cfg.TLS != "" {
		if s.certs, err = secret.LoadCertificates(secret.Files{Cert: s.cfg.Cert, Key: s.cfg.Key, ClientCA: s.cfg.ClientCA}); err != nil {
			return err
		}
		if s.tls, err = net.Listen("tcp", loopback(s.cfg.TLS)); err != nil {
			return err
		}
		s.tls = tls.NewListener(s.tls, s.certs.Config())
	}
	return nil
}

// Close stops listening, for a Server that is not run.
func (s *Server) Close() error {
	var errs []error
	if s.udp != nil {
		errs = append(errs, s.udp.Close())
	}
	for _, l := range []net.Listener{s.tcp, s.tls} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// Addrs returns the addresses listened on: of UDP, TCP and TLS, nil where there is none.
func (s *Server) Addrs() (udp, tcp, tls net.Addr) {
	if s.udp != nil {
		udp = s.udp.LocalAddr()
	}
	if s.tcp != nil {
		tcp = s.tcp.Addr()
	}
	if s.tls != nil {
		tls = s.tls.Addr()
	}
	return udp, tcp, tls
}

// Run receives until ctx ends; it then takes what the system has received, up to 2 s, and
// returns once all of it is in the spool, or the spool did not take it for 2 s.
func (s *Server) Run(ctx context.Context) error {
	keep, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var work, conns sync.WaitGroup
	if s.udp != nil {
		work.Go(func() { s.datagrams(ctx, keep) })
	}
	for name, l := range map[string]net.Listener{"tcp": s.tcp, "tls": s.tls} {
		if l != nil {
			work.Go(func() { s.accept(ctx, keep, name, l, &conns) })
		}
	}
	if s.certs != nil {
		work.Go(func() { secret.Watch(ctx, s.log, s.certs) })
	}
	<-ctx.Done()
	timer := time.AfterFunc(2*stopGrace, cancel)
	defer timer.Stop()
	// Connections that wait to be accepted have sent already; a handshake has not.
	var err error
	if s.tls != nil {
		err = s.tls.Close()
	}
	if d, ok := s.tcp.(interface{ SetDeadline(time.Time) error }); ok {
		err = errors.Join(err, d.SetDeadline(time.Now().Add(lastAccept)))
	}
	work.Wait()
	if s.tcp != nil {
		err = errors.Join(err, s.tcp.Close())
	}
	conns.Wait()
	return err
}

// accept serves connections until the listener is closed, or its time is over.
func (s *Server) accept(ctx, keep context.Context, transport string, l net.Listener, conns *sync.WaitGroup) {
	for {
		c, err := l.Accept()
		if err != nil && ctx.Err() != nil {
			return
		}
		if err != nil { // out of file descriptors, for one
			s.log.Warn().Err(err).Msg("connection cannot be accepted, trying again")
			select {
			case <-ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		select {
		case s.slots <- struct{}{}:
			conns.Go(func() {
				defer func() { <-s.slots }()
				s.serve(ctx, keep, transport, c)
			})
		default:
			s.metrics.refused.Inc()
			c.Close()
		}
	}
}

// line makes the line of a message. raw is kept.
func (s *Server) line(raw []byte, truncated bool, peer netip.Addr, now time.Time) pipeline.Line {
	from := s.sources.of(raw, peer, now)
	if s.cfg.Redact != nil {
		raw = s.cfg.Redact(raw)
	}
	return pipeline.Line{
		ID: pipeline.LineID{Source: from.source}, Raw: raw, Truncated: truncated,
		Labels: from.labels, Observed: now, Format: s.cfg.Format, Zone: s.cfg.Zone,
	}
}

// store appends a batch, in parts where it is more than the spool takes at once, for as long as
// keep lasts. What it cannot append is lost, counted and logged.
func (s *Server) store(keep context.Context, b *spool.Batch) bool {
	_, err := s.q.AppendWait(keep, b)
	if err == nil {
		return true
	}
	if n := len(b.Lines); n > 1 && errors.Is(err, spool.ErrTooLarge) {
		first := s.store(keep, &spool.Batch{Lines: b.Lines[:n/2]})
		return s.store(keep, &spool.Batch{Lines: b.Lines[n/2:]}) && first
	}
	s.metrics.lost.Add(float64(len(b.Lines)))
	s.log.Error().Err(err).Int("messages", len(b.Lines)).Msg("messages could not be stored and are lost")
	return false
}
