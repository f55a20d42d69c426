package shipper

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/checkpoint"
	"foghorn/shipper/deliver"
	"foghorn/shipper/tail"
)

// stopGrace is how long Run waits at its end for what was sent to be acknowledged.
const stopGrace = 3 * time.Second

// Shipper ships the files of one server.
type Shipper struct {
	cfg       Config // Paths are those of Files too
	entries   []*entry
	sink      pipeline.Sink
	wait      patience
	log       zerolog.Logger
	metrics   *metrics
	schedule  *scheduler
	readers   chan *tail.Reader
	unpacking chan struct{} // one for each archive that is open
	kicks     chan struct{} // capacity 1: the registry has something to do
	open      atomic.Int64  // open files
	examined  atomic.Int64  // archives looked into
	lines     atomic.Int64  // acknowledged
	dirty     atomic.Bool   // the checkpoint on disk is behind
	deliver   *deliver.Sender
	owned     chan struct{}         // closed once the data folder is ours
	ready     chan struct{}         // closed once lanes are made
	unable    atomic.Pointer[error] // why the checkpoint cannot be saved, nil while it can

	lanes []*lane // read only once ready is closed

	mu      sync.Mutex
	sources map[string]*source // by path; written by the registry alone
	old     map[string]*source // likewise, of files that backfills asked for
	held    int

	backfills  []*backfill
	backfillID int
	only       bool // nothing but backfills; set before Run
}

// New returns a Shipper; Run starts it. reg may be nil.
func New(cfg Config, sink pipeline.Sink, log zerolog.Logger, reg prometheus.Registerer) (*Shipper, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("shipper: %w", err)
	}
	entries, err := newEntries(&cfg)
	if err != nil {
		return nil, fmt.Errorf("shipper: %w", err)
	}
	for i := range cfg.Files {
		cfg.Paths = slices.Concat(cfg.Paths, cfg.Files[i].Paths)
	}
	s := &Shipper{
		entries: entries, cfg: cfg, sink: sink, wait: defaultPatience(), log: log.With().Str("component", "shipper").Logger(),
		readers:   make(chan *tail.Reader, max(2, runtime.GOMAXPROCS(0))),
		kicks:     make(chan struct{}, 1),
		unpacking: make(chan struct{}, maxUnpacking),
		ready:     make(chan struct{}),
		sources:   map[string]*source{},
		old:       map[string]*source{},
		owned:     make(chan struct{}),
	}
	s.schedule = &scheduler{limit: cfg.MaxActive, work: s.work}
	s.metrics = newMetrics(s)
	s.deliver = deliver.New(deliver.Config{
		Sink: sink, Log: s.log, Stage: "shipper", Silent: "broker does not answer, waiting; lines stay in their files",
		About: func(e *zerolog.Event) {
			st := s.Status()
			e.Int64("lag_bytes", st.Lag())
		},
		Buried: func() { s.metrics.rejected.Inc() },
	})
	if reg != nil {
		if err := s.metrics.register(reg); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Run ships until ctx ends. It then stops reading, waits up to 3 s for what was sent to
// be acknowledged, and saves the checkpoint. It is called once. Errors: the data folder is used
// by another process, or its checkpoint cannot be read (checkpoint.ErrLocked, ErrDamaged,
// ErrNewer).
func (s *Shipper) Run(ctx context.Context) (err error) {
	store, err := checkpoint.Open(s.cfg.DataDir)
	if err != nil {
		return fmt.Errorf("shipper: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	close(s.owned)
	reg, err := s.newRegistry(store)
	if err != nil {
		return fmt.Errorf("shipper: %w", err)
	}
	for range cap(s.readers) {
		s.readers <- tail.NewReader(s.cfg.LineLimit)
	}

	// The lanes outlive ctx for a moment: what was read is still sent.
	sendCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := make(chan struct{})
	var reading, sending sync.WaitGroup
	reading.Go(func() { s.makeLanes(ctx, sendCtx, stop, &sending) })
	reading.Go(func() { reg.run(ctx) })
	reading.Wait()
	s.schedule.wg.Wait()
	close(stop)
	timer := time.AfterFunc(stopGrace, cancel)
	sending.Wait()
	timer.Stop()
	reg.close()
	if err := reg.save(); err != nil {
		return fmt.Errorf("shipper: %w", err)
	}
	return nil
}

// Owned is closed once Run has the data folder to itself.
func (s *Shipper) Owned() <-chan struct{} { return s.owned }

// Ready returns nil, or why new files wait: the checkpoint cannot be saved, as on a full
// disk. Lines of files that it knows are shipped meanwhile, and all goes on by itself once
// it can be saved.
func (s *Shipper) Ready() error {
	if err := s.unable.Load(); err != nil {
		return fmt.Errorf("shipper: new files wait: %w", *err)
	}
	return nil
}

// send sends msgs, in order, until they are acknowledged or ctx ends.
func (s *Shipper) send(ctx context.Context, msgs []pipeline.Message) error {
	_, err := s.deliver.Produce(ctx, msgs)
	return err
}

// makeLanes asks how many partitions there are, for as long as it takes.
func (s *Shipper) makeLanes(ctx, sendCtx context.Context, stop <-chan struct{}, wg *sync.WaitGroup) {
	defer s.deliver.Watch()()
	n, err := s.sink.Partitions(ctx, pipeline.TopicRaw)
	for ; err != nil || n < 1; n, err = s.sink.Partitions(ctx, pipeline.TopicRaw) {
		if ctx.Err() != nil {
			return
		}
		s.deliver.Warn(err, "partitions of "+pipeline.TopicRaw+" are not known, trying again")
		if !pause(ctx, time.Second) {
			return
		}
	}
	for p, room := range rooms(int64(s.cfg.MaxMemory), n) {
		l := &lane{
			partition: p, linger: s.cfg.Linger, maxBatch: s.cfg.MaxBatch,
			send: s.send, acked: s.acked,
			room: room, wake: make(chan struct{}, 1),
		}
		s.lanes = append(s.lanes, l)
		wg.Go(func() {
			if err := l.run(sendCtx, stop); err != nil && !errors.Is(err, context.Canceled) {
				s.log.Error().Err(err).Int("partition", p).Msg("lines were not sent")
			}
		})
	}
	close(s.ready)
}

// lane returns the lane of a source; it waits until the lanes are made.
func (s *Shipper) lane(ctx context.Context, src *source) (*lane, error) {
	select {
	case <-s.ready:
		return s.lanes[pipeline.PartitionFor([]byte(src.id), len(s.lanes))], nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Shipper) acked(c *chunk) {
	c.gen.acked.Store(&c.end)
	s.lines.Add(int64(c.lines))
	c.gen.lines.Add(int64(c.lines))
	s.metrics.acked.Add(float64(c.lines))
	s.dirty.Store(true)
}

// reader waits for one of the few Readers; ok is false when ctx has ended.
func (s *Shipper) reader(ctx context.Context) (r *tail.Reader, ok bool) {
	select {
	case r = <-s.readers:
		return r, true
	case <-ctx.Done():
		return nil, false
	}
}

// kick lets the registry scan soon.
func (s *Shipper) kick() {
	select {
	case s.kicks <- struct{}{}:
	default:
	}
}

func randomEpoch() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return binary.BigEndian.Uint64(b[:])
}

// pause waits for d; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
