package parse

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"

	"github.com/rs/zerolog"
)

// Lines go from logs.raw to logs.events over a real broker, also the longest ones, which
// compress badly and grow by the fields found in them; what cannot be decoded arrives on
// logs.deadletter.
func TestStageOverKafka(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
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
	t.Cleanup(client.Close)
	if err := client.EnsureTopics(ctx, pipeline.Topics(1, time.Hour), 1); err != nil {
		t.Fatal(err)
	}

	random := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, 1<<20)
	if _, err := random.Read(noise); err != nil {
		t.Fatal(err)
	}
	lines := []string{"first", string(noise), `{"level":"info","k":"v"}`, "", "last"}
	batch := rawRecords("web-1:/x", 7, lines...)
	for i := range batch {
		batch[i].Partition = -1
	}
	foreign := make([]byte, 2<<20)
	if _, err := random.Read(foreign); err != nil {
		t.Fatal(err)
	}
	batch = append(batch,
		pipeline.Message{Topic: pipeline.TopicRaw, Partition: 0, Value: foreign},
		pipeline.Message{Topic: pipeline.TopicRaw, Partition: 0, Value: []byte("x"), Headers: []pipeline.Header{{Key: pipeline.HeaderLine, Value: []byte("?")}}})
	sink := client.Sink(kafka.SinkConfig{})
	if err := sink.Produce(ctx, batch); err != nil {
		t.Fatal(err)
	}

	runner := pipeline.NewRunner(pipeline.RunnerConfig{
		Name:     "parse",
		NewStage: func(_ string, p int) (pipeline.Stage, error) { return NewStage(StageConfig{}, p), nil },
		Log:      zerolog.Nop(),
	}, client.Group(kafka.GroupConfig{Group: "process", Topics: []string{pipeline.TopicRaw}}), sink)
	runCtx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- runner.Run(runCtx) }()

	fetch := func(topic string, enough func([]pipeline.Message) bool) {
		t.Helper()
		claim := client.Open(topic, 0, kafka.Earliest)
		var have []pipeline.Message
		for !enough(have) {
			more, err := claim.Fetch(ctx, time.Second)
			if err != nil || ctx.Err() != nil {
				t.Fatalf("%s: %d records, then %v %v", topic, len(have), err, ctx.Err())
			}
			have = append(have, more...)
		}
	}
	var shipped, cutLine []pipeline.Event
	fetch(pipeline.TopicEvents, func(have []pipeline.Message) bool {
		shipped, cutLine = nil, nil
		for i := range have {
			events := decode(t, &have[i])
			if string(have[i].Key) == "web-1:/x" {
				shipped = append(shipped, events...)
			} else {
				cutLine = append(cutLine, events...)
			}
		}
		return len(shipped) >= len(lines) && len(cutLine) >= 1
	})
	for i := range lines {
		if string(shipped[i].Body) != lines[i] {
			t.Errorf("line %d came out with %d bytes, want the %d that went in", i, len(shipped[i].Body), len(lines[i]))
		}
	}
	if !cutLine[0].Truncated || !bytes.Equal(cutLine[0].Body, foreign[:1<<20]) {
		t.Errorf("the foreign line of 2 MiB has %d bytes, truncated %v", len(cutLine[0].Body), cutLine[0].Truncated)
	}
	fetch(pipeline.TopicDeadLetter, func(have []pipeline.Message) bool {
		return len(have) == 1 && string(have[0].Value) == "x"
	})
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
