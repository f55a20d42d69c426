package catalog_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/catalog"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/parse"
)

// Names, merges, splits and muting stay: a board that starts anew knows them, and lines
// that come then are counted by them.
func TestDecisionsStay(t *testing.T) {
	client := bus(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	sink := client.Sink(kafka.SinkConfig{})
	cfg := catalog.DefaultConfig()
	all := []string{"link 1 changed to state=up", "link 2 changed to state=down", "cache miss", "cache hit rate 7", "took 3 ms"}
	process := func(b *catalog.Board, committed int64, n int) {
		t.Helper()
		stage := parse.NewStage(parse.StageConfig{Miner: func(p int) parse.Miner { return catalog.NewRecorder(cfg, b, p) }}, 0)
		claim := client.Open(pipeline.TopicRaw, 0, committed)
		if err := stage.Restore(ctx, claim); err != nil {
			t.Fatal(err)
		}
		for n > 0 {
			batch, err := claim.Fetch(ctx, time.Second)
			if err != nil || ctx.Err() != nil {
				t.Fatal(err, ctx.Err())
			}
			n -= len(batch)
			for _, now := range []time.Time{start, start.Add(time.Minute)} {
				out, err := stage.Process(ctx, now, batch)
				if err == nil {
					err = sink.Produce(ctx, out)
				}
				if err != nil {
					t.Fatal(err)
				}
				batch = nil
			}
		}
		if err := b.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Produce(ctx, raw(0, "h:/x", 0, all...)); err != nil {
		t.Fatal(err)
	}
	b, stop := board(t, cfg, client)
	process(b, 0, len(all))
	id := func(text string) string {
		t.Helper()
		for _, row := range b.List(catalog.Query{Muted: true}).Rows {
			if row.Text == text {
				return row.ID
			}
		}
		t.Fatalf("no template %q in %+v", text, b.List(catalog.Query{Muted: true}))
		return ""
	}
	yes, name, miss := true, "how long it took", id("cache miss")
	for _, d := range []catalog.Decision{
		{ID: id("took <*> ms"), Name: &name},
		{ID: id("cache hit rate <*>"), Muted: &yes},
		{ID: id("link <*> changed to state=<*>"), Split: &catalog.Split{Variable: 2, Value: "down"}},
		{ID: id("cache hit rate <*>"), MergeInto: &miss},
	} {
		if _, err := b.Decide(ctx, sink, d, start); err != nil {
			t.Fatalf("%+v: %v", d, err)
		}
	}
	link := id("link <*> changed to state=<*>")
	stop()

	again, _ := board(t, cfg, client)
	if err := sink.Produce(ctx, raw(0, "h:/x", 10, all...)); err != nil {
		t.Fatal(err)
	}
	process(again, int64(len(all)), len(all))
	have := map[string]int64{}
	for _, row := range again.List(catalog.Query{Muted: true}).Rows {
		have[strings.TrimSpace(row.Name+" "+row.Text)] += row.Count
	}
	want := map[string]int64{
		"how long it took took <*> ms": 2, "cache miss": 4,
		"link <*> changed to state=<*>": 3, "link <*> changed to state=down": 1,
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	row, _ := again.Get(link)
	if len(row.Splits) != 1 {
		t.Errorf("have %+v, want one split", row)
	}
	if _, err := again.Decide(ctx, sink, catalog.Decision{ID: link, Unsplit: row.Splits[0]}, start); err != nil {
		t.Error(err)
	}
	if row, _ := again.Get(link); len(row.Splits) != 0 {
		t.Errorf("have %+v, want no split", row)
	}
}
