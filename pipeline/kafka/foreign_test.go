package kafka_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	library "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
)

// What other producers write is read by Open and by Stream, whatever compresses it.
func TestOtherProducersRecords(t *testing.T) {
	const n = 500
	value := func(i int) []byte { return bytes.Repeat(fmt.Appendf(nil, "value %d ", i), i%40) }
	producers := map[string]func(ctx context.Context, brokers []string, topic string) error{}
	for codec, name := range map[library.Compression]string{0: "none", library.Gzip: "gzip", library.Snappy: "snappy", library.Lz4: "lz4", library.Zstd: "zstd"} {
		producers["kafka-go "+name] = func(ctx context.Context, brokers []string, topic string) error {
			transport := &library.Transport{} // that has not heard of fewer topics
			defer transport.CloseIdleConnections()
			w := &library.Writer{
				Addr: library.TCP(brokers...), Topic: topic, Compression: codec, Transport: transport,
				BatchSize: 60, BatchTimeout: time.Millisecond, RequiredAcks: library.RequireAll,
			}
			defer w.Close()
			msgs := make([]library.Message, n)
			for i := range msgs {
				msgs[i] = library.Message{Key: fmt.Appendf(nil, "%d", i), Value: value(i), Headers: []library.Header{{Key: "n", Value: fmt.Appendf(nil, "%d", i)}}}
			}
			return w.WriteMessages(ctx, msgs...)
		}
	}
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		producers["franz-go "+name] = func(ctx context.Context, brokers []string, topic string) error {
			c, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(codec), kgo.ProducerBatchMaxBytes(4<<10))
			if err != nil {
				return err
			}
			defer c.Close()
			records := make([]*kgo.Record, n)
			for i := range records {
				records[i] = &kgo.Record{Key: fmt.Appendf(nil, "%d", i), Value: value(i), Headers: []kgo.RecordHeader{{Key: "n", Value: fmt.Appendf(nil, "%d", i)}}}
			}
			return c.ProduceSync(ctx, records...).FirstErr()
		}
	}
	onClusters(t, func(t *testing.T, brokers []string) {
		for name, write := range producers {
			t.Run(name, func(t *testing.T) {
				ctx := within(t, time.Minute)
				c, err := kafka.New(kafka.Config{Brokers: brokers, FetchBytes: 16 << 10}, nopLog)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				topic := newTopic(t, c, 1, nil)
				if err := write(ctx, brokers, topic); err != nil {
					t.Fatal(err)
				}
				rooms := make(chan []byte, 1)
				rooms <- nil
				for how, claim := range map[string]pipeline.Claim{"open": c.Open(topic, 0, 0), "stream": c.Stream(topic, 0, 0, rooms)} {
					seen := map[string]bool{}
					for next := int64(0); next < n; {
						batch, err := claim.Fetch(ctx, time.Second)
						if err != nil {
							t.Fatalf("%s: %v", how, err)
						}
						for i := range batch {
							m := &batch[i]
							var k int
							if _, err := fmt.Sscanf(string(m.Key), "%d", &k); err != nil || m.Offset != next {
								t.Fatalf("%s: key %q at offset %d, want one at %d", how, m.Key, m.Offset, next)
							}
							number, _ := m.Header("n")
							if d := cmp.Diff(string(value(k)), string(m.Value)); d != "" || string(number) != string(m.Key) || seen[string(m.Key)] {
								t.Fatalf("%s: record %q, header %q, seen %v: %s", how, m.Key, number, seen[string(m.Key)], d)
							}
							seen[string(m.Key)] = true
							next++
						}
					}
				}
			})
		}
	})
}
