package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
)

func produce(t testing.TB, c *kafka.Client, topic string, partition, from, n int) {
	t.Helper()
	msgs := make([]pipeline.Message, n)
	for i := range msgs {
		msgs[i] = pipeline.Message{Topic: topic, Partition: partition, Key: strconv.AppendInt(nil, int64((from+i)%7), 10), Value: strconv.AppendInt(nil, int64(from+i), 10)}
	}
	if err := c.Sink(kafka.SinkConfig{}).Produce(within(t, time.Minute), msgs); err != nil {
		t.Fatal(err)
	}
}

// Fetch waits for an absent broker, beyond wait: it never returns none for it.
func TestAnAbsentBrokerIsNotSilence(t *testing.T) {
	c := newClient(t, []string{"127.0.0.1:1"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if msgs, err := c.Open("t", 0, 0).Fetch(ctx, time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d records, error %v, want that of the context", len(msgs), err)
	}
}

func TestOpenStartsWhereItIsTold(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, time.Minute), newClient(t, brokers)
		topic := newTopic(t, c, 2, nil)
		produce(t, c, topic, 1, 0, 100)
		for _, test := range []struct {
			name       string
			from, want int64
		}{
			{"first", 0, 0}, {"inside a batch", 57, 57}, {"earliest", kafka.Earliest, 0},
		} {
			t.Run(test.name, func(t *testing.T) {
				r := c.Open(topic, 1, test.from)
				if have := readTo(ctx, t, r, 1)[0].Offset; have != test.want {
					t.Errorf("offset %d, want %d", have, test.want)
				}
				if r.HighWatermark() != 100 {
					t.Errorf("high watermark %d, want 100", r.HighWatermark())
				}
			})
		}
		t.Run("end", func(t *testing.T) {
			r := c.Open(topic, 1, kafka.End)
			if msgs, err := r.Fetch(ctx, 10*time.Millisecond); err != nil || len(msgs) != 0 {
				t.Fatalf("%d records, error %v, want none", len(msgs), err)
			}
			produce(t, c, topic, 1, 100, 1)
			if have := readTo(ctx, t, r, 1)[0].Offset; have != 100 {
				t.Errorf("offset %d, want 100", have)
			}
		})
		t.Run("seek", func(t *testing.T) {
			r := c.Open(topic, 1, 0)
			readTo(ctx, t, r, 1)
			r.SeekTo(42)
			if have := readTo(ctx, t, r, 1)[0].Offset; have != 42 {
				t.Errorf("offset %d, want 42", have)
			}
		})
	})
}

// A Fetch is bounded in memory: a long backlog comes in pieces, every record once.
func TestBacklogComesInPieces(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx := within(t, 3*time.Minute)
		writer := newClient(t, brokers)
		topic := newTopic(t, writer, 1, nil)
		value := make([]byte, 1000)
		msgs := make([]pipeline.Message, 5000)
		for i := range msgs {
			msgs[i] = pipeline.Message{Topic: topic, Value: value}
		}
		for _, codec := range []string{"none", "zstd"} {
			if err := writer.Sink(kafka.SinkConfig{Compression: codec, MaxBatchBytes: 100 << 10}).Produce(ctx, msgs); err != nil {
				t.Fatal(err)
			}
		}
		c, err := kafka.New(kafka.Config{Brokers: brokers, FetchBytes: 64 << 10}, nopLog)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r, next := c.Open(topic, 0, 0), int64(0)
		for next < 10000 {
			batch, err := r.Fetch(ctx, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if len(batch) > 600 { // 4 × 64 KiB and one batch of 100 KiB
				t.Fatalf("%d records of 1000 bytes at once", len(batch))
			}
			for _, m := range batch {
				if m.Offset != next {
					t.Fatalf("offset %d, want %d", m.Offset, next)
				}
				next++
			}
		}
	})
}

func TestOffsetAt(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, time.Minute), newClient(t, brokers)
		topic := newTopic(t, c, 1, nil)
		start := time.UnixMilli(time.Now().UnixMilli()).Add(-time.Hour)
		sink := c.Sink(kafka.SinkConfig{})
		for i := range 10 {
			m := pipeline.Message{Topic: topic, Value: []byte("x"), Time: start.Add(time.Duration(i) * time.Minute)}
			if err := sink.Produce(ctx, []pipeline.Message{m}); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range []struct {
			name string
			at   time.Time
			want int64
		}{
			{"before all", start.Add(-time.Hour), 0},
			{"exactly", start.Add(3 * time.Minute), 3},
			{"between", start.Add(3*time.Minute + time.Second), 4},
			{"after all", start.Add(time.Hour), 10},
		} {
			t.Run(test.name, func(t *testing.T) {
				have, err := c.Open(topic, 0, 0).OffsetAt(ctx, test.at)
				if err != nil || have != test.want {
					t.Errorf("offset %d, error %v, want %d", have, err, test.want)
				}
			})
		}
	})
}

