package indexer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// partition is how far one partition of logs.events is read.
type partition struct {
	number int
	// next is the next offset to index, end the partition's end as last seen; guarded by
	// the indexer's lock, as are observed, the newest observed time of its lines, caught,
	// the last time at which all of its records were stored (both Unix nanoseconds), seen,
	// that end is known, and rawLag.
	next, end        int64
	observed, caught int64
	seen             bool
	rawLag           int64
}

// readMore starts readers of the partitions that have none, of n.
func (x *Indexer) readMore(ctx context.Context, g *errgroup.Group, n int) {
	offsets := x.store.Offsets()
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := len(x.partitions); i < n; i++ {
		p := &partition{number: i, next: earliest}
		if o, ok := offsets[i]; ok {
			p.next = o
		}
		x.partitions = append(x.partitions, p)
		from := p.next
		g.Go(func() error { return x.readPartition(ctx, p, from) })
	}
}

// watchPartitions reads the partitions that logs.events gets while the indexer runs, too.
func (x *Indexer) watchPartitions(ctx context.Context, g *errgroup.Group) error {
	tick := time.NewTicker(x.cfg.LagInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		n, err := x.deps.Bus.Partitions(ctx, pipeline.TopicEvents)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("partitions of %s: %w", pipeline.TopicEvents, err)
		}
		x.mu.Lock()
		known := len(x.partitions)
		x.mu.Unlock()
		if n > known {
			x.deps.Log.Warn().Int("partitions", n).Int("before", known).Msg("logs.events has more partitions than before, all are read")
			x.readMore(ctx, g, n)
		}
	}
}

// readPartition stores a partition's events from an offset on until ctx ends.
func (x *Indexer) readPartition(ctx context.Context, p *partition, from int64) error {
	claim := x.deps.Bus.Stream(pipeline.TopicEvents, p.number, from, x.rooms)
	log := x.deps.Log.With().Int("partition", p.number).Logger()
	for {
		asked := x.deps.Now().UnixNano()
		batch, err := claim.Fetch(ctx, x.cfg.FetchWait)
		if ctx.Err() != nil {
			return nil
		}
		var gap *pipeline.GapError
		if errors.As(err, &gap) {
			log.Error().Int64("from", gap.From).Int64("to", gap.To).Msg("records gone before they were indexed")
			if gap.To > gap.From {
				x.store.Lost(p.number, gap.From, gap.To)
			}
			x.metrics.gaps.Inc()
		} else if err != nil {
			return fmt.Errorf("fetch %s/%d: %w", pipeline.TopicEvents, p.number, err)
		}
		x.mu.Lock()
		p.end, p.seen = claim.HighWatermark(), true // before the store, which may have to wait, has them
		if p.next == earliest && err == nil {
			p.next = p.end // nothing was kept of what came before
			if len(batch) > 0 {
				p.next = batch[0].Offset
			}
		}
		if gap != nil {
			p.next = gap.To
		}
		x.mu.Unlock()
		for i := range batch {
			if err := x.take(ctx, p, &batch[i]); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
		x.mu.Lock()
		if p.next >= p.end {
			p.caught = asked
		}
		x.mu.Unlock()
	}
}

// take stores one record.
func (x *Indexer) take(ctx context.Context, p *partition, m *pipeline.Message) error {
	decoder := <-x.decoders
	defer func() { x.decoders <- decoder }()
	events, err := decoder.Decode(m)
	if err != nil {
		if err := x.deps.Sink.Produce(ctx, []pipeline.Message{dead(m, err)}); err != nil {
			return fmt.Errorf("produce to %s: %w", pipeline.TopicDeadLetter, err)
		}
		x.metrics.dead.Inc()
		events = nil
	}
	a, err := x.store.Append(ctx, p.number, m.Offset+1, events)
	if err != nil {
		return err
	}
	x.metrics.lines.Add(float64(a.Lines))
	x.metrics.bytes.Add(float64(a.Bytes))
	x.metrics.duplicates.Add(float64(a.Duplicates))
	x.metrics.gaps.Add(float64(len(a.Gaps)))
	for _, g := range a.Gaps {
		x.deps.Log.Warn().Str("source", g.Source).Uint64("generation", g.Generation).
			Int64("from", g.From).Int64("to", g.To).Msg("part of a source never came")
	}
	x.mu.Lock()
	p.next = m.Offset + 1
	for i := range events {
		p.observed = max(p.observed, events[i].Observed)
	}
	x.mu.Unlock()
	return nil
}

// dead makes the logs.deadletter record of m.
func dead(m *pipeline.Message, reason error) pipeline.Message {
	headers := append(slices.Clone(m.Headers),
		pipeline.Header{Key: pipeline.HeaderDeadTopic, Value: []byte(m.Topic)},
		pipeline.Header{Key: pipeline.HeaderDeadPartition, Value: strconv.AppendInt(nil, int64(m.Partition), 10)},
		pipeline.Header{Key: pipeline.HeaderDeadOffset, Value: strconv.AppendInt(nil, m.Offset, 10)},
		pipeline.Header{Key: pipeline.HeaderDeadReason, Value: []byte(reason.Error())},
		pipeline.Header{Key: pipeline.HeaderDeadStage, Value: []byte("indexer")},
	)
	return pipeline.Message{Topic: pipeline.TopicDeadLetter, Partition: -1, Key: m.Key, Value: m.Value, Headers: headers}
}

// watchLag keeps the lag of logs.raw.
func (x *Indexer) watchLag(ctx context.Context) error {
	tick := time.NewTicker(x.cfg.LagInterval)
	defer tick.Stop()
	quiet := false
	for {
		lag, err := x.deps.RawLag(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !quiet:
			x.deps.Log.Warn().Err(err).Msg("lag of logs.raw is not known")
			quiet = true
		case err == nil:
			quiet = false
		}
		x.mu.Lock()
		x.lagKnown = err == nil
		for _, p := range x.partitions {
			p.rawLag = lag[p.number]
		}
		x.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// progress tells how far the partitions are indexed, and up to which observed time all
// of them are: zero when that is not known.
func (x *Indexer) progress() ([]search.PartitionCoverage, time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.partitions == nil {
		return nil, time.Time{}
	}
	until := x.deps.Now()
	known := x.deps.RawLag == nil || x.lagKnown
	out := make([]search.PartitionCoverage, len(x.partitions))
	for i, p := range x.partitions {
		c := search.PartitionCoverage{Partition: p.number, Next: max(p.next, 0), End: p.end, RawLag: p.rawLag}
		c.Lag = max(p.end-c.Next, 0)
		out[i] = c
		if c.Lag > 0 || c.RawLag > 0 {
			indexed := p.observed
			if c.RawLag == 0 {
				indexed = max(indexed, p.caught)
			}
			if t := time.Unix(0, indexed); t.Before(until) {
				until = t
			}
			known = known && indexed > 0
		}
		known = known && p.seen && p.end >= c.Next
	}
	if !known {
		return out, time.Time{}
	}
	return out, until.UTC()
}

func (x *Indexer) lag() float64 {
	parts, _ := x.progress()
	var n int64
	for _, p := range parts {
		n += p.Lag
	}
	return float64(n)
}
