package catalog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/catalog"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
	"foghorn/pipeline/parse"
)

// bus is a broker with the topics.
func bus(t *testing.T, partitions int) *kafka.Client {
	t.Helper()
	broker, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := kafka.New(kafka.Config{Brokers: []string{broker.Addr()}}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.EnsureTopics(t.Context(), pipeline.Topics(partitions, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	return client
}

// board runs a new Board until the test ends or stop is called.
func board(t *testing.T, cfg catalog.Config, client *kafka.Client) (b *catalog.Board, stop func()) {
	t.Helper()
	b = catalog.NewBoard(cfg, client, zerolog.Nop())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return b, stop
}

var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// raw makes records of logs.raw of one source.
func raw(partition int, source string, from int, lines ...string) []pipeline.Message {
	var out []pipeline.Message
	for i, text := range lines {
		m := pipeline.EncodeLine(&pipeline.Line{
			ID: pipeline.LineID{Source: source, Generation: 1, Offset: int64(from+i) * 1000}, Size: 1000,
			Raw: []byte(text), Observed: start.Add(time.Duration(from+i) * time.Second),
		})
		m.Partition = partition
		out = append(out, m)
	}
	return out
}

// The same line gets the same template on every processor: two processors with a partition
// each, which see different lines of the same program.
func TestTheSameLineGetsTheSameTemplateOnEveryProcessor(t *testing.T) {
	client := bus(t, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cfg := catalog.DefaultConfig()
	cfg.Interval = 20 * time.Millisecond
	begun := time.Now()
	clock := func() time.Time { return start.Add(time.Hour + time.Since(begun)) }
	var boards []*catalog.Board
	for range 2 {
		b, _ := board(t, cfg, client)
		boards = append(boards, b)
		runner := pipeline.NewRunner(pipeline.RunnerConfig{
			Name: "parse", Log: zerolog.Nop(), Tick: 10 * time.Millisecond, Now: clock,
			NewStage: func(_ string, p int) (pipeline.Stage, error) {
				return parse.NewStage(parse.StageConfig{Miner: func(p int) parse.Miner { return catalog.NewRecorder(cfg, b, p) }}, p), nil
			},
		}, client.Group(kafka.GroupConfig{Group: "process", Topics: []string{pipeline.TopicRaw}}), client.Sink(kafka.SinkConfig{}))
		runCtx, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- runner.Run(runCtx) }()
		t.Cleanup(func() {
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	users := strings.Fields("root news mail cups amanda mysql alice bob carol dave erin frank grace heidi")
	var first [2][]string
	for i, u := range users { // each partition sees half of the users
		first[i%2] = append(first[i%2], "session opened for user "+u+" by uid 0", fmt.Sprintf("worker %d took %d ms", i, i*7))
	}
	sink := client.Sink(kafka.SinkConfig{})
	for p := range first {
		if err := sink.Produce(ctx, raw(p, fmt.Sprintf("h:/%d", p), 0, first[p]...)); err != nil {
			t.Fatal(err)
		}
	}
	total := len(first[0]) + len(first[1])
	until(t, ctx, "both boards count all lines", func() bool { return lines(boards[0]) == total && lines(boards[1]) == total })

	// What came later: every line to both, those of the first time included.
	var second []string
	for _, u := range append(users, "ivan", "judy") {
		second = append(second, "session opened for user "+u+" by uid 0")
	}
	second = append(second, "worker 99 took 3 ms")
	for p := range 2 {
		if err := sink.Produce(ctx, raw(p, fmt.Sprintf("h:/%d", p), 1000, second...)); err != nil {
			t.Fatal(err)
		}
	}
	want := len(second)
	var have [2]map[string]string
	for p := range have {
		have[p] = templatesOf(t, ctx, client, p, len(first[p])+want)
	}
	ids := make(map[string]bool)
	for i, line := range second {
		ids[have[0][line]] = true
		if have[0][line] == "" || have[0][line] != have[1][line] {
			t.Errorf("%s: templates %q and %q", line, have[0][line], have[1][line])
		}
		for b, board := range boards {
			row, ok := board.Get(have[0][line])
			if !ok || row.ID != have[0][line] {
				t.Errorf("board %d, line %d: %q is now %q", b, i, have[0][line], row.ID)
			}
		}
	}
	if len(ids) != 2 {
		t.Errorf("two kinds of lines have templates %v", ids)
	}
	until(t, ctx, "the counts of both partitions add up, on both boards", func() bool {
		return lines(boards[0]) == total+2*want && cmp.Equal(boards[0].List(catalog.Query{}), boards[1].List(catalog.Query{}))
	})
}

// lines returns how many lines a board counts.
func lines(b *catalog.Board) int {
	n := 0
	for _, row := range b.List(catalog.Query{Muted: true}).Rows {
		n += int(row.Count)
	}
	return n
}

func until(t *testing.T, ctx context.Context, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not in time: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// templatesOf reads a partition of logs.events: the template of each line, the latest one
// where it came more than once.
func templatesOf(t *testing.T, ctx context.Context, client *kafka.Client, partition, n int) map[string]string {
	t.Helper()
	claim := client.Open(pipeline.TopicEvents, partition, kafka.Earliest)
	out := make(map[string]string)
	for n > 0 {
		batch, err := claim.Fetch(ctx, time.Second)
		if err != nil || ctx.Err() != nil {
			t.Fatalf("%d events are missing: %v %v", n, err, ctx.Err())
		}
		for i := range batch {
			events, err := pipeline.DecodeEvents(&batch[i])
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				out[string(e.Body)] = e.Template
				n--
			}
		}
	}
	return out
}

// Each record of logs.raw counts once, however often it is delivered, and templates keep
// their ids: a processor is killed at random points, also between two of the records
// that it writes, and another goes on from what was committed.
func TestEachRecordCountsOnceThroughCrashes(t *testing.T) {
	client := bus(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	random := rand.New(rand.NewPCG(1, 2))
	sink := client.Sink(kafka.SinkConfig{})
	const total = 3000
	want := map[string]int64{}
	kinds := []string{"session opened for user <*>", "worker <*> took <*> ms", "cache miss", "link up"}
	var all []string
	for i := range total {
		k := random.IntN(len(kinds))
		want[kinds[k]]++
		all = append(all, strings.NewReplacer("user <*>", "user u"+fmt.Sprint(i), "<*>", fmt.Sprint(i)).Replace(kinds[k]))
	}
	if err := sink.Produce(ctx, raw(0, "h:/x", 0, all...)); err != nil {
		t.Fatal(err)
	}
	cfg := catalog.DefaultConfig()
	committed, now, crashes := int64(0), start, 0
	ids := map[string]string{} // by line
	for committed < total {
		b, stop := board(t, cfg, client)
		stage := parse.NewStage(parse.StageConfig{Miner: func(p int) parse.Miner { return catalog.NewRecorder(cfg, b, p) }}, 0)
		claim := client.Open(pipeline.TopicRaw, 0, committed)
		if err := stage.Restore(ctx, claim); err != nil {
			t.Fatal(err)
		}
		for alive := true; alive && committed < total; {
			batch, err := claim.Fetch(ctx, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			for len(batch) > 0 && alive {
				n := min(len(batch), 1+random.IntN(60))
				now = now.Add(2 * time.Second) // counts are written every third time
				out, err := stage.Process(ctx, now, batch[:n])
				if err != nil {
					t.Fatal(err)
				}
				for i := range out {
					if out[i].Topic == pipeline.TopicEvents {
						remember(t, ids, &out[i])
					}
				}
				written := len(out)
				if random.IntN(8) == 0 {
					alive, written = false, random.IntN(len(out)+1)
				}
				if written > 0 {
					if err := sink.Produce(ctx, out[:written]); err != nil {
						t.Fatal(err)
					}
				}
				if alive || written == len(out) && random.IntN(2) == 0 {
					committed = batch[n-1].Offset + 1
				}
				batch = batch[n:]
			}
		}
		crashes++
		stop()
		if committed == total { // the last one lives on until its counts are written
			last, lastStop := board(t, cfg, client)
			stage := parse.NewStage(parse.StageConfig{Miner: func(p int) parse.Miner { return catalog.NewRecorder(cfg, last, p) }}, 0)
			if err := stage.Restore(ctx, client.Open(pipeline.TopicRaw, 0, total)); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				now = now.Add(time.Minute)
				out, err := stage.Process(ctx, now, nil)
				if err != nil {
					t.Fatal(err)
				}
				if len(out) > 0 {
					if err := sink.Produce(ctx, out); err != nil {
						t.Fatal(err)
					}
				}
			}
			lastStop()
		}
	}
	b, _ := board(t, cfg, client)
	if err := b.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	have := map[string]int64{}
	final := map[string]string{}
	for _, row := range b.List(catalog.Query{}).Rows {
		have[row.Text] += row.Count
		for _, id := range row.IDs {
			final[id] = row.Text
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("after %d crashes (-want +have):\n%s", crashes, diff)
	}
	if crashes < 5 {
		t.Errorf("only %d crashes", crashes)
	}
	for line, id := range ids {
		if final[id] == "" {
			t.Errorf("%s: template %q leads nowhere", line, id)
		}
	}
}

// remember keeps the templates of a record of events: the same line has the same one,
// whenever it is processed, but for those that have become part of another.
func remember(t *testing.T, ids map[string]string, m *pipeline.Message) {
	t.Helper()
	events, err := pipeline.DecodeEvents(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		ids[string(e.Body)] = e.Template
	}
}
