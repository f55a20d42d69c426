package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// seen counts which records of a topic were processed.
type seen struct {
	mu    sync.Mutex
	times map[string]int
	news  chan struct{} // closed and made anew at each change
}

func newSeen() *seen { return &seen{times: map[string]int{}, news: make(chan struct{})} }

func (s *seen) add(msgs []pipeline.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range msgs {
		s.times[string(msgs[i].Value)]++
	}
	close(s.news)
	s.news = make(chan struct{})
}

func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

// wait returns when n different records were seen.
func (s *seen) wait(ctx context.Context, t testing.TB, n int) {
	t.Helper()
	for {
		s.mu.Lock()
		have, news := len(s.times), s.news
		s.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d of %d records seen", have, n)
		case <-news:
		}
	}
}

// consume processes and then commits, batch by batch.
func consume(s *seen) func(context.Context, pipeline.Claim) error {
	return func(ctx context.Context, c pipeline.Claim) error {
		for {
			msgs, err := c.Fetch(ctx, 100*time.Millisecond)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			if n := len(msgs); n > 0 {
				s.add(msgs)
				c.Commit(msgs[n-1].Offset + 1)
			}
		}
	}
}

func groupConfig(topic string) kafka.GroupConfig {
	return kafka.GroupConfig{
		Group: "group-" + topic, Topics: []string{topic}, HeartbeatInterval: 100 * time.Millisecond,
		CommitInterval: 20 * time.Millisecond, WatchInterval: 100 * time.Millisecond,
	}
}

// start runs a member until the returned function is called, which waits for its end.
func start(t testing.TB, c *kafka.Client, cfg kafka.GroupConfig, work func(context.Context, pipeline.Claim) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Group(cfg).Run(ctx, work) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("group: %v", err)
				}
			case <-time.After(time.Minute):
				t.Error("group does not end")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// With commits after processing, nothing is lost while members come and go and records
// flow.
func TestNothingIsLostInRebalances(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, 3*time.Minute), newClient(t, brokers)
		const partitions, each = 4, 20
		topic := newTopic(t, c, partitions, nil)
		cfg := groupConfig(topic)
		var members []*seen
		join := func() (stop func()) {
			s := newSeen()
			members = append(members, s)
			return start(t, newClient(t, brokers), cfg, consume(s))
		}
		produced := 0
		flow := func(until *seen) { // records flow until the member has some of them
			for until.count() == 0 || produced%1000 != 0 {
				for p := range partitions {
					produce(t, c, topic, p, produced, each)
					produced += each
				}
				if ctx.Err() != nil {
					t.Fatal("the member gets no records")
				}
			}
		}
		stopFirst := join()
		flow(members[0])
		stopSecond := join()
		flow(members[1])
		stopFirst()
		join()
		flow(members[2])
		stopSecond()
		join()
		flow(members[3])
		all := func() (times map[string]int) {
			times = map[string]int{}
			for _, m := range members {
				m.mu.Lock()
				for k, n := range m.times {
					times[k] += n
				}
				m.mu.Unlock()
			}
			return times
		}
		for len(all()) < produced {
			if sleepErr := sleep(ctx, 10*time.Millisecond); sleepErr != nil {
				break
			}
		}
		times, twice := all(), 0
		for i := range produced {
			switch n := times[strconv.Itoa(i)]; {
			case n == 0:
				t.Fatalf("record %d of %d was lost", i, produced)
			case n > 1:
				twice++
			}
		}
		t.Logf("%d records through 4 members, %d of them twice", produced, twice)
	})
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// What was committed is not processed again by the next member, and the last commits of
// a member that ends are sent before it leaves.
func TestCommitsAreSentBeforeTheClaimEnds(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, 3*time.Minute), newClient(t, brokers)
		topic := newTopic(t, c, 2, nil)
		cfg := groupConfig(topic)
		cfg.CommitInterval = time.Hour
		produce(t, c, topic, 0, 0, 100)
		produce(t, c, topic, 1, 100, 100)
		s := newSeen()
		stop := start(t, c, cfg, consume(s))
		s.wait(ctx, t, 200)
		stop()
		offsets, err := c.Committed(ctx, cfg.Group, topic)
		if err != nil || offsets[0] != 100 || offsets[1] != 100 {
			t.Fatalf("committed %v, error %v, want 100 in both partitions", offsets, err)
		}
		produce(t, c, topic, 0, 200, 1)
		next := newSeen()
		start(t, c, cfg, consume(next))
		next.wait(ctx, t, 1)
		if len(next.times) != 1 || next.times["200"] != 1 {
			t.Errorf("processed %v, want only the new record", next.times)
		}
	})
}

