package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// Range is where a partition begins and ends: the offset of its first record, and that
// of the next record to come.
type Range struct{ Low, High int64 }

// Ends returns the range of every partition of topic. It tries once: the caller asks
// again at its next look.
func (c *Client) Ends(ctx context.Context, topic string) (map[int]Range, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
	defer cancel()
	t, err := c.topic(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("ends of %s: %w", topic, err)
	}
	var ask []kafka.OffsetRequest
	for _, p := range t.Partitions {
		ask = append(ask, kafka.FirstOffsetOf(p.ID), kafka.LastOffsetOf(p.ID))
	}
	res, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	if err != nil {
		return nil, fmt.Errorf("ends of %s: %w", topic, err)
	}
	ends := make(map[int]Range, len(t.Partitions))
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("ends of %s/%d: %w", topic, p.Partition, p.Error)
		}
		ends[p.Partition] = Range{Low: p.FirstOffset, High: p.LastOffset}
	}
	if len(ends) != len(t.Partitions) {
		return nil, fmt.Errorf("ends of %s: %d of %d partitions answered", topic, len(ends), len(t.Partitions))
	}
	return ends, nil
}

// Committed returns the offsets that group has committed for topic. Partitions without
// one are absent. It tries once.
func (c *Client) Committed(ctx context.Context, group, topic string) (map[int]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
	defer cancel()
	t, err := c.topic(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("offsets of group %s: %w", group, err)
	}
	var partitions []int
	for _, p := range t.Partitions {
		partitions = append(partitions, p.ID)
	}
	res, err := c.api.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: partitions}})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return nil, fmt.Errorf("offsets of group %s: %w", group, err)
	}
	offsets := make(map[int]int64)
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("offset of group %s on %s/%d: %w", group, topic, p.Partition, p.Error)
		}
		if p.CommittedOffset >= 0 {
			offsets[p.Partition] = p.CommittedOffset
		}
	}
	return offsets, nil
}

// rangeOf returns the range of one partition, once.
func (c *Client) rangeOf(ctx context.Context, topic string, partition int) (Range, error) {
	p, err := c.listOffsets(ctx, topic, partition, kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition))
	return Range{Low: p.FirstOffset, High: p.LastOffset}, err
}

// offsetAt returns the first offset produced at or after t, or the end; once.
func (c *Client) offsetAt(ctx context.Context, topic string, partition int, t time.Time) (int64, error) {
	p, err := c.listOffsets(ctx, topic, partition, kafka.TimeOffsetOf(partition, t))
	if err != nil {
		return 0, err
	}
	for offset := range p.Offsets {
		if offset >= 0 {
			return offset, nil
		}
	}
	r, err := c.rangeOf(ctx, topic, partition)
	return r.High, err
}

func (c *Client) listOffsets(ctx context.Context, topic string, partition int, ask ...kafka.OffsetRequest) (kafka.PartitionOffsets, error) {
	res, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	if err != nil {
		return kafka.PartitionOffsets{}, err
	}
	for _, p := range res.Topics[topic] {
		if p.Partition == partition {
			return p, p.Error
		}
	}
	return kafka.PartitionOffsets{}, fmt.Errorf("no offsets of %s/%d in the answer", topic, partition)
}
