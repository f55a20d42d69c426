package indexer_test

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/indexer"
	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
	"foghorn/pipeline/query"
)

const partitions = 2

// bus starts an embedded broker with all topics.
func bus(t *testing.T) *kafka.Client {
	t.Helper()
	return busOf(t, partitions)
}

// busOf is bus with n partitions.
func busOf(t *testing.T, n int) *kafka.Client {
	t.Helper()
	ec := embedded.DefaultConfig()
	ec.DataDir, ec.Listen = t.TempDir(), "127.0.0.1:0"
	broker, err := embedded.Start(ec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	})
	kc := kafka.DefaultConfig()
	kc.Brokers = []string{broker.Addr()}
	c, err := kafka.New(kc, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.EnsureTopics(t.Context(), pipeline.Topics(n, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	return c
}

func sink(c *kafka.Client) *kafka.Sink { return c.Sink(kafka.DefaultSinkConfig()) }

// lines makes the events of a source from line number first on.
func lines(source string, first, n int) []pipeline.Event {
	var out []pipeline.Event
	const size = 40
	for i := first; i < first+n; i++ {
		body := fmt.Sprintf("%-39s", fmt.Sprintf("%s line %d", source, i))
		out = append(out, pipeline.Event{
			ID: pipeline.LineID{Source: source, Generation: 9, Offset: int64(i) * size}, Size: size, Body: []byte(body),
			Timestamp: int64(1e18) + int64(i), Observed: int64(1e18) + int64(i), Host: "h", Path: source,
		})
	}
	return out
}

func produce(t *testing.T, s *kafka.Sink, partition int, events []pipeline.Event) {
	t.Helper()
	m, err := pipeline.EncodeEvents(partition, events)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Produce(t.Context(), []pipeline.Message{m}); err != nil {
		t.Fatal(err)
	}
}

// run starts an indexer over a folder; the returned function stops it and releases all.
func run(t *testing.T, c *kafka.Client, dir string, change func(*indexer.Config)) (*indexer.Indexer, func()) {
	t.Helper()
	return runOn(t, c, dir, nil, change)
}

// runOn is run on a disk.
func runOn(t *testing.T, c *kafka.Client, dir string, fs store.FS, change func(*indexer.Config)) (*indexer.Indexer, func()) {
	t.Helper()
	cfg := indexer.DefaultConfig(dir)
	cfg.FetchWait = 20 * time.Millisecond
	cfg.Store.BlockLines, cfg.Store.SegmentLines = 16, 100
	if change != nil {
		change(&cfg)
	}
	x, err := indexer.New(cfg, indexer.Deps{Bus: c, Sink: sink(c), Log: zerolog.Nop(), Metrics: prometheus.NewRegistry(), FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := x.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	t.Cleanup(stop)
	return x, stop
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func all(t *testing.T, x *indexer.Indexer) (out []string) {
	t.Helper()
	_, err := x.Searcher().Search(t.Context(), search.Request{Query: query.All{}, Order: search.ByFile}, func(h *search.Hit) error {
		out = append(out, string(h.Event.Body))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func bodies(groups ...[]pipeline.Event) (out []string) {
	for _, g := range groups {
		for _, e := range g {
			out = append(out, string(e.Body))
		}
	}
	return out
}

// joined makes one event of every n lines.
func joined(of []pipeline.Event, n int) (out []pipeline.Event) {
	for i := 0; i < len(of); i += n {
		e := of[i]
		for _, more := range of[i+1 : min(i+n, len(of))] {
			e.Body, e.Size = slices.Concat(e.Body, []byte("\n"), more.Body), e.Size+more.Size
		}
		out = append(out, e)
	}
	return out
}

// TestEveryLineIsInTheStoreOnce, over restarts, with lines that come twice, also in events
// of which only a part came before.
func TestEveryLineIsInTheStoreOnce(t *testing.T) {
	c, dir := bus(t), t.TempDir()
	s := sink(c)
	var want int
	for round := range 3 {
		x, stop := run(t, c, dir, nil)
		for p := range partitions {
			src := fmt.Sprintf("s%d", p)
			if round > 0 {
				produce(t, s, p, lines(src, round*150-20, 20))           // again
				produce(t, s, p, joined(lines(src, round*150-6, 26), 7)) // and joined to what follows
			}
			for i := range 15 {
				produce(t, s, p, lines(src, round*150+i*10, 10))
			}
		}
		want += partitions * 150
		eventually(t, "all lines are indexed", func() bool {
			cov := x.Searcher().Coverage()
			return cov.Lines == int64(want) && cov.Complete
		})
		if diff := cmp.Diff(bodies(lines("s0", 0, (round+1)*150), lines("s1", 0, (round+1)*150)), all(t, x)); diff != "" {
			t.Fatalf("round %d (-want +got)\n%s", round, diff)
		}
		stop()
	}
}

// TestARecordThatCannotBeReadGoesToDeadletter and the flow goes on.
func TestARecordThatCannotBeReadGoesToDeadletter(t *testing.T) {
	c := bus(t)
	s := sink(c)
	x, _ := run(t, c, t.TempDir(), nil)
	bad := pipeline.Message{Topic: pipeline.TopicEvents, Partition: 1, Key: []byte("k"), Value: []byte("nonsense")}
	if err := s.Produce(t.Context(), []pipeline.Message{bad}); err != nil {
		t.Fatal(err)
	}
	produce(t, s, 1, lines("a", 0, 5))
	eventually(t, "the lines behind it are indexed", func() bool { return x.Searcher().Coverage().Lines == 5 })
	claim := c.Open(pipeline.TopicDeadLetter, 0, 0)
	got, err := claim.Fetch(t.Context(), 5*time.Second)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d records on %s, error %v", len(got), pipeline.TopicDeadLetter, err)
	}
	headers := map[string]string{}
	for _, h := range got[0].Headers {
		headers[h.Key] = string(h.Value)
	}
	want := map[string]string{
		pipeline.HeaderDeadTopic: pipeline.TopicEvents, pipeline.HeaderDeadPartition: "1", pipeline.HeaderDeadOffset: "0",
		pipeline.HeaderDeadStage: "indexer", pipeline.HeaderDeadReason: headers[pipeline.HeaderDeadReason],
	}
	if diff := cmp.Diff(want, headers); diff != "" || headers[pipeline.HeaderDeadReason] == "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	if string(got[0].Value) != "nonsense" || string(got[0].Key) != "k" {
		t.Errorf("record %q %q is not the one that was bad", got[0].Key, got[0].Value)
	}
}

// TestLinesThatNeverCameAreToldByTheCoverage.
func TestLinesThatNeverCameAreToldByTheCoverage(t *testing.T) {
	c := bus(t)
	s := sink(c)
	x, _ := run(t, c, t.TempDir(), nil)
	produce(t, s, 0, lines("a", 0, 5))
	eventually(t, "the first lines are indexed and complete", func() bool {
		cov := x.Searcher().Coverage()
		return cov.Lines == 5 && cov.Complete && !cov.IndexedUntil.IsZero()
	})
	produce(t, s, 0, lines("a", 8, 5))
	eventually(t, "the next lines are indexed", func() bool { return x.Searcher().Coverage().Lines == 10 })
	cov := x.Searcher().Coverage()
	want := []search.Gap{{Source: "a", Generation: 9, From: 200, To: 320}}
	if diff := cmp.Diff(want, cov.Gaps); diff != "" || cov.Complete {
		t.Errorf("complete %v, gaps (-want +got)\n%s", cov.Complete, diff)
	}
	wantSource := []search.SourceCoverage{{
		Source: "a", Host: "h", Path: "a", Generations: 1, Generation: 9, NextOffset: 13 * 40, Lines: 10, Missing: 120,
		LastEvent: time.Unix(0, int64(1e18)+12).UTC(), LastObserved: time.Unix(0, int64(1e18)+12).UTC(),
	}}
	if diff := cmp.Diff(wantSource, cov.Sources); diff != "" {
		t.Errorf("sources (-want +got)\n%s", diff)
	}
	eventually(t, "the partition is told to be read", func() bool {
		p := x.Searcher().Coverage().Partitions
		return p[0] == search.PartitionCoverage{Partition: 0, Next: 2, End: 2}
	})
}

// TestNothingIsCompleteBeforeTheBusAnswered.
func TestNothingIsCompleteBeforeTheBusAnswered(t *testing.T) {
	c := bus(t)
	cfg := indexer.DefaultConfig(t.TempDir())
	x, err := indexer.New(cfg, indexer.Deps{Bus: c, Sink: sink(c), Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if cov := x.Searcher().Coverage(); cov.Complete || !cov.IndexedUntil.IsZero() {
		t.Errorf("coverage %+v before Run", cov)
	}
	if err := x.Ready(); err == nil {
		t.Error("ready before Run")
	}
}

// TestAPartitionThatWasMadeAnewIsKnownToBeRead although it has no record yet.
func TestAPartitionThatWasMadeAnewIsKnownToBeRead(t *testing.T) {
	dir := t.TempDir()
	c := bus(t)
	x, stop := run(t, c, dir, nil)
	produce(t, sink(c), 0, lines("a", 0, 5))
	eventually(t, "the lines are indexed", func() bool { return x.Searcher().Coverage().Lines == 5 })
	stop()
	c = bus(t)
	x, _ = run(t, c, dir, nil)
	eventually(t, "the empty partition is read", func() bool {
		cov := x.Searcher().Coverage()
		return cov.Complete && cov.Partitions[0] == search.PartitionCoverage{}
	})
	produce(t, sink(c), 0, lines("b", 0, 5))
	eventually(t, "its first lines are indexed", func() bool {
		cov := x.Searcher().Coverage()
		return cov.Complete && cov.Lines == 10
	})
}

// TestBoardHoldsEachLifecycleEventOnce, and the newest state of each anomaly.
func TestBoardHoldsEachLifecycleEventOnce(t *testing.T) {
	c := bus(t)
	s := sink(c)
	x, _ := run(t, c, t.TempDir(), func(cfg *indexer.Config) { cfg.BoardEvents = 4 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	follow, dropped := x.Board().Subscribe(ctx, 16)
	send := func(id string, seq int, state pipeline.AnomalyState) {
		a := pipeline.Anomaly{ID: id, Seq: seq, State: state, Started: time.Unix(int64(len(id)), 0)}
		msgs, err := a.Messages()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Produce(t.Context(), msgs); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Produce(t.Context(), []pipeline.Message{{Topic: pipeline.TopicAnomalies, Value: []byte("{")}}); err != nil {
		t.Fatal(err)
	}
	send("a", 1, pipeline.AnomalyOpen)
	send("a", 2, pipeline.AnomalyResolved)
	send("bb", 1, pipeline.AnomalyOpen)
	send("bb", 1, pipeline.AnomalyOpen) // again
	send("bb", 2, pipeline.AnomalyUpdate)
	send("ccc", 1, pipeline.AnomalyOpen)
	send("ccc", 2, pipeline.AnomalyUpdate)
	name := func(a pipeline.Anomaly) string { return fmt.Sprint(a.ID, a.Seq) }
	var came []string
	for range 6 {
		select {
		case a := <-follow:
			came = append(came, name(a))
		case <-time.After(20 * time.Second):
			t.Fatalf("only %v came", came)
		}
	}
	if diff := cmp.Diff([]string{"a1", "a2", "bb1", "bb2", "ccc1", "ccc2"}, came); diff != "" || dropped() != 0 {
		t.Errorf("followed, %d dropped (-want +got)\n%s", dropped(), diff)
	}
	var events, states []string
	for _, a := range x.Board().Events() {
		events = append(events, name(a))
	}
	for _, a := range x.Board().Anomalies() {
		states = append(states, name(a))
	}
	if diff := cmp.Diff([]string{"bb1", "bb2", "ccc1", "ccc2"}, events); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bb2", "ccc2"}, states); diff != "" {
		t.Errorf("states (-want +got)\n%s", diff)
	}
	cancel()
	eventually(t, "the channel is closed", func() bool {
		select {
		case _, ok := <-follow:
			return !ok
		default:
			return false
		}
	})
}

// TestTailGivesLinesAsTheyAreIndexed, and counts those that a slow reader misses.
func TestTailGivesLinesAsTheyAreIndexed(t *testing.T) {
	c := bus(t)
	s := sink(c)
	x, _ := run(t, c, t.TempDir(), nil)
	q, err := query.Parse("5")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fast, lost := x.Searcher().Tail(ctx, q, 100)
	_, slowLost := x.Searcher().Tail(ctx, query.All{}, 10)
	for i := range 3 {
		produce(t, s, 0, lines(fmt.Sprint("s", i), 0, 20))
	}
	var got []string
	for range 3 {
		select {
		case e := <-fast:
			got = append(got, string(e.Body))
		case <-time.After(20 * time.Second):
			t.Fatalf("only %q came", got)
		}
	}
	want := bodies(lines("s0", 5, 1), lines("s1", 5, 1), lines("s2", 5, 1))
	sort.Strings(got)
	if diff := cmp.Diff(want, got); diff != "" || lost() != 0 {
		t.Errorf("%d lost (-want +got)\n%s", lost(), diff)
	}
	eventually(t, "the slow reader's lines are counted", func() bool { return slowLost() == 50 })
	if n := x.Searcher().Coverage().Lines; n != 60 {
		t.Errorf("%d lines indexed, want 60", n)
	}
}
