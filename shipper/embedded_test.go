package shipper

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// TestLinesArriveOnTheBroker ships through a real client and broker, which goes away and
// comes back, and reads logs.raw.
func TestLinesArriveOnTheBroker(t *testing.T) {
	dir := t.TempDir()
	broker, err := embedded.Start(embedded.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	addr := broker.Addr()
	client, err := kafka.New(kafka.Config{Brokers: []string{addr}}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.EnsureTopics(t.Context(), pipeline.Topics(3, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, "*.log")
	noise := make([]byte, 1<<20) // what no compression makes smaller
	for i := range noise {
		noise[i] = byte(' ' + 1 + rand.IntN(200))
	}
	b.write("a.log", "one\n")
	b.write("b.log", string(noise)+"\nafter\n")
	b.cfg.Labels = map[string]string{"service": "web"}
	s, err := New(b.cfg, client.Sink(kafka.DefaultSinkConfig()), zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	b.until("the backlog is acknowledged", func() bool { st := s.Status(); return st.Files == 2 && st.Lag() == 0 })
	if err := broker.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		b.write("a.log", fmt.Sprintf("while away %d\n", i))
	}
	if broker, err = embedded.Start(embedded.Config{DataDir: dir, Listen: addr}); err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	b.until("the rest is acknowledged", func() bool { return s.Status().Lines == 103 })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	high := pipeline.NewHighWater()
	got := map[string]int{}
	for p := range 3 {
		c := client.Open(pipeline.TopicRaw, p, -2)
		for {
			msgs, err := c.Fetch(t.Context(), 100*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if len(msgs) == 0 {
				break
			}
			for i := range msgs {
				l, err := pipeline.DecodeLine(&msgs[i])
				if err != nil {
					t.Fatal(err)
				}
				fresh, gap := high.Advance(l.ID, l.Size)
				if gap != 0 {
					t.Errorf("%+v: gap of %d", l.ID, gap)
				}
				if fresh {
					got[string(l.Raw)]++
				}
				if fmt.Sprint(l.Labels) != "[{service web}]" {
					t.Errorf("labels: %v", l.Labels)
				}
			}
		}
	}
	want := []string{"one", "after", string(noise)}
	for i := range 100 {
		want = append(want, fmt.Sprintf("while away %d", i))
	}
	for _, line := range want {
		if got[line] != 1 {
			t.Errorf("line %.20q arrived %d times", line, got[line])
		}
	}
	if len(got) != len(want) {
		t.Errorf("lines: want %d, have %d", len(want), len(got))
	}
}
