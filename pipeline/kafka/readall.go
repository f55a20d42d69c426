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
	for idle := 0; next < end; {
		batch, err := claim.Fetch(ctx, time.Second)
		var gap *pipeline.GapError
		switch {
		case errors.As(err, &gap): // retention is faster than this reader
			next = gap.To
		case err != nil:
			return err
		case len(batch) == 0:
			// The last records of a compacted topic can be gone. An absent broker looks the
			// same, so the end is believed only when the broker answers.
			if _, err := c.Ends(ctx, topic); err != nil {
				idle = 0
			} else if idle++; idle == 2 {
				return nil
			}
		}
		for i := range batch {
			if batch[i].Offset >= end {
				return nil
			}
			if err := each(&batch[i]); err != nil {
				return err
			}
			next, idle = batch[i].Offset+1, 0
		}
	}
	return nil
}
