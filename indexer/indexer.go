package indexer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// earliest asks a reader to start at the first record there is.
const earliest = -2

// Bus opens readers of partitions that belong to no group: the indexer keeps its own
// offsets. What a Fetch of Stream's returns is valid until the next, and is in one of rooms,
// for which it waits. Partitions waits for an absent broker.
type Bus interface {
	Open(topic string, partition int, from int64) pipeline.Claim
	Stream(topic string, partition int, from int64, rooms chan []byte) pipeline.Claim
	Partitions(ctx context.Context, topic string) (int, error)
}

// Deps are what the indexer uses.
type Deps struct {
	Bus Bus
	// Sink takes the records that cannot be read.
	Sink pipeline.Sink
	// RawLag, if set, tells per partition how many records of logs.raw wait to be parsed.
	RawLag func(ctx context.Context) (map[int]int64, error)
	Log    zerolog.Logger
	// Metrics, if set, gets the indexer's metrics.
	Metrics prometheus.Registerer
	// Now is the clock; nil is time.Now. FS is the disk; nil is the machine's.
	Now func() time.Time
	FS  store.FS
}

// Indexer fills a store from logs.events. New opens it, Run works, Close releases it.
type Indexer struct {
	cfg     Config
	deps    Deps
	store   *store.Store
	search  *search.Searcher
	board   *Board
	metrics *metrics

	// What holds the records that are being stored, of all partitions together.
	rooms    chan []byte
	decoders chan *pipeline.EventDecoder

	mu         sync.Mutex
	partitions []*partition // nil until Run knows how many there are
	lagKnown   bool         // the lag of logs.raw was told when last asked for
}

// New opens the store, which no other process may have open. It reads nothing from the
// bus yet; the Searcher already answers from what is stored.
func New(cfg Config, deps Deps) (*Indexer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	x := &Indexer{cfg: cfg, deps: deps, board: newBoard(cfg.BoardEvents)}
	var err error
	if x.metrics, err = newMetrics(deps.Metrics, x.stats, x.lag); err != nil {
		return nil, err
	}
	x.store, err = store.Open(cfg.Store, store.Deps{
		FS: deps.FS, Now: deps.Now, Sealed: x.sealed, Merged: x.merged, Failed: x.failed, Removed: x.removed,
	})
	if err != nil {
		return nil, err
	}
	x.search, err = search.New(x.store, cfg.Search, search.Deps{Progress: x.progress, Metrics: deps.Metrics})
	if err != nil {
		return nil, errors.Join(err, x.store.Close())
	}
	return x, nil
}

// Searcher answers searches; it is good until Close.
func (x *Indexer) Searcher() *search.Searcher { return x.search }

// Board knows the anomalies.
func (x *Indexer) Board() *Board { return x.board }

// Close releases the store, after Run has returned.
func (x *Indexer) Close() error { return x.store.Close() }

// Ready returns nil while lines are being taken, or why they are not.
func (x *Indexer) Ready() error {
	if err := x.store.Ready(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.partitions == nil {
		return errors.New("waiting for topic " + pipeline.TopicEvents)
	}
	return nil
}

// Run reads until ctx ends, and then commits what it has read. It waits for an absent
// broker. An error means that what was read last could not be committed; it will be read
// again.
func (x *Indexer) Run(ctx context.Context) error {
	x.reportDamage()
	// The store outlives its readers, so that it commits what they read last.
	storeCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	var sealErr error
	wg.Go(func() { sealErr = x.store.Run(storeCtx) })
	err := x.read(ctx)
	stop()
	wg.Wait()
	return errors.Join(err, sealErr)
}

// read runs a reader per partition until ctx ends.
func (x *Indexer) read(ctx context.Context) error {
	n, err := x.deps.Bus.Partitions(ctx, pipeline.TopicEvents)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("partitions of %s: %w", pipeline.TopicEvents, err)
	}
	atOnce := max(runtime.GOMAXPROCS(0), 2)
	x.rooms, x.decoders = make(chan []byte, atOnce), make(chan *pipeline.EventDecoder, atOnce)
	for range atOnce {
		x.rooms <- nil
		x.decoders <- new(pipeline.EventDecoder)
	}
	g, ctx := errgroup.WithContext(ctx)
	x.readMore(ctx, g, n)
	g.Go(func() error { return x.watchPartitions(ctx, g) })
	g.Go(func() error { return x.readAnomalies(ctx) })
	if x.deps.RawLag != nil {
		g.Go(func() error { return x.watchLag(ctx) })
	}
	return g.Wait()
}

func (x *Indexer) reportDamage() {
	for _, d := range x.store.Damaged() {
		x.deps.Log.Error().Str("file", d.File).Str("reason", d.Reason).Msg("part of the store cannot be read and is left out")
	}
}

func (x *Indexer) sealed(s store.Sealed) {
	x.metrics.sealSeconds.Observe(s.Took.Seconds())
	x.deps.Log.Debug().Uint64("segment", s.Segment).Int64("lines", s.Lines).Int64("bytes", s.DiskBytes).
		Dur("took", s.Took).Msg("segment sealed")
}

func (x *Indexer) merged(m store.Merged) {
	x.metrics.mergedSegments.Add(float64(m.Segments))
	x.metrics.mergedLines.Add(float64(m.Lines))
	x.metrics.mergeSeconds.Observe(m.Took.Seconds())
	x.deps.Log.Debug().Int("segments", m.Segments).Int64("lines", m.Lines).Int64("bytes_before", m.BytesBefore).
		Int64("bytes", m.DiskBytes).Dur("took", m.Took).Msg("segments merged")
}

func (x *Indexer) failed(err error) {
	x.metrics.failures.Inc()
	x.deps.Log.Error().Err(err).Msg("store: a step failed and will be tried again")
}

func (x *Indexer) removed(r store.Removed) {
	reason := string(r.Reason)
	x.metrics.removedLines.WithLabelValues(reason).Add(float64(r.Lines))
	x.metrics.removedBytes.WithLabelValues(reason).Add(float64(max(r.DiskBytes, 0)))
	x.deps.Log.Info().Str("day", r.Day).Str("reason", reason).Int("segments", r.Segments).Int64("lines", r.Lines).
		Int64("bytes", r.Bytes).Int64("disk_bytes", r.DiskBytes).Dur("took", r.Took).Msg("lines removed by retention")
}

// SetRetention changes what the store keeps, from its next check on. What is gone does not
// come back.
func (x *Indexer) SetRetention(r store.Retention) error { return x.store.SetRetention(r) }

func (x *Indexer) stats() store.Stats { return x.store.Stats() }
