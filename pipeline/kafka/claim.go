package kafka

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// claim is a partition held by a group's member.
type claim struct {
	*reader
	commits *committer
}

// Commit implements pipeline.Claim: it is sent within GroupConfig.CommitInterval, and
// before the claim ends.
func (c *claim) Commit(next int64) {
	c.start = next
	c.commits.note(c.dec.topic, c.dec.partition, next)
}

// committer sends the commits of one generation, all claims' together.
type committer struct {
	group      *Group
	generation *kafka.Generation

	sending sync.Mutex // one commit at a time, so that none overtakes a later one
	mu      sync.Mutex
	due     map[string]map[int]int64
}

func (c *committer) note(topic string, partition int, next int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due[topic] == nil {
		c.due[topic] = make(map[int]int64)
	}
	c.due[topic][partition] = next
}

// run sends what is due until the generation is over; what comes after is flushed by the
// claims as they end.
func (c *committer) run(over context.Context) {
	ticker := time.NewTicker(c.group.cfg.CommitInterval)
	defer ticker.Stop()
	for {
		select {
		case <-over.Done():
			return
		case <-ticker.C:
			c.flush()
		}
	}
}

// flush sends what is due. What could not be sent is due again, unless the generation no
// longer counts at the broker: then the records come once more to whoever has the
// partition next.
func (c *committer) flush() {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.mu.Lock()
	due := c.due
	c.due = make(map[string]map[int]int64)
	c.mu.Unlock()
	if len(due) == 0 {
		return
	}
	client := c.group.client
	err := c.generation.CommitOffsets(due)
	if err == nil {
		client.stats.commits.Add(1)
		return
	}
	client.stats.commitErrors.Add(1)
	client.waiting("commits of group", c.group.cfg.Group, err)
	if errors.Is(err, kafka.IllegalGeneration) || errors.Is(err, kafka.UnknownMemberId) || errors.Is(err, kafka.RebalanceInProgress) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic, partitions := range due {
		for partition, next := range partitions {
			if _, newer := c.due[topic][partition]; newer {
				continue
			}
			if c.due[topic] == nil {
				c.due[topic] = make(map[int]int64)
			}
			c.due[topic][partition] = next
		}
	}
}
