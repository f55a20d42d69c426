package api

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"foghorn/indexer/search"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// Searcher is the index, as the API uses it.
type Searcher interface {
	Search(ctx context.Context, req search.Request, hit func(*search.Hit) error) (search.Summary, error)
	Coverage() search.Coverage
	// Incomplete is the coverage without what is complete: for answers with a brief one.
	Incomplete() search.Coverage
	// Context calls hit for a line and those around it; search.ErrNoLine when there is none.
	Context(ctx context.Context, a search.Around, hit func(*search.Hit) error) (search.Summary, error)
	// Histogram and Facets count matching events by time and by the values of fields.
	Histogram(ctx context.Context, f search.Filter, spec search.HistogramSpec) (search.Histogram, error)
	Facets(ctx context.Context, f search.Filter, fields []string, top int) (search.Facets, error)
	// Tail returns lines that match q as they are indexed, until ctx ends, and how many
	// a slow reader missed.
	Tail(ctx context.Context, q query.Node, buffer int) (lines <-chan pipeline.Event, dropped func() int64)
}

// Board is what is known about anomalies.
type Board interface {
	// Anomalies returns the newest state of each anomaly, Events the lifecycle events
	// that are kept, in their order.
	Anomalies() []pipeline.Anomaly
	Events() []pipeline.Anomaly
	// Subscribe returns lifecycle events as they come, until ctx ends, and how many a
	// slow reader missed.
	Subscribe(ctx context.Context, buffer int) (events <-chan pipeline.Anomaly, dropped func() int64)
}

// Deps are the parts behind the server. All are needed but Templates.
type Deps struct {
	Searcher  Searcher
	Board     Board
	Templates Templates
	// Gatherer gives the metrics of the whole process.
	Gatherer prometheus.Gatherer
	// Ready returns nil when the indexer does its work, else why not; the reasons of
	// joined errors are told one by one.
	Ready func() error
	// Log has its component set.
	Log zerolog.Logger
}

// Server serves the API.
type Server struct {
	cfg      Config
	deps     Deps
	log      zerolog.Logger
	searches slots
	streams  slots
	exports  slots         // each also takes its turn among the searches of the index
	stopping chan struct{} // closed when Run stops
}

// New returns a Server; Run starts it, once.
func New(cfg Config, deps Deps) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("api configuration: %w", err)
	}
	return &Server{
		cfg: cfg, deps: deps, log: deps.Log,
		searches: make(slots, cfg.MaxSearches), streams: make(slots, cfg.MaxStreams),
		exports: make(slots, max(1, cfg.MaxSearches/4)), stopping: make(chan struct{}),
	}, nil
}

// route is one path and what answers its methods; openapi.yaml describes the same set.
type route struct {
	path    string
	methods []string
	handle  http.HandlerFunc
	// head says that HEAD is answered as well: what a GET answers costs little.
	head bool
}

func (s *Server) routes() []route {
	get, both := []string{http.MethodGet}, []string{http.MethodGet, http.MethodPost}
	metrics := promhttp.HandlerFor(s.deps.Gatherer, promhttp.HandlerOpts{})
	return []route{
		{"/api/v1/search", both, s.search, false},
		{"/api/v1/export", both, s.export, false},
		{"/api/v1/context", get, s.context, false},
		{"/api/v1/histogram", get, s.histogram, false},
		{"/api/v1/facets", get, s.facets, false},
		{"/api/v1/tail", get, s.tail, false},
		{"/api/v1/anomalies", get, s.anomalies, false},
		{"/api/v1/templates", both, s.templates, false},
		{"/api/v1/coverage", get, s.coverage, true},
		{"/api/v1/openapi.yaml", get, s.describe, true},
		{"/metrics", get, metrics.ServeHTTP, true},
		{"/healthz", get, s.healthz, true},
		{"/readyz", get, s.readyz, true},
	}
}

// Handler returns all routes behind the guard.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.HandleFunc(r.path, func(w http.ResponseWriter, req *http.Request) {
			// net/http leaves out the body of an answer to HEAD (RFC 9110, 9.3.2).
			if !slices.Contains(r.methods, req.Method) && !(r.head && req.Method == http.MethodHead) {
				allow := r.methods
				if r.head {
					allow = append(slices.Clone(allow), http.MethodHead)
				}
				w.Header().Set("Allow", strings.Join(allow, ", "))
				problem(http.StatusMethodNotAllowed, "bad-method", "method not allowed", r.path+" answers "+strings.Join(r.methods, " and ")).write(w)
				return
			}
			r.handle(w, req)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		problem(http.StatusNotFound, "not-found", "there is nothing here", "see /api/v1/openapi.yaml for what there is").write(w)
	})
	return newGuard(s.cfg, mux)
}

// Run serves until ctx ends and returns when every request has ended: streams at once,
// searches within StopTimeout. An address that cannot be had is an error at once.
func (s *Server) Run(ctx context.Context) error {
	l, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen for the API: %w", err)
	}
	return s.Serve(ctx, l)
}

// Serve is Run on a listener, which it closes.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	requests, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	srv := &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: s.cfg.ReadTimeout,
		WriteTimeout:      s.cfg.WriteTimeout, // streams move it on with each piece
		IdleTimeout:       s.cfg.IdleTimeout,
		MaxHeaderBytes:    s.cfg.MaxHeader,
		ErrorLog:          stdlog.New(s.log, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	s.log.Info().Str("address", l.Addr().String()).Msg("API listens")
	select {
	case err := <-served:
		return fmt.Errorf("serve the API: %w", err)
	case <-ctx.Done():
	}
	close(s.stopping)
	// Three quarters of the time for searches to end by themselves, the rest for their
	// last words after they are cancelled.
	grace, done := context.WithTimeout(requests, s.cfg.StopTimeout*3/4)
	err := srv.Shutdown(grace)
	done()
	if err != nil {
		cancel(errStopping)
		last, done := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopTimeout/4)
		if err = srv.Shutdown(last); err != nil {
			err = srv.Close()
		}
		done()
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return fmt.Errorf("stop the API: %w", err)
	}
	return nil
}
