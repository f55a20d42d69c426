package kafka_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

func TestReadAllGivesEveryRecordUpToTheEnd(t *testing.T) {
	broker, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	cfg := kafka.DefaultConfig()
	cfg.Brokers = []string{broker.Addr()}
	client, err := kafka.New(cfg, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	spec := pipeline.TopicSpec{Name: "t", Partitions: 2, Settings: map[string]string{"cleanup.policy": "delete"}}
	if err := client.EnsureTopics(ctx, []pipeline.TopicSpec{spec}, 1); err != nil {
		t.Fatal(err)
	}
	sink := client.Sink(kafka.DefaultSinkConfig())
	read := func(since time.Time) map[string]int {
		have := map[string]int{}
		if err := client.ReadAll(ctx, "t", since, func(m *pipeline.Message) error {
			have[string(m.Value)]++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return have
	}
	if have := read(time.Time{}); len(have) != 0 {
		t.Errorf("an empty topic gave %v", have)
	}
	old, recent := time.Now().Add(-time.Hour), time.Now()
	all, late := map[string]int{}, map[string]int{}
	for i := range 300 {
		m := pipeline.Message{Topic: "t", Partition: i % 2, Value: fmt.Appendf(nil, "v%d", i), Time: old}
		all[string(m.Value)] = 1
		if i >= 200 {
			m.Time = recent
			late[string(m.Value)] = 1
		}
		if err := sink.Produce(ctx, []pipeline.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(all, read(time.Time{})); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
	if d := cmp.Diff(late, read(recent.Add(-time.Minute))); d != "" {
		t.Errorf("since a time: -want +have\n%s", d)
	}
}
