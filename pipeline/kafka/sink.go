package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"

	"foghorn/pipeline"
)

// SinkConfig says how records are sent.
type SinkConfig struct {
	// Compression is none, lz4, snappy or zstd. Default zstd.
	Compression string
	// MaxBatchBytes bounds the records of one request, before compression; a record
	// that is larger goes alone. It must lie below the topics' max.message.bytes.
	// Default 900 KiB.
	MaxBatchBytes int
}

// DefaultSinkConfig returns the defaults.
func DefaultSinkConfig() SinkConfig {
	return SinkConfig{Compression: "zstd", MaxBatchBytes: 900 << 10}
}

// Validate reports all faults of c at once.
func (c SinkConfig) Validate() error {
	var errs []error
	if _, err := codec(c.Compression); err != nil {
		errs = append(errs, err)
	}
	if c.MaxBatchBytes < 1<<10 || c.MaxBatchBytes > 64<<20 {
		errs = append(errs, fmt.Errorf("batch of %d bytes: want 1 KiB to 64 MiB", c.MaxBatchBytes))
	}
	return errors.Join(errs...)
}

func codec(name string) (compress.Compression, error) {
	switch name {
	case "none":
		return compress.None, nil
	case "lz4":
		return compress.Lz4, nil
	case "snappy":
		return compress.Snappy, nil
	case "zstd":
		return compress.Zstd, nil
	}
	return 0, fmt.Errorf("compression %q: want none, lz4, snappy or zstd", name)
}

// RejectedError says that the broker will never accept a record: it is too large for its
// topic even alone, its time lies too far ahead, or the topic cannot take it. The records
// before it in its partition were written, it and those after it were not.
type RejectedError struct {
	Topic     string
	Partition int
	// Index is the record's place in the slice given to Produce.
	Index int
	Key   []byte
	// Size is the record's size before compression.
	Size int
	Err  error
}

// Error names the record and the broker's reason.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("record %d for %s/%d (key %q, %d bytes) was refused: %v", e.Index, e.Topic, e.Partition, e.Key, e.Size, e.Err)
}

// Unwrap returns the broker's reason.
func (e *RejectedError) Unwrap() error { return e.Err }

// Sink implements pipeline.Sink. It is safe for concurrent use: callers who write to the
// same partition at the same time share requests, in the order of their calls.
type Sink struct {
	client     *Client
	compressor *compressor
	maxBytes   int
	fault      error // of the configuration

	mu         sync.Mutex
	partitions map[string]int
	lanes      map[lanekey]*lane
}

type lanekey struct {
	topic     string
	partition int
}

// Sink returns a Sink. It starts nothing. A fault in cfg (SinkConfig.Validate) is the
// error of every Produce.
func (c *Client) Sink(cfg SinkConfig) *Sink {
	d := DefaultSinkConfig()
	if cfg.Compression == "" {
		cfg.Compression = d.Compression
	}
	if cfg.MaxBatchBytes == 0 {
		cfg.MaxBatchBytes = d.MaxBatchBytes
	}
	compression, _ := codec(cfg.Compression) // the fault is in Validate's error
	return &Sink{
		client: c, compressor: newCompressor(compression), maxBytes: cfg.MaxBatchBytes, fault: cfg.Validate(),
		partitions: make(map[string]int), lanes: make(map[lanekey]*lane),
	}
}

// Partitions returns how many partitions topic has. It waits for an absent broker or
// topic until ctx ends, and remembers the answer: the number does not change.
func (s *Sink) Partitions(ctx context.Context, topic string) (int, error) {
	s.mu.Lock()
	n, ok := s.partitions[topic]
	s.mu.Unlock()
	if ok {
		return n, nil
	}
	n, err := s.client.Partitions(ctx, topic)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.partitions[topic] = n
	s.mu.Unlock()
	return n, nil
}

// Produce writes msgs and returns nil when all of them were acknowledged by all in-sync
// replicas. Records of one partition are written in the order given, and never two
// requests at a time to one partition. It waits for brokers and leaders that are away
// until ctx ends; a record that can never be accepted is a *RejectedError. After an error
// the memory of msgs must not be written to, as an attempt may still be reading it.
func (s *Sink) Produce(ctx context.Context, msgs []pipeline.Message) error {
	if s.fault != nil {
		return fmt.Errorf("kafka sink: %w", s.fault)
	}
	byLane := make(map[lanekey][]int32)
	for i := range msgs {
		key := lanekey{msgs[i].Topic, msgs[i].Partition}
		if key.partition < 0 {
			n, err := s.Partitions(ctx, key.topic)
			if err != nil {
				return err
			}
			key.partition = pipeline.PartitionFor(msgs[i].Key, n)
		}
		byLane[key] = append(byLane[key], int32(i))
	}
	waiting := make([]*entry, 0, len(byLane))
	for key, index := range byLane {
		e := &entry{ctx: ctx, msgs: msgs, index: index, done: make(chan error, 1)}
		s.lane(key).put(e)
		waiting = append(waiting, e)
	}
	var errs []error
	for _, e := range waiting {
		select {
		case err := <-e.done:
			if err != nil {
				errs = append(errs, err)
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-s.client.life.Done():
			return errClosed
		}
	}
	return errors.Join(errs...)
}

var errClosed = errors.New("kafka client is closed")

func (s *Sink) lane(key lanekey) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[key]
	if l == nil {
		l = &lane{sink: s, key: key}
		s.lanes[key] = l
	}
	return l
}

// refused says whether the broker's error is about the records themselves, so that
// sending them again cannot help.
func refused(err error) bool {
	for _, e := range []kafka.Error{
		kafka.MessageSizeTooLarge, kafka.RecordListTooLarge, kafka.InvalidTimestamp,
		kafka.InvalidRecord, kafka.InvalidTopic, kafka.UnsupportedCompressionType,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
