package search

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"foghorn/indexer/store"
	"foghorn/pipeline/query"
)

// Config bounds what searches may take.
type Config struct {
	// Concurrent is how many searches run at a time; further ones wait.
	Concurrent int
	// Workers is how many blocks one search decodes at a time; 0 is the number of CPUs. All
	// searches together decode as many as there are CPUs.
	Workers int
	// Budget is the time for a search that asks for none.
	Budget time.Duration
	// CacheBytes bounds the decoded blocks that are kept.
	CacheBytes int64
	// MaxPending bounds the matching lines that a search in time order holds at once, by
	// reference; beyond it the answer is partial.
	MaxPending int
}

// DefaultConfig returns the usual bounds.
func DefaultConfig() Config {
	return Config{Concurrent: 8, Budget: 30 * time.Second, CacheBytes: 128 << 20, MaxPending: 1 << 20}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"concurrent", c.Concurrent > 0}, {"budget", c.Budget > 0}, {"cache bytes", c.CacheBytes >= 0},
		{"max pending", c.MaxPending > 0}, {"workers", c.Workers >= 0},
	} {
		if !f.ok {
			errs = append(errs, fmt.Errorf("search: %s is out of range", f.name))
		}
	}
	return errors.Join(errs...)
}

// Deps are what a Searcher uses besides the store; the zero value is good.
type Deps struct {
	// Progress tells how far the partitions of logs.events are indexed, and up to which
	// observed time all of them are.
	Progress func() ([]PartitionCoverage, time.Time)
	// Metrics gets the searches' metrics, if it is set.
	Metrics prometheus.Registerer
}

// Searcher answers requests from a store. It is safe for concurrent use.
type Searcher struct {
	store   *store.Store
	cfg     Config
	deps    Deps
	slots   chan struct{}
	turns   *turns
	cache   *cache
	sifters sync.Pool // of *sifter
	// sketches are of *sketch, batches of *batch.
	sketches, batches sync.Pool
	shapes            shapes
	metrics           *metrics
}

// ErrBadCursor is wrapped by Search's error for a cursor that no search of this kind gave.
var ErrBadCursor = errors.New("bad cursor")

// New returns a Searcher of st.
func New(st *store.Store, cfg Config, deps Deps) (*Searcher, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	m, err := newMetrics(deps.Metrics)
	if err != nil {
		return nil, err
	}
	return &Searcher{
		store: st, cfg: cfg, deps: deps, metrics: m,
		slots: make(chan struct{}, cfg.Concurrent), turns: newTurns(runtime.GOMAXPROCS(0)), cache: newCache(cfg.CacheBytes),
		sifters: sync.Pool{New: func() any { return new(sifter) }},
	}, nil
}

// errStop ends a search that has all it wants.
var errStop = errors.New("stop")

// Search calls hit for each result, in the order asked for, on the caller's goroutine. It
// returns what was found so far, marked partial, when the budget runs out; an error when
// ctx ends, hit fails (with hit's error) or the request is wrong.
func (s *Searcher) Search(ctx context.Context, req Request, hit func(*Hit) error) (Summary, error) {
	cur, err := decodeCursor(req)
	if err != nil {
		return Summary{}, err
	}
	return s.run(ctx, req, func(w *work) error {
		if req.byLine() {
			return w.byFile(ctx, cur, hit)
		}
		return w.byTime(ctx, cur, hit)
	})
}

// run does the work of a request when its turn has come.
func (s *Searcher) run(ctx context.Context, req Request, do func(*work) error) (Summary, error) {
	asked := time.Now()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return Summary{}, ctx.Err()
	}
	start := time.Now()
	budget := req.Budget
	if budget <= 0 {
		budget = s.cfg.Budget
	}
	w := s.newWork(req, start.Add(budget))
	defer w.close()
	err := do(w)
	if err == nil {
		// Workers end quietly when ctx does.
		err = ctx.Err()
	}
	sum := w.summary(time.Since(start))
	s.metrics.observe(&sum)
	if req.Explain && err == nil {
		sum.Explain = w.explain(ctx, &sum)
		sum.Explain.Waited = start.Sub(asked)
	}
	return sum, err
}

// filterOf joins what restricts the matching lines.
func filterOf(req *Request) query.Node {
	nodes := make([]query.Node, 0, 2)
	for _, n := range []query.Node{req.Query, req.Where} {
		if n != nil {
			nodes = append(nodes, n)
		}
	}
	switch len(nodes) {
	case 0:
		return query.All{}
	case 1:
		return nodes[0]
	}
	return query.And{Nodes: nodes}
}
