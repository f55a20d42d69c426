package window

import (
	"context"
	"fmt"
	"math"
	"time"

	"foghorn/pipeline"
)

// Written is what stands on the topics of anomalies, in the order written.
type Written struct {
	// State is all of anomalies.state, tombstones included; Events are the records of
	// anomalies since the time asked for.
	State, Events []pipeline.Message
}

// Sent reads back what was written: all of anomalies.state, and what was produced to
// anomalies at or after since.
type Sent func(ctx context.Context, since time.Time) (Written, error)

// ReadBack is a Sent over the topics themselves. open returns a reader of a partition
// that belongs to no group; both topics have the partition 0 only.
func ReadBack(open func(topic string, partition int, from int64) pipeline.Claim) Sent {
	return func(ctx context.Context, since time.Time) (w Written, err error) {
		if w.State, err = readAll(ctx, open(pipeline.TopicState, 0, 0), time.Unix(0, 0)); err != nil {
			return w, err
		}
		w.Events, err = readAll(ctx, open(pipeline.TopicAnomalies, 0, 0), since)
		return w, err
	}
}

// readAll reads a partition from the first record produced at or after since to its
// present end.
func readAll(ctx context.Context, c pipeline.Claim, since time.Time) ([]pipeline.Message, error) {
	end, err := c.OffsetAt(ctx, time.Unix(0, math.MaxInt64))
	if err != nil {
		return nil, fmt.Errorf("find the end of %s: %w", c.Topic(), err)
	}
	from, err := c.OffsetAt(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("find %s in %s: %w", since, c.Topic(), err)
	}
	c.SeekTo(from)
	var out []pipeline.Message
	for empty := 0; from < end && empty < fetchTries; {
		batch, err := fetch(ctx, c)
		if err != nil {
			return nil, err
		}
		if empty++; len(batch) > 0 {
			empty = 0
			from = batch[len(batch)-1].Offset + 1
			out = append(out, batch...)
		}
	}
	return out, nil
}
