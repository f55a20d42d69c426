package kafka_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
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
		read(c.Stream(topic, 0, 0), func(m pipeline.Message) {
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
