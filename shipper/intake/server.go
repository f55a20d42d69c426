package intake

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/secret"
	"foghorn/shipper/spool"
)

// Queue is the spool, as the server uses it.
type Queue interface {
	// Append takes a batch, all or nothing; nil: it is durable. A batch whose Key was
	// appended before is a duplicate and not appended again.
	Append(ctx context.Context, b *spool.Batch) (duplicate bool, err error)
}

// Server takes logs over HTTP.
type Server struct {
	cfg       Config
	queue     Queue
	log       zerolog.Logger
	metrics   *metrics
	listener  net.Listener
	token     *secret.Token        // nil: none is asked for
	certs     *secret.Certificates // nil: there is no TLS
	secrets   []secret.File        // token and certs, where they are
	sources   *entry.Sources
	buffers   sync.Pool // of *buffer
	works     sync.Pool // of *work
	unpackers unpackers
	requests  slots
	working   slots
	memory    memory
	stopping  atomic.Bool
}

// working is how many requests are decoded and appended at a time: each may make
// MaxExpanded of lines. More wait; a commit to the disk takes many of them at once.
const working = 8

// New returns a Server that listens already, so that an address that cannot be had is an
// error here; Run serves, once. reg may be nil.
func New(cfg Config, queue Queue, log zerolog.Logger, reg prometheus.Registerer) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("intake configuration: %w", err)
	}
	s := &Server{
		cfg: cfg, queue: queue, log: log, metrics: newMetrics(),
		sources:  entry.NewSources(cfg.MaxSources),
		requests: make(slots, cfg.MaxRequests), working: make(slots, working),
	}
	s.memory.left.Store(cfg.MaxMemory)
	s.buffers.New = func() any { return new(buffer) }
	limits := entry.Limits{
		Lines: cfg.MaxLines, Line: cfg.MaxLine, Attrs: cfg.MaxAttrs, Value: cfg.MaxValue,
		Size: cfg.MaxExpanded, Depth: cfg.MaxDepth,
	}
	s.works.New = func() any { return &work{lines: entry.New(limits, s.sources)} }
	if err := s.loadSecrets(); err != nil {
		return nil, err
	}
	if reg != nil {
		if err := s.metrics.register(reg); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for logs: %w", err)
	}
	s.listener = &limited{Listener: l, slots: make(slots, cfg.MaxConnections), metrics: s.metrics}
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx ends, and returns when the requests under way have ended, or
// Config.StopTimeout has.
func (s *Server) Run(ctx context.Context) error {
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	srv := &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: min(10*time.Second, s.cfg.ReadTimeout),
		ReadTimeout:       s.cfg.ReadTimeout,
		WriteTimeout:      s.cfg.WriteTimeout,
		IdleTimeout:       s.cfg.IdleTimeout,
		MaxHeaderBytes:    s.cfg.MaxHeader,
		ErrorLog:          stdlog.New(s.log, "", 0),
	}
	l := s.listener
	if s.certs != nil {
		l = tls.NewListener(l, s.certs.Config("h2", "http/1.1"))
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	s.log.Info().Str("address", s.Addr()).Bool("tls", s.certs != nil).Bool("token", s.token != nil).Msg("intake listens")
	if !loopback(s.listener.Addr()) && s.token == nil && s.cfg.ClientCAFile == "" {
		s.log.Warn().Str("address", s.Addr()).Msg("intake takes logs from everybody who reaches it: neither a token nor client certificates are asked for")
	}
	watching, stop := context.WithCancel(ctx)
	var watched sync.WaitGroup
	watched.Go(func() { secret.Watch(watching, s.log, s.secrets...) })
	defer watched.Wait()
	defer stop()
	select {
	case err := <-served:
		return fmt.Errorf("serve the intake: %w", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	grace, done := context.WithTimeout(requests, s.cfg.StopTimeout)
	defer done()
	err := srv.Shutdown(grace)
	if err != nil { // a sender that holds on
		cancel()
		err = srv.Close()
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return fmt.Errorf("stop the intake: %w", err)
	}
	return nil
}

func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// Handler returns all routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	otlp := s.endpoint("otlp", otlpProtocol{})
	mux.Handle("/v1/logs", otlp)
	mux.Handle("/otlp/v1/logs", otlp) // where Loki has it
	loki := s.endpoint("loki", lokiProtocol{})
	mux.Handle("/loki/api/v1/push", loki)
	mux.Handle("/api/prom/push", loki) // where Loki had it before
	mux.Handle("/api/v1/push", s.endpoint("push", pushProtocol{}))
	bulk := s.endpoint("bulk", bulkProtocol{})
	mux.Handle("/_bulk", bulk)
	mux.Handle("/{index}/_bulk", bulk)
	mux.HandleFunc("GET /ready", s.ready)
	mux.Handle("/", s.count("elastic", s.guard(elasticProtocol{}, http.HandlerFunc(s.elastic))))
	return mux
}

// ready answers as Loki does when it takes requests.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.stopping.Load() {
		http.Error(w, "the server stops", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ready")
}

// retryAfter is the header's value for a sender that is to come again.
func (s *Server) retryAfter() string {
	return strconv.Itoa(int((s.cfg.RetryAfter + time.Second - 1) / time.Second))
}