// A claim whose work fails starts again from its committed offset, while the others go
// on.
func TestFailedClaimStartsAgain(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, 3*time.Minute), newClient(t, brokers)
		topic := newTopic(t, c, 2, nil)
		s, failed := newSeen(), false
		var starts []int64
		start(t, c, groupConfig(topic), func(ctx context.Context, claim pipeline.Claim) error {
			if claim.Partition() == 1 {
				return consume(s)(ctx, claim)
			}
			starts = append(starts, claim.Committed())
			for !failed {
				msgs, err := claim.Fetch(ctx, 100*time.Millisecond)
				if err != nil {
					return err
				}
				if len(msgs) > 0 {
					s.add(msgs[:5])
					claim.Commit(msgs[5].Offset)
					failed = true
				}
			}
			if len(starts) == 1 {
				return errors.New("a fault")
			}
			return consume(s)(ctx, claim)
		})
		produce(t, c, topic, 0, 0, 10)
		produce(t, c, topic, 1, 10, 10)
		s.wait(ctx, t, 20)
		if fmt.Sprint(starts) != "[0 5]" {
			t.Errorf("claims began at %v, want 0 and then the committed 5", starts)
		}
		if s.times["0"] != 1 || s.times["5"] != 1 {
			t.Errorf("records were repeated: %v", s.times)
		}
	})
}

// A topic that is made after the group began, or grows, is read.
func TestTopicMadeLaterIsRead(t *testing.T) {
	cluster := newCluster(t)
	ctx, c := within(t, time.Minute), newClient(t, cluster.ListenAddrs())
	s := newSeen()
	start(t, c, groupConfig("later"), consume(s))
	if err := c.EnsureTopics(ctx, []pipeline.TopicSpec{{Name: "later", Partitions: 2}}, 1); err != nil {
		t.Fatal(err)
	}
	produce(t, c, "later", 1, 0, 10)
	s.wait(ctx, t, 10)
}

// A broker that stops and comes back, on the same port with the same data: both sides
// wait and go on, and nothing is lost.
func TestBrokerRestartsMidFlow(t *testing.T) {
	t.Parallel()
	ctx := within(t, 3*time.Minute)
	cfg := embedded.Config{DataDir: t.TempDir()}
	broker, err := embedded.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listen = broker.Addr()
	c := newClient(t, []string{broker.Addr()})
	topic := newTopic(t, c, 3, nil)
	s := newSeen()
	start(t, c, groupConfig(topic), consume(s))

	sink, stop, produced, total := c.Sink(kafka.SinkConfig{}), make(chan struct{}), make(chan error, 1), 0
	go func() {
		for ; ; total += 10 {
			select {
			case <-stop:
				produced <- nil
				return
			default:
			}
			msgs := make([]pipeline.Message, 10)
			for k := range msgs {
				msgs[k] = pipeline.Message{Topic: topic, Partition: (total / 10) % 3, Value: strconv.AppendInt(nil, int64(total+k), 10)}
			}
			if err := sink.Produce(ctx, msgs); err != nil {
				produced <- err
				return
			}
		}
	}()
	for range 3 {
		s.wait(ctx, t, s.count()+500)
		if err := broker.Close(); err != nil {
			t.Fatal(err)
		}
		for before := c.Stats().ProduceRetries; c.Stats().ProduceRetries == before; {
			if err := sleep(ctx, 5*time.Millisecond); err != nil {
				t.Fatal("no attempt failed: the broker was not away")
			}
		}
		if broker, err = embedded.Start(cfg); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { broker.Close() })
	close(stop)
	if err := <-produced; err != nil {
		t.Fatal(err)
	}
	s.wait(ctx, t, total)
	for i := range total {
		if s.times[strconv.Itoa(i)] == 0 {
			t.Fatalf("record %d of %d was lost", i, total)
		}
	}
}

func TestGroupConfigFaults(t *testing.T) {
	c := newClient(t, []string{"127.0.0.1:1"})
	for name, cfg := range map[string]kafka.GroupConfig{
		"no group":       {Topics: []string{"t"}},
		"no topics":      {Group: "g"},
		"slow heartbeat": {Group: "g", Topics: []string{"t"}, HeartbeatInterval: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.Group(cfg).Run(t.Context(), nil); err == nil {
				t.Error("no error")
			}
		})
	}
}

// Run ends with its ctx while no broker answers.
func TestGroupEndsWithoutBroker(t *testing.T) {
	c := newClient(t, []string{"127.0.0.1:1"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c.Group(groupConfig("t")).Run(ctx, nil); err != nil {
		t.Errorf("error %v", err)
	}
}