// newCluster is a broker in memory whose records a test can remove.
func newCluster(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster
}

// Records that retention removed before they were read are reported as a gap, and
// reading goes on at the first that is there.
func TestGapIsReportedAndReadingGoesOn(t *testing.T) {
	cluster := newCluster(t)
	ctx, c := within(t, time.Minute), newClient(t, cluster.ListenAddrs())
	topic := newTopic(t, c, 1, nil)
	produce(t, c, topic, 0, 0, 100)
	if err := cluster.DeleteRecords(topic, 0, 60); err != nil {
		t.Fatal(err)
	}
	r := c.Open(topic, 0, 10)
	msgs, err := r.Fetch(ctx, time.Second)
	var gap *pipeline.GapError
	if !errors.As(err, &gap) || gap.From != 10 || gap.To != 60 || len(msgs) != 0 {
		t.Fatalf("%d records, error %v, want a gap from 10 to 60", len(msgs), err)
	}
	if have := readTo(ctx, t, r, 1)[0].Offset; have != 60 {
		t.Errorf("offset %d after the gap, want 60", have)
	}
}

// A topic that was made anew and ends before the offset is read from its start.
func TestTopicMadeAnewIsReadFromItsStart(t *testing.T) {
	cluster := newCluster(t)
	ctx, c := within(t, time.Minute), newClient(t, cluster.ListenAddrs())
	topic := newTopic(t, c, 1, nil)
	produce(t, c, topic, 0, 0, 100)
	r := c.Open(topic, 0, 0)
	readTo(ctx, t, r, 100)
	if err := cluster.DeleteTopic(topic); err != nil {
		t.Fatal(err)
	}
	if err := cluster.CreateTopic(topic, 1, nil); err != nil {
		t.Fatal(err)
	}
	produce(t, c, topic, 0, 0, 5)
	_, err := r.Fetch(ctx, 5*time.Second)
	var gap *pipeline.GapError
	if !errors.As(err, &gap) || gap.From != 100 || gap.To != 0 {
		t.Fatalf("error %v, want a gap from 100 to 0", err)
	}
	if have := readTo(ctx, t, r, 5)[0].Offset; have != 0 {
		t.Errorf("offset %d, want 0", have)
	}
}

// A compacted partition is read to its end, past batches that lost their last records.
func TestCompactedPartitionIsReadToItsEnd(t *testing.T) {
	cluster := newCluster(t)
	ctx, c := within(t, time.Minute), newClient(t, cluster.ListenAddrs())
	topic := newTopic(t, c, 1, map[string]string{"cleanup.policy": "compact"})
	sink := c.Sink(kafka.SinkConfig{})
	for i := range 20 { // each batch begins with a key of its own and ends with keys that return
		msgs := []pipeline.Message{{Topic: topic, Key: fmt.Append(nil, "own", i)}}
		for k := range 9 {
			msgs = append(msgs, pipeline.Message{Topic: topic, Key: fmt.Append(nil, "key", k), Value: fmt.Append(nil, i)})
		}
		msgs[0].Value = []byte("once")
		if err := sink.Produce(ctx, msgs); err != nil {
			t.Fatal(err)
		}
	}
	cluster.Compact()
	r, read, last := c.Open(topic, 0, 0), 0, int64(-1)
	newest := map[string]string{}
	for last < 199 {
		for _, m := range readTo(ctx, t, r, 1) {
			if m.Offset <= last {
				t.Fatalf("offset %d after %d", m.Offset, last)
			}
			last, read = m.Offset, read+1
			newest[string(m.Key)] = string(m.Value)
		}
	}
	if read > 60 || len(newest) != 29 {
		t.Errorf("%d records with %d keys, want few with 29 keys", read, len(newest))
	}
	for k := range 9 {
		if have := newest[fmt.Sprint("key", k)]; have != "19" {
			t.Errorf("newest value of key %d is %s, want 19", k, have)
		}
	}
	if msgs, err := r.Fetch(ctx, 0); err != nil || len(msgs) != 0 {
		t.Errorf("%d records behind the end, error %v", len(msgs), err)
	}
}

// A leader that moves is followed: no record is lost or read twice.
func TestLeaderMoves(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	ctx, c := within(t, 3*time.Minute), newClient(t, cluster.ListenAddrs())
	topic := newTopic(t, c, 1, nil)
	sink, r := c.Sink(kafka.SinkConfig{}), c.Open(topic, 0, 0)
	for i := range 6 {
		if err := cluster.MoveTopicPartition(topic, 0, int32(i%3)); err != nil {
			t.Fatal(err)
		}
		m := pipeline.Message{Topic: topic, Value: strconv.AppendInt(nil, int64(i), 10)}
		if err := sink.Produce(ctx, []pipeline.Message{m}); err != nil {
			t.Fatal(err)
		}
		if have := string(readTo(ctx, t, r, 1)[0].Value); have != strconv.Itoa(i) {
			t.Fatalf("record %s, want %d", have, i)
		}
	}
}
