package kafka_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// benchLines are 10,000 lines of about 140 bytes from 20 sources, as the shipper sends
// them.
func benchLines(topic string, labels int) []pipeline.Message {
	rnd := rand.New(rand.NewPCG(1, 2))
	msgs := make([]pipeline.Message, 10_000)
	for i := range msgs {
		l := pipeline.Line{
			ID: pipeline.LineID{Source: fmt.Sprintf("web-%d:/var/log/nginx/access.log", i%20), Generation: 0x1234567890abcdef, Offset: int64(i) * 140},
			Raw: fmt.Appendf(nil, `10.0.%d.%d - - [22/Nov/2026:08:00:00 +0000] "GET /api/v1/videos/%d HTTP/1.1" %d %d "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
				rnd.IntN(256), rnd.IntN(256), rnd.IntN(1e6), 200+rnd.IntN(4)*100, rnd.IntN(1e5)),
			Observed: time.Now(),
		}
		l.Size = int64(len(l.Raw)) + 1
		for k := range labels {
			l.Labels = append(l.Labels, pipeline.Attr{Key: fmt.Sprintf("label%d", k), Value: "value"})
		}
		msgs[i] = pipeline.EncodeLine(&l)
		msgs[i].Topic = topic
	}
	return msgs
}

// BenchmarkProduce: one caller, 10,000 lines in a call, 4 partitions, embedded broker in
// the same process.
func BenchmarkProduce(b *testing.B) {
	for _, codec := range []string{"none", "snappy", "lz4", "zstd"} {
		b.Run(codec, func(b *testing.B) {
			c := newClient(b, []string{startBroker(b, embedded.Config{DataDir: b.TempDir()}).Addr()})
			topic := newTopic(b, c, 4, nil)
			msgs := benchLines(topic, 2)
			sink := c.Sink(kafka.SinkConfig{Compression: codec})
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if err := sink.Produce(b.Context(), msgs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(msgs))/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(c.Stats().BytesProduced)/float64(c.Stats().RecordsProduced), "bytes/record")
		})
	}
}

// BenchmarkFetch reads what BenchmarkProduce writes, one partition.
func BenchmarkFetch(b *testing.B) {
	for _, codec := range []string{"none", "snappy", "lz4", "zstd"} {
		b.Run(codec, func(b *testing.B) {
			c := newClient(b, []string{startBroker(b, embedded.Config{DataDir: b.TempDir()}).Addr()})
			topic := newTopic(b, c, 1, nil)
			msgs := benchLines(topic, 2)
			sink := c.Sink(kafka.SinkConfig{Compression: codec})
			const rounds = 20
			for range rounds {
				if err := sink.Produce(b.Context(), msgs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			total := 0
			for range b.N {
				r := c.Open(topic, 0, 0)
				for n := 0; n < rounds*len(msgs); {
					batch, err := r.Fetch(b.Context(), time.Second)
					if err != nil {
						b.Fatal(err)
					}
					n += len(batch)
					total += len(batch)
				}
			}
			b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
