package window_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
	"foghorn/rules"
	"foghorn/rules/window"
)

var errCut = errors.New("cut off")

// cutting is a Sink that a few times writes only the first part of what it is given.
type cutting struct {
	pipeline.Sink
	mu    sync.Mutex
	calls int
	cuts  map[int]bool
	done  int
}

func (c *cutting) Produce(ctx context.Context, msgs []pipeline.Message) error {
	c.mu.Lock()
	cut := c.cuts[c.calls]
	c.calls++
	c.mu.Unlock()
	if !cut {
		return c.Sink.Produce(ctx, msgs)
	}
	if err := c.Sink.Produce(ctx, msgs[:len(msgs)/2]); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	return errCut
}

// On a real broker, with two partitions and a sink that is cut off in the midst of
// produce, each (ID, Seq) is on the topic anomalies once, and all that an uninterrupted
// run gives are there.
func TestRestartsOnABroker(t *testing.T) {
	cfg := embedded.DefaultConfig()
	cfg.DataDir = t.TempDir()
	broker, err := embedded.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := kafka.New(kafka.Config{Brokers: []string{broker.Addr()}}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := client.EnsureTopics(ctx, pipeline.Topics(2, time.Hour), 1); err != nil {
		t.Fatal(err)
	}

	set := parseRules(t, crashRules)
	sink := &cutting{Sink: client.Sink(kafka.DefaultSinkConfig()), cuts: map[int]bool{0: true, 2: true, 4: true}}
	var want []string
	var out [2][]pipeline.Message
	for _, m := range story(t, set) {
		for p := range 2 {
			if m.Key == nil || pipeline.PartitionFor(m.Key, 2) == p {
				m.Partition, m.Offset = p, int64(len(out[p]))
				out[p] = append(out[p], m)
			}
		}
	}
	for p := range 2 {
		whole := newBus(out[p])
		whole.live(t, set, nil)
		for _, a := range whole.written(t) {
			want = append(want, name(&a))
		}
	}

	live := rules.NewLive(set)
	runner := pipeline.NewRunner(pipeline.RunnerConfig{
		Name: "rules", Tick: 20 * time.Millisecond, Log: zerolog.Nop(),
		NewStage: func(_ string, partition int) (pipeline.Stage, error) {
			return window.NewStage(window.DefaultConfig(), partition, live, window.ReadBack(client.Open)), nil
		},
	}, client.Group(kafka.GroupConfig{Group: "rules", Topics: []string{pipeline.TopicMatches}}), sink)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(running) }()

	// The records come in pieces, so that there are many batches.
	for i := 0; i < max(len(out[0]), len(out[1])); i += 3 {
		for p := range 2 {
			part := out[p][min(i, len(out[p])):min(i+3, len(out[p]))]
			for j := range part {
				part[j].Time = time.Time{}
			}
			if err := sink.Sink.Produce(ctx, part); err != nil {
				t.Fatal(err)
			}
		}
	}
	var have []string
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		have = have[:0]
		written, err := window.ReadBack(client.Open)(ctx, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range written.Events {
			var a pipeline.Anomaly
			if err := json.Unmarshal(m.Value, &a); err != nil {
				t.Fatal(err)
			}
			have = append(have, name(&a))
		}
		if len(have) >= len(want) {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if sink.done < 2 {
		t.Errorf("the sink was cut off %d times: the test says little", sink.done)
	}
	if diff := cmp.Diff(counted(want), counted(have)); diff != "" {
		t.Errorf("events and how often they are there (-uninterrupted +broker):\n%s", diff)
	}
}

func name(a *pipeline.Anomaly) string {
	return fmt.Sprintf("%s %s %s@%d count %d", a.Rule, a.Group["user"], a.State, a.Seq, a.Count) + a.Started.Format(" 15:04:05")
}

func counted(list []string) map[string]int {
	out := make(map[string]int)
	for _, s := range list {
		out[s]++
	}
	return out
}
