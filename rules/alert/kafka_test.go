package alert

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// TestOnKafka delivers from a real topic, is stopped, and goes on where it was.
func TestOnKafka(t *testing.T) {
	broker, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
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
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := client.EnsureTopics(ctx, pipeline.Topics(1, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	sink := client.Sink(kafka.DefaultSinkConfig())
	produce := func(events ...pipeline.Anomaly) {
		for i := range events {
			msgs, err := events[i].Messages()
			if err != nil {
				t.Fatal(err)
			}
			if err := sink.Produce(ctx, msgs); err != nil {
				t.Fatal(err)
			}
		}
	}
	h := newHook(t)
	run := func(want ...string) {
		t.Helper()
		gc := kafka.DefaultGroupConfig()
		gc.Group, gc.Topics = "alert", []string{pipeline.TopicAnomalies}
		a, err := New(quick(Receiver{Webhook: h.URL}), client.Group(gc), zerolog.New(io.Discard), nil)
		if err != nil {
			t.Fatal(err)
		}
		runCtx, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- a.Run(runCtx) }()
		eventually(t, "delivered", func() bool { return len(h.taken()) >= len(want) })
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, h.taken()); diff != "" {
			t.Errorf("events taken (-want +have):\n%s", diff)
		}
	}
	produce(event("1", 1, pipeline.AnomalyOpen), event("2", 1, pipeline.AnomalyOpen))
	run("1/1", "2/1")
	produce(event("1", 1, pipeline.AnomalyOpen), event("1", 2, pipeline.AnomalyResolved)) // the first is a repeat
	run("1/1", "2/1", "1/2")
}
