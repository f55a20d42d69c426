package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
)

// Stream gives the records that Open gives, whatever compresses them and however the broker
// cuts its answers.
func TestStreamReadsWhatOpenReads(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx := within(t, 3*time.Minute)
		writer := newClient(t, brokers)
		topic := newTopic(t, writer, 1, nil)
		rnd := rand.New(rand.NewPCG(1, 2))
		sent := 0
		for _, codec := range []string{"zstd", "none", "snappy", "lz4", "zstd"} {
			msgs := make([]pipeline.Message, 300)
			for i := range msgs {
				sent++
				msgs[i] = pipeline.Message{
					Topic: topic, Key: fmt.Appendf(nil, "key %d", sent),
					Value:   bytes.Repeat(fmt.Appendf(nil, "value %d ", sent), rnd.IntN(200)),
					Headers: []pipeline.Header{{Key: "n", Value: fmt.Appendf(nil, "%d", sent)}},
				}
			}
			if err := writer.Sink(kafka.SinkConfig{Compression: codec, MaxBatchBytes: 20 << 10}).Produce(ctx, msgs); err != nil {
				t.Fatal(err)
			}
		}
		c, err := kafka.New(kafka.Config{Brokers: brokers, FetchBytes: 64 << 10}, nopLog)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		read := func(claim pipeline.Claim, each func(pipeline.Message)) {
			for n := 0; n < sent; {
				batch, err := claim.Fetch(ctx, time.Second)
				if err != nil {
					t.Fatal(err)
				}
				for i := range batch {
					each(batch[i])
				}
				n += len(batch)
			}
		}
		var want []pipeline.Message
		read(c.Open(topic, 0, 0), func(m pipeline.Message) { want = append(want, m) })
		n := 0
		rooms := make(chan []byte, 1)
		rooms <- nil
		read(c.Stream(topic, 0, 0, rooms), func(m pipeline.Message) {
			if d := cmp.Diff(want[n], m); d != "" {
				t.Fatalf("record %d: %s", n, d)
			}
			n++
		})
		if n != sent || len(want) != sent {
			t.Errorf("%d and %d records, want %d", len(want), n, sent)
		}
	})
}

// Readers of many partitions that share one room take it in turns, and none starves.
func TestStreamsShareTheirRooms(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx := within(t, 3*time.Minute)
		c := newClient(t, brokers)
		const partitions, each = 4, 500
		topic := newTopic(t, c, partitions, nil)
		var msgs []pipeline.Message
		for i := range partitions * each {
			msgs = append(msgs, pipeline.Message{Topic: topic, Partition: i % partitions, Value: fmt.Appendf(nil, "value %d", i)})
		}
		if err := c.Sink(kafka.SinkConfig{MaxBatchBytes: 4 << 10}).Produce(ctx, msgs); err != nil {
			t.Fatal(err)
		}
		rooms := make(chan []byte, 1)
		rooms <- nil
		var inUse atomic.Int32
		var wg sync.WaitGroup
		for p := range partitions {
			wg.Go(func() {
				claim := c.Stream(topic, p, 0, rooms)
				for n := 0; n < each; {
					batch, err := claim.Fetch(ctx, time.Second)
					if err != nil {
						t.Errorf("partition %d: %v", p, err)
						return
					}
					if len(batch) == 0 {
						continue
					}
					if inUse.Add(1) > 1 {
						t.Errorf("partition %d: the room is in use", p)
					}
					for i := range batch {
						if want := fmt.Sprintf("value %d", n*partitions+p); string(batch[i].Value) != want {
							t.Errorf("partition %d: %q, want %q", p, batch[i].Value, want)
						}
						n++
					}
					inUse.Add(-1)
				}
				if batch, err := claim.Fetch(ctx, 0); err != nil || len(batch) > 0 { // gives the room back
					t.Errorf("partition %d: %d records more, %v", p, len(batch), err)
				}
			})
		}
		wg.Wait()
	})
}

// A Fetch that waits for a room ends with its context, and has skipped nothing.
func TestAStreamThatWaitsForARoomEndsWithItsContext(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		c := newClient(t, brokers)
		topic := newTopic(t, c, 1, nil)
		produce(t, c, topic, 0, 0, 10)
		rooms := make(chan []byte, 1)
		claim := c.Stream(topic, 0, 0, rooms)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if msgs, err := claim.Fetch(ctx, time.Millisecond); !errors.Is(err, context.DeadlineExceeded) || len(msgs) > 0 {
			t.Errorf("%d records, error %v, want that of the context", len(msgs), err)
		}
		rooms <- nil
		if msgs, err := claim.Fetch(within(t, time.Minute), time.Second); err != nil || len(msgs) != 10 || msgs[0].Offset != 0 {
			t.Errorf("%d records, error %v, want 10", len(msgs), err)
		}
	})
}
