package indexer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"foghorn/pipeline"
)

// Board holds the newest lifecycle events of the anomalies topic, each (ID, Seq) once, and
// the newest state of their anomalies and of every one that fires. It is safe for
// concurrent use.
type Board struct {
	mu        sync.Mutex
	max       int
	events    []pipeline.Anomaly // oldest first
	state     map[string]*standing
	followers map[*boardFollower]struct{}
}

// standing is the newest event of an anomaly, and how many of its events are kept.
type standing struct {
	newest pipeline.Anomaly
	kept   int
}

type boardFollower struct {
	ch   chan pipeline.Anomaly
	lost atomic.Int64
}

func newBoard(max int) *Board {
	return &Board{max: max, state: make(map[string]*standing), followers: make(map[*boardFollower]struct{})}
}

// Anomalies returns the newest state of each anomaly, by start and id.
func (b *Board) Anomalies() []pipeline.Anomaly {
	b.mu.Lock()
	out := make([]pipeline.Anomaly, 0, len(b.state))
	for _, s := range b.state {
		out = append(out, s.newest)
	}
	b.mu.Unlock()
	slices.SortFunc(out, func(a, b pipeline.Anomaly) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Events returns the lifecycle events that are kept, in their order.
func (b *Board) Events() []pipeline.Anomaly {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.events)
}

// Subscribe returns lifecycle events as they come, until ctx ends, when the channel is
// closed, and how many were dropped because the reader was slow.
func (b *Board) Subscribe(ctx context.Context, buffer int) (events <-chan pipeline.Anomaly, dropped func() int64) {
	f := &boardFollower{ch: make(chan pipeline.Anomaly, buffer)}
	b.mu.Lock()
	b.followers[f] = struct{}{}
	b.mu.Unlock()
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.followers, f)
		close(f.ch)
	})
	return f.ch, f.lost.Load
}

// add takes the next lifecycle event. One that came before is dropped.
func (b *Board) add(a pipeline.Anomaly) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.state[a.ID]
	if s != nil && a.Seq <= s.newest.Seq {
		return
	}
	if s == nil {
		s = &standing{}
		b.state[a.ID] = s
	}
	s.newest = a
	s.kept++
	b.events = append(b.events, a)
	if len(b.events) > b.max {
		old := b.events[0].ID
		b.events[0] = pipeline.Anomaly{}
		b.events = b.events[1:]
		if o := b.state[old]; o != nil {
			if o.kept--; o.kept == 0 && o.newest.State == pipeline.AnomalyResolved {
				delete(b.state, old)
			}
		}
	}
	for f := range b.followers {
		select {
		case f.ch <- a:
		default:
			f.lost.Add(1)
		}
	}
}

// readAnomalies fills the board until ctx ends. The topic is read from its beginning: it
// is small, and the board holds no state of its own.
func (x *Indexer) readAnomalies(ctx context.Context) error {
	n, err := x.deps.Bus.Partitions(ctx, pipeline.TopicAnomalies)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("partitions of %s: %w", pipeline.TopicAnomalies, err)
	}
	var wg sync.WaitGroup
	errs := make([]error, n)
	for p := range n {
		wg.Go(func() { errs[p] = x.readBoard(ctx, p) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (x *Indexer) readBoard(ctx context.Context, partition int) error {
	claim := x.deps.Bus.Open(pipeline.TopicAnomalies, partition, earliest)
	for {
		batch, err := claim.Fetch(ctx, x.cfg.FetchWait)
		if ctx.Err() != nil {
			return nil
		}
		var gap *pipeline.GapError
		if err != nil && !errors.As(err, &gap) {
			return fmt.Errorf("fetch %s: %w", pipeline.TopicAnomalies, err)
		}
		for i := range batch {
			var a pipeline.Anomaly
			if err := json.Unmarshal(batch[i].Value, &a); err != nil || a.ID == "" {
				x.deps.Log.Warn().Err(err).Int64("offset", batch[i].Offset).Msg("record of anomalies cannot be read")
				continue
			}
			x.board.add(a)
		}
	}
}
