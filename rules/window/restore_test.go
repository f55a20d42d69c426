package window_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"foghorn/pipeline"
	"foghorn/rules"
	"foghorn/rules/window"
)

const crashRules = `
rules:
  - id: many
    title: many
    severity: low
    match: failed
    group_by: [user]
    threshold: { count: '>= 3', window: 10s }
    annotations: { summary: '{{ .Count }} by {{ .Group.user }}' }
  - id: any
    title: any
    severity: high
    match: failed
    group_by: [user]
    keep_firing_for: 20s
`

// story makes records of some minutes: bursts by two users, with silence between.
func story(t testing.TB, set *rules.Set) []pipeline.Message {
	t.Helper()
	var events []pipeline.Event
	offsets := map[string]int64{}
	say := func(source, word, user string, at float64) {
		events = append(events, event(source, offsets[source], word, user, at, at))
		offsets[source] += 10
	}
	for i := range 400 {
		at := float64(i)
		switch {
		case i >= 20 && i < 40, i >= 90 && i < 94, i >= 250 && i < 380:
			say("host-1:/log", "failed", "ann", at)
		case i%50 == 7:
			say("host-2:/log", "failed", "bob", at)
		}
		say("host-1:/log", "passed", "bob", at+0.5)
		say("host-2:/log", "passed", "ann", at+0.5)
	}
	return record(t, set, events, func(i int) bool { return i%16 == 15 }, never)
}

// A crash at every step: between process and produce, in the midst of produce, between
// produce and commit. The events are the same as without a crash, each (ID, Seq) once.
func TestCrashAtEveryStep(t *testing.T) {
	set := parseRules(t, crashRules)
	records := story(t, set)
	whole := newBus(records)
	whole.live(t, set, nil)
	want := whole.written(t)
	if len(want) < 8 {
		t.Fatalf("have %d events without a crash, want more to compare", len(want))
	}
	const size = 7
	for batch := range (len(records) + size - 1) / size {
		for _, step := range []crash{
			{anomalies: 0, states: 0}, {anomalies: 1, states: 0}, {anomalies: 0, states: 1},
			{anomalies: 1, states: 1}, {anomalies: 2, states: 1}, {anomalies: 99, states: 99},
		} {
			step.batches, step.size = batch, size
			t.Run(fmt.Sprintf("batch %d, %d anomalies and %d states written", batch, step.anomalies, step.states), func(t *testing.T) {
				b := newBus(records)
				b.live(t, set, &step)
				b.live(t, set, nil)
				if diff := cmp.Diff(want, b.written(t)); diff != "" {
					t.Errorf("anomalies (-uninterrupted +crashed):\n%s", diff)
				}
				if diff := cmp.Diff(whole.states(t), b.states(t)); diff != "" {
					t.Errorf("anomalies.state (-uninterrupted +crashed):\n%s", diff)
				}
			})
		}
	}
}

// Many crashes after each other, with random lines: the events are the same as without.
func TestRandomCrashes(t *testing.T) {
	set := parseRules(t, crashRules)
	rapid.Check(t, func(rt *rapid.T) {
		events := drawEvents(rt, 2, rapid.SampledFrom([]int{0, 5}).Draw(rt, "disorder"))
		records := record(t, set, events, drawCut(rt), drawBack(rt))
		whole := newBus(records)
		whole.live(t, set, nil)
		b := newBus(records)
		for range rapid.IntRange(1, 6).Draw(rt, "crashes") {
			b.live(t, set, &crash{
				batches: rapid.IntRange(0, 5).Draw(rt, "batches"), size: rapid.IntRange(1, 9).Draw(rt, "size"),
				anomalies: rapid.IntRange(0, 3).Draw(rt, "anomalies"), states: rapid.IntRange(0, 3).Draw(rt, "states"),
			})
		}
		b.live(t, set, nil)
		if diff := cmp.Diff(whole.written(t), b.written(t)); diff != "" {
			rt.Fatalf("anomalies (-uninterrupted +crashed):\n%s", diff)
		}
		if diff := cmp.Diff(whole.states(t), b.states(t)); diff != "" {
			rt.Fatalf("anomalies.state (-uninterrupted +crashed):\n%s", diff)
		}
	})
}

// An episode that is older than the records that are read again goes on under its id.
func TestOldEpisodeGoesOn(t *testing.T) {
	set := parseRules(t, crashRules)
	var events []pipeline.Event
	for i := range 3000 {
		events = append(events, event("host-1:/log", int64(i)*10, "failed", "ann", float64(i), float64(i)))
	}
	records := record(t, set, events, func(i int) bool { return i%10 == 9 }, never)
	whole := newBus(records)
	whole.live(t, set, nil)
	b := newBus(records)
	for _, batches := range []int{0, 10, 20, 30} {
		b.live(t, set, &crash{batches: batches, size: 7, anomalies: 1})
	}
	b.live(t, set, nil)
	if diff := cmp.Diff(whole.written(t), b.written(t)); diff != "" {
		t.Errorf("anomalies (-uninterrupted +crashed):\n%s", diff)
	}
}

// A record that is none of ours goes to logs.deadletter, and the flow goes on.
func TestBadRecord(t *testing.T) {
	set := parseRules(t, crashRules)
	good := story(t, set)[0]
	stage := window.NewStage(window.DefaultConfig(), 0, rules.NewLive(set), nil)
	bad := pipeline.Message{Topic: pipeline.TopicMatches, Offset: 4, Key: []byte("k"), Value: []byte(`{"partial":`)}
	out, err := stage.Process(context.Background(), time.Time{}, []pipeline.Message{bad, good})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 2 || out[0].Topic != pipeline.TopicDeadLetter || string(out[0].Value) != string(bad.Value) {
		t.Fatalf("have %+v, want a dead letter and then anomalies", out)
	}
	if at, _ := out[0].Header(pipeline.HeaderDeadOffset); string(at) != "4" {
		t.Errorf("have offset %q, want 4", at)
	}
}
