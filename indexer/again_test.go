package indexer_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/indexer"
	"foghorn/indexer/search"
	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/query"
)

// spoiler is a bus that writes over what a Fetch of Stream's brought when the next begins,
// as a reader that uses its memory again may.
type spoiler struct{ *kafka.Client }

func (s spoiler) Stream(topic string, partition int, from int64, rooms chan []byte) pipeline.Claim {
	return &spoiled{Claim: s.Client.Stream(topic, partition, from, rooms)}
}

type spoiled struct {
	pipeline.Claim
	last []pipeline.Message
}

func (s *spoiled) Fetch(ctx context.Context, wait time.Duration) (batch []pipeline.Message, err error) {
	for i := range s.last {
		m := &s.last[i]
		spoil(m.Key)
		spoil(m.Value)
		for _, h := range m.Headers {
			spoil(h.Value)
		}
		*m = pipeline.Message{Topic: "spoiled"}
	}
	s.last, err = s.Claim.Fetch(ctx, wait)
	return s.last, err
}

func spoil(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}

// TestNothingIsKeptOfWhatAFetchBrought: lines in the store with their fields, events of a
// follower and dead letters are as they were sent, though the memory of a Fetch is written
// over by the next, with more partitions than there are rooms.
func TestNothingIsKeptOfWhatAFetchBrought(t *testing.T) {
	n := max(runtime.GOMAXPROCS(0), 2) + 3
	c := busOf(t, n)
	cfg := indexer.DefaultConfig(t.TempDir())
	cfg.FetchWait = 20 * time.Millisecond
	cfg.Store.BlockLines, cfg.Store.SegmentLines = 64, 700
	x, err := indexer.New(cfg, indexer.Deps{Bus: spoiler{c}, Sink: sink(c), Log: zerolog.Nop(), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	const rounds, each = 30, 20
	followed, dropped := x.Searcher().Tail(t.Context(), query.All{}, n*rounds*each)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()

	var want []pipeline.Event
	garbage := map[string]bool{}
	for round := range rounds {
		codec := []string{"snappy", "zstd", "none", "lz4"}[round%4]
		s := c.Sink(kafka.SinkConfig{Compression: codec, MaxBatchBytes: 4 << 10})
		var msgs []pipeline.Message
		for p := range n {
			events := lines(fmt.Sprintf("s%02d", p), round*each, each)
			for i := range events {
				e := &events[i]
				word := strings.Repeat(string(rune('a'+round%26)), 1+i)
				e.Service, e.Severity, e.SeverityText, e.Template = "svc-"+word, pipeline.SeverityError, "E"+word, fmt.Sprintf("%016x", i+1)
				e.TraceID, e.SpanID = fmt.Sprintf("%032x", 1+round*1000+i), fmt.Sprintf("%016x", 1+p*1000+i)
				e.ErrorClass = pipeline.ErrorServer
				e.Attrs = []pipeline.Attr{{Key: "user." + word[:1], Value: fmt.Sprintf("u-%d-%d-%d", round, p, i)}, {Key: "n", Value: strconv.Itoa(round*p + i)}}
			}
			want = append(want, events...)
			m, err := pipeline.EncodeEvents(p, events)
			if err != nil {
				t.Fatal(err)
			}
			bad := fmt.Sprintf("garbage %d %d", round, p)
			garbage[bad] = true
			msgs = append(msgs, m, pipeline.Message{
				Topic: pipeline.TopicEvents, Partition: p, Key: []byte("k " + bad), Value: []byte(bad),
				Headers: []pipeline.Header{{Key: "h", Value: []byte("h " + bad)}},
			})
		}
		if err := s.Produce(t.Context(), msgs); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all is indexed", func() bool {
		cov := x.Searcher().Coverage()
		return cov.Complete && cov.Lines == int64(len(want))
	})
	order := func(events []pipeline.Event) []pipeline.Event {
		slices.SortFunc(events, func(a, b pipeline.Event) int {
			if d := strings.Compare(a.ID.Source, b.ID.Source); d != 0 {
				return d
			}
			return int(a.ID.Offset - b.ID.Offset)
		})
		return events
	}
	var stored, live []pipeline.Event
	_, err = x.Searcher().Search(t.Context(), search.Request{Query: query.All{}, Order: search.ByFile}, func(h *search.Hit) error {
		stored = append(stored, h.Event.Clone())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range want {
		live = append(live, <-followed)
	}
	order(want)
	if diff := cmp.Diff(want, order(stored)); diff != "" {
		t.Errorf("in the store (-want +have)\n%.2000s", diff)
	}
	if diff := cmp.Diff(want, order(live)); diff != "" || dropped() != 0 {
		t.Errorf("followed, %d dropped (-want +have)\n%.2000s", dropped(), diff)
	}
	claim := c.Open(pipeline.TopicDeadLetter, 0, 0)
	for left := rounds * n; left > 0; {
		batch, err := claim.Fetch(t.Context(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch {
			m, value := &batch[i], string(batch[i].Value)
			h, _ := m.Header("h")
			reason, _ := m.Header(pipeline.HeaderDeadReason)
			if !garbage[value] || string(m.Key) != "k "+value || string(h) != "h "+value || len(reason) == 0 {
				t.Errorf("dead letter %q with key %q, header %q, reason %q", value, m.Key, h, reason)
			}
			delete(garbage, value)
			left--
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
