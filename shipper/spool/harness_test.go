package spool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"foghorn/pipeline"
)

var errRefused = errors.New("record is too large")

// memorySink keeps what it accepts. It can be away, and it can refuse.
type memorySink struct {
	partitions int

	mu     sync.Mutex
	away   chan struct{} // nil: it answers
	lines  []pipeline.Line
	dead   []pipeline.Message
	seen   map[pipeline.LineID]string
	next   map[string]pipeline.LineID // where each source goes on
	dups   int
	gaps   bool // a source may have gaps
	refuse func(m *pipeline.Message) bool
}

func newSink() *memorySink {
	return &memorySink{partitions: 3, seen: map[pipeline.LineID]string{}, next: map[string]pipeline.LineID{}}
}

func (k *memorySink) Partitions(context.Context, string) (int, error) { return k.partitions, nil }

func (k *memorySink) Produce(ctx context.Context, msgs []pipeline.Message) error {
	for {
		k.mu.Lock()
		away := k.away
		if away == nil {
			break
		}
		k.mu.Unlock()
		select {
		case <-away:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer k.mu.Unlock()
	for i := range msgs {
		if k.refuse != nil && k.refuse(&msgs[i]) {
			return errRefused
		}
	}
	for i := range msgs {
		m := msgs[i]
		if m.Topic == pipeline.TopicDeadLetter {
			k.dead = append(k.dead, m)
			continue
		}
		if want := pipeline.PartitionFor(m.Key, k.partitions); m.Partition != want {
			return fmt.Errorf("partition of %s: want %d, have %d", m.Key, want, m.Partition)
		}
		l, err := pipeline.DecodeLine(&m)
		if err != nil {
			return err
		}
		l.Raw = append([]byte(nil), l.Raw...)
		if old, ok := k.seen[l.ID]; ok {
			if old != string(l.Raw) {
				return fmt.Errorf("line %+v: was %q, is %q", l.ID, old, l.Raw)
			}
			k.dups++
			continue
		}
		if at := k.next[l.ID.Source]; !k.gaps && (at.Generation == l.ID.Generation && at.Offset != l.ID.Offset || at.Generation != l.ID.Generation && l.ID.Offset != 0) {
			return fmt.Errorf("line %+v: the source goes on at %+v", l.ID, at)
		}
		k.next[l.ID.Source] = pipeline.LineID{Generation: l.ID.Generation, Offset: l.ID.Offset + l.Size}
		k.seen[l.ID] = string(l.Raw)
		k.lines = append(k.lines, l)
	}
	return nil
}

func (k *memorySink) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.away = make(chan struct{})
}

func (k *memorySink) comeBack() {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.away)
	k.away = nil
}

func (k *memorySink) duplicates() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dups
}

// texts are the lines of a source, as they came.
func (k *memorySink) texts(source string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, l := range k.lines {
		if l.ID.Source == source {
			out = append(out, string(l.Raw))
		}
	}
	return out
}

func open(t testing.TB, cfg Config) *Queue {
	t.Helper()
	q, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

// start runs q; the function that it returns stops it.
func start(t testing.TB, q *Queue, sink pipeline.Sink) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, sink) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

func lines(source string, texts ...string) []pipeline.Line {
	var out []pipeline.Line
	for _, text := range texts {
		out = append(out, pipeline.Line{ID: pipeline.LineID{Source: source}, Raw: []byte(text)})
	}
	return out
}

func add(t testing.TB, q *Queue, b *Batch) {
	t.Helper()
	if dup, err := q.Append(context.Background(), b); dup || err != nil {
		t.Fatalf("append: duplicate %v, error %v", dup, err)
	}
}

func drain(t testing.TB, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := q.Drain(ctx); err != nil {
		t.Fatalf("drain: %v; %+v", err, q.Stats())
	}
}
