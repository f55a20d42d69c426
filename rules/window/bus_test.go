package window_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/rules"
	"foghorn/rules/window"
)

// bus holds topics of one partition each, and the committed offset of logs.matches.
type bus struct {
	topics    map[string][]pipeline.Message
	committed int64
	clock     time.Time // of producing
}

func newBus(records []pipeline.Message) *bus {
	return &bus{topics: map[string][]pipeline.Message{pipeline.TopicMatches: records}}
}

func (b *bus) open(topic string, _ int, from int64) pipeline.Claim {
	return &claim{bus: b, topic: topic, next: from, committed: from}
}

// write appends messages, as a broker would store them.
func (b *bus) write(msgs ...pipeline.Message) {
	for _, m := range msgs {
		m.Partition, m.Offset, m.Time = 0, int64(len(b.topics[m.Topic])), b.clock
		b.topics[m.Topic] = append(b.topics[m.Topic], m)
	}
}

// claim reads one topic of a bus.
type claim struct {
	bus             *bus
	topic           string
	next, committed int64
	limit           int // records per Fetch, 0 is all
}

func (c *claim) Topic() string        { return c.topic }
func (c *claim) Partition() int       { return 0 }
func (c *claim) Committed() int64     { return c.committed }
func (c *claim) SeekTo(offset int64)  { c.next = offset }
func (c *claim) HighWatermark() int64 { return int64(len(c.bus.topics[c.topic])) }
func (c *claim) Commit(next int64)    { c.bus.committed = next }
func (c *claim) OffsetAt(_ context.Context, t time.Time) (int64, error) {
	list := c.bus.topics[c.topic]
	for i := range list {
		if !list[i].Time.Before(t) {
			return int64(i), nil
		}
	}
	return int64(len(list)), nil
}

func (c *claim) Fetch(context.Context, time.Duration) ([]pipeline.Message, error) {
	list := c.bus.topics[c.topic][c.next:]
	if c.limit > 0 && len(list) > c.limit {
		list = list[:c.limit]
	}
	c.next += int64(len(list))
	return slices.Clone(list), nil
}

// crash says where a life of the stage ends.
type crash struct {
	// batches are worked off completely; then the next one is processed, and of what
	// it gave anomalies and states records reach their topics before the end.
	batches, size     int
	anomalies, states int
}

// live runs the stage over the bus until it crashes or, for nil, until all is read.
func (b *bus) live(t testing.TB, set *rules.Set, c *crash) {
	t.Helper()
	ctx := t.Context()
	in := &claim{bus: b, topic: pipeline.TopicMatches, committed: b.committed, next: b.committed, limit: 7}
	if c != nil {
		in.limit = c.size
	}
	stage := window.NewStage(window.DefaultConfig(), 0, rules.NewLive(set), window.ReadBack(b.open))
	if err := stage.Restore(ctx, in); err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		batch, err := in.Fetch(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		out, err := stage.Process(ctx, time.Time{}, batch)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) > 0 {
			b.clock = batch[len(batch)-1].Time.Add(time.Millisecond)
		}
		if c != nil && n >= c.batches {
			left := map[string]int{pipeline.TopicAnomalies: c.anomalies, pipeline.TopicState: c.states}
			for _, m := range out {
				if left[m.Topic]--; left[m.Topic] >= 0 {
					b.write(m)
				}
			}
			return
		}
		b.write(out...)
		if len(batch) == 0 {
			return
		}
		in.Commit(batch[len(batch)-1].Offset + 1)
	}
}

// written returns the anomaly events by (id, seq); one that is there twice is a failure.
func (b *bus) written(t testing.TB) map[[2]any]pipeline.Anomaly {
	t.Helper()
	out := make(map[[2]any]pipeline.Anomaly)
	for _, m := range b.topics[pipeline.TopicAnomalies] {
		var a pipeline.Anomaly
		if err := json.Unmarshal(m.Value, &a); err != nil {
			t.Fatal(err)
		}
		key := [2]any{a.ID, a.Seq}
		if _, ok := out[key]; ok {
			t.Fatalf("event %v is written twice", key)
		}
		out[key] = a
	}
	return out
}

// states returns the newest state by anomaly, without those that have a tombstone.
func (b *bus) states(t testing.TB) map[string]pipeline.Anomaly {
	t.Helper()
	out := make(map[string]pipeline.Anomaly)
	for _, m := range b.topics[pipeline.TopicState] {
		if m.Value == nil {
			delete(out, string(m.Key))
			continue
		}
		var a pipeline.Anomaly
		if err := json.Unmarshal(m.Value, &a); err != nil {
			t.Fatal(err)
		}
		out[a.ID] = a
	}
	return out
}
