package kafka

import (
	"context"
	"errors"
	"time"

	"foghorn/pipeline"
)

// ReadAll calls each for every record that topic holds from the time since on (the zero
// time: from the beginning) until its end as of now, partition by partition. It waits for
// absent brokers until ctx ends; an error of each ends it.
func (c *Client) ReadAll(ctx context.Context, topic string, since time.Time, each func(*pipeline.Message) error) error {
	n, err := c.Partitions(ctx, topic)
	if err != nil {
		return err
	}
	for p := range n {
		if err := c.readPartition(ctx, topic, p, since, each); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) readPartition(ctx context.Context, topic string, partition int, since time.Time, each func(*pipeline.Message) error) error {
	claim := c.Open(topic, partition, Earliest)
	end, err := claim.OffsetAt(ctx, time.Now().Add(24*time.Hour)) // nothing is newer: the end
	if err != nil {
		return err
	}
	next := int64(0)
	if !since.IsZero() {
		if next, err = claim.OffsetAt(ctx, since); err != nil {
			return err
		}
		claim.SeekTo(next)
	}
	for next < end {
		batch, err := claim.Fetch(ctx, time.Second)
		var gap *pipeline.GapError
		if errors.As(err, &gap) { // retention is faster than this reader
			next = gap.To
		} else if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for i := range batch {
			if batch[i].Offset >= end {
				return nil
			}
			if err := each(&batch[i]); err != nil {
				return err
			}
			next = batch[i].Offset + 1
		}
		if len(batch) == 0 && claim.HighWatermark() <= next {
			return nil
		}
		// A compacted topic's last records can be gone: nothing more comes before end.
		if len(batch) == 0 && err == nil && claim.HighWatermark() >= end {
			return nil
		}
	}
	return nil
}
