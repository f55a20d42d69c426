package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"foghorn/pipeline"
)

// topic is the topic anomalies in memory: one partition, and one group whose committed
// offset outlives an Alerter.
type topic struct {
	mu        sync.Mutex
	records   []pipeline.Message
	committed int64
	more      chan struct{}
}

func newTopic() *topic { return &topic{more: make(chan struct{})} }

func (p *topic) append(t *testing.T, events ...pipeline.Anomaly) {
	t.Helper()
	for i := range events {
		value, err := json.Marshal(&events[i])
		if err != nil {
			t.Fatal(err)
		}
		p.appendRaw(value, time.Now())
	}
}

func (p *topic) appendRaw(value []byte, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.records = append(p.records, pipeline.Message{
		Topic: pipeline.TopicAnomalies, Offset: int64(len(p.records)), Value: value, Time: at,
	})
	close(p.more)
	p.more = make(chan struct{})
}

func (p *topic) commit() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.committed
}

// Run implements pipeline.Source.
func (p *topic) Run(ctx context.Context, work func(context.Context, pipeline.Claim) error) error {
	return work(ctx, &topicClaim{topic: p, next: p.commit()})
}

type topicClaim struct {
	*topic
	next int64
}

func (c *topicClaim) Topic() string    { return pipeline.TopicAnomalies }
func (c *topicClaim) Partition() int   { return 0 }
func (c *topicClaim) Committed() int64 { return c.commit() }
func (c *topicClaim) SeekTo(o int64)   { c.next = o }

func (c *topicClaim) OffsetAt(_ context.Context, t time.Time) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.records {
		if !c.records[i].Time.Before(t) {
			return int64(i), nil
		}
	}
	return int64(len(c.records)), nil
}

func (c *topicClaim) Fetch(ctx context.Context, wait time.Duration) ([]pipeline.Message, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		c.mu.Lock()
		batch := append([]pipeline.Message(nil), c.records[c.next:]...)
		more := c.more
		c.mu.Unlock()
		if len(batch) > 0 {
			c.next += int64(len(batch))
			return batch, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return nil, nil
		case <-more:
		}
	}
}

func (c *topicClaim) HighWatermark() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.records))
}

func (c *topicClaim) Commit(next int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.committed = next
}

// event makes a lifecycle event of the anomaly named id.
func event(id string, seq int, state pipeline.AnomalyState) pipeline.Anomaly {
	started := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	a := pipeline.Anomaly{
		ID: id, Seq: seq, State: state, Rule: "sshd-bruteforce", Kind: "threshold", Severity: "high",
		Title: "Many failed SSH logins from one address", Threshold: ">= 10", Window: "1m0s",
		Group:   map[string]string{"host": "web-1", "client.address": "10.0.0." + id},
		Started: started, FirstSeen: started, LastSeen: started.Add(time.Minute), Count: 10, Value: 10,
		Summary: fmt.Sprintf("10 failed logins from 10.0.0.%s", id), Hosts: []string{"web-1"},
	}
	if state == pipeline.AnomalyResolved {
		end := started.Add(5 * time.Minute)
		a.ResolvedAt = &end
	}
	return a
}

// eventually waits until cond holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("after 10 s still not: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
