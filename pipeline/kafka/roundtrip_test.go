package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
)

// A record comes back as it was written: key, value (nil, empty and binary), headers
// and time.
func TestRecordsComeBackUnchanged(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	now := time.UnixMilli(time.Now().UnixMilli())
	sent := []pipeline.Message{
		{Key: []byte("k"), Value: []byte("line")},
		{Key: []byte("k"), Value: nil},
		{Key: []byte("k"), Value: []byte{}},
		{Key: nil, Value: every},
		{Key: []byte{}, Value: []byte("a\x00b\r\xff\xfe")},
		{Key: []byte("k"), Value: []byte("h"), Headers: []pipeline.Header{
			{Key: "a", Value: []byte("1")}, {Key: "a", Value: []byte("2")}, {Key: "", Value: nil}, {Key: "e", Value: []byte{}}, {Key: "b", Value: every},
		}},
		{Key: []byte("k"), Value: []byte("old"), Time: now.Add(-time.Minute)},
	}
	onClusters(t, func(t *testing.T, brokers []string) {
		for _, codec := range []string{"none", "lz4", "snappy", "zstd"} {
			t.Run(codec, func(t *testing.T) {
				ctx, c := within(t, time.Minute), newClient(t, brokers)
				topic := newTopic(t, c, 1, nil)
				msgs := slices.Clone(sent)
				for i := range msgs {
					msgs[i].Topic = topic
					if msgs[i].Time.IsZero() {
						msgs[i].Time = now
					}
				}
				if err := c.Sink(kafka.SinkConfig{Compression: codec}).Produce(ctx, msgs); err != nil {
					t.Fatal(err)
				}
				for i := range msgs {
					msgs[i].Offset = int64(i)
				}
				have := readTo(ctx, t, c.Open(topic, 0, 0), len(msgs))
				if diff := cmp.Diff(msgs, have); diff != "" {
					t.Errorf("records differ (-sent +read):\n%s", diff)
				}
				if s := c.Stats(); s.RecordsProduced != int64(len(msgs)) || s.RecordsFetched != int64(len(msgs)) {
					t.Errorf("stats %+v, want %d records each way", s, len(msgs))
				}
			})
		}
	})
}

// Time zero becomes the time of producing.
func TestTimeOfProducing(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, time.Minute), newClient(t, brokers)
		topic := newTopic(t, c, 1, nil)
		before := time.Now().Add(-time.Millisecond)
		if err := c.Sink(kafka.SinkConfig{}).Produce(ctx, []pipeline.Message{{Topic: topic, Value: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
		if have := readTo(ctx, t, c.Open(topic, 0, 0), 1)[0].Time; have.Before(before) || have.After(time.Now()) {
			t.Errorf("time %v, want now (%v)", have, before)
		}
	})
}

// Records of one partition are written in the order given, while other callers write to
// the same partitions; a source keeps to one partition.
func TestOrderOfConcurrentProducers(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, 3*time.Minute), newClient(t, brokers)
		const partitions, producers, calls, each = 3, 12, 20, 25
		topic := newTopic(t, c, partitions, nil)
		sink := c.Sink(kafka.SinkConfig{MaxBatchBytes: 2 << 10}) // many requests
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for n := range calls {
					msgs := make([]pipeline.Message, each)
					for i := range msgs {
						msgs[i] = pipeline.Message{Topic: topic, Partition: -1, Key: fmt.Append(nil, "source-", p), Value: strconv.AppendInt(nil, int64(n*each+i), 10)}
					}
					if err := sink.Produce(ctx, msgs); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		ends, err := c.Ends(ctx, topic)
		if err != nil {
			t.Fatal(err)
		}
		total, next := 0, map[string]int{}
		for p := range partitions {
			for _, m := range readTo(ctx, t, c.Open(topic, p, 0), int(ends[p].High)) {
				key := string(m.Key)
				if want := pipeline.PartitionFor(m.Key, partitions); want != p {
					t.Fatalf("%s is in partition %d, want %d", key, p, want)
				}
				if have, _ := strconv.Atoi(string(m.Value)); have != next[key] {
					t.Fatalf("%s: record %d, want %d", key, have, next[key])
				}
				next[key]++
				total++
			}
		}
		if want := producers * calls * each; total != want {
			t.Errorf("%d records, want %d", total, want)
		}
	})
}

// A record that can never be accepted is named, and the others of the call before it,
// and those of other callers, are written.
func TestTooLargeRecordIsNamed(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, time.Minute), newClient(t, brokers)
		topic := newTopic(t, c, 1, map[string]string{"max.message.bytes": "20000"})
		sink := c.Sink(kafka.SinkConfig{Compression: "none", MaxBatchBytes: 1 << 20})
		msgs := make([]pipeline.Message, 100)
		for i := range msgs {
			msgs[i] = pipeline.Message{Topic: topic, Key: []byte("k"), Value: make([]byte, 500)}
		}
		msgs[70].Value = make([]byte, 30000)
		err := sink.Produce(ctx, msgs)
		var rejected *kafka.RejectedError
		if !errors.As(err, &rejected) {
			t.Fatalf("error %v, want a RejectedError", err)
		}
		if rejected.Index != 70 || rejected.Topic != topic || rejected.Partition != 0 || string(rejected.Key) != "k" {
			t.Errorf("error names %+v, want record 70", rejected)
		}
		if err := sink.Produce(ctx, msgs[:10]); err != nil {
			t.Errorf("after the refusal: %v", err)
		}
		ends, err := c.Ends(ctx, topic)
		if err != nil {
			t.Fatal(err)
		}
		if have := ends[0].High; have != 80 {
			t.Errorf("%d records written, want the 70 before the refused one and 10 more", have)
		}
	})
}

// The largest record that the design's topics take comes back, past the size of a fetch.
func TestLargestRecord(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, time.Minute), newClient(t, brokers)
		topic := newTopic(t, c, 1, map[string]string{"max.message.bytes": strconv.Itoa(pipeline.MaxMessage)})
		large := make([]byte, pipeline.MaxMessage-1000)
		for i := range large {
			large[i] = byte(i * i >> 3)
		}
		msgs := []pipeline.Message{{Topic: topic, Value: []byte("before")}, {Topic: topic, Value: large}, {Topic: topic, Value: []byte("after")}}
		if err := c.Sink(kafka.SinkConfig{Compression: "none"}).Produce(ctx, msgs); err != nil {
			t.Fatal(err)
		}
		for i, m := range readTo(ctx, t, c.Open(topic, 0, 0), 3) {
			if !bytes.Equal(m.Value, msgs[i].Value) {
				t.Errorf("record %d of %d bytes came back with %d", i, len(msgs[i].Value), len(m.Value))
			}
		}
	})
}

// Produce waits for an absent broker and ends with its ctx.
func TestProduceEndsWithItsContext(t *testing.T) {
	c := newClient(t, []string{"127.0.0.1:1"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := c.Sink(kafka.SinkConfig{}).Produce(ctx, []pipeline.Message{{Topic: "t", Value: []byte("x")}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
	if err := c.Sink(kafka.SinkConfig{Compression: "rar"}).Produce(t.Context(), nil); err == nil {
		t.Error("a sink with unknown compression has no error")
	}
}
