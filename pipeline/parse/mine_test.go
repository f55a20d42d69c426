package parse

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// reciter is a Miner that notes what it is asked, takes the message for the template, and
// panics on the message "panic".
type reciter struct {
	from  int64
	calls []string
}

func (r *reciter) Restore(_ context.Context, next int64) (int64, error) {
	r.calls = append(r.calls, fmt.Sprint("restore ", next))
	return r.from, nil
}

func (r *reciter) Mine(offset int64, e *pipeline.Event, message []byte) {
	if string(message) == "panic" {
		panic("so be it")
	}
	r.calls = append(r.calls, fmt.Sprintf("mine %d %s", offset, message))
	e.Template = string(message)
}

func (r *reciter) Flush(_ time.Time, next int64) ([]pipeline.Message, error) {
	r.calls = append(r.calls, fmt.Sprint("flush ", next))
	return []pipeline.Message{{Topic: pipeline.TopicTemplates}}, nil
}

// recorded is a Claim over records.
type recorded struct {
	pipeline.Claim
	records   []pipeline.Message
	committed int64
	at        int64
}

func (c *recorded) Committed() int64    { return c.committed }
func (c *recorded) SeekTo(offset int64) { c.at = offset }
func (c *recorded) Fetch(context.Context, time.Duration) ([]pipeline.Message, error) {
	out := c.records[c.at:min(c.at+2, int64(len(c.records)))]
	c.at += int64(len(out))
	return out, nil
}

// What the miner has not counted is given to it again and to nobody else; then processing
// starts where it was. A panic of the miner becomes a dead letter, and the event goes its
// way.
func TestStageMines(t *testing.T) {
	claim := &recorded{records: rawRecords("h:/x", 1, "one", "two", "three", "four", "panic"), committed: 3}
	for i := range claim.records {
		claim.records[i].Offset = int64(i)
	}
	miner := &reciter{from: 1}
	stage := NewStage(StageConfig{Miner: func(int) Miner { return miner }}, 0)
	if err := stage.Restore(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	batch, err := claim.Fetch(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, records := range [][]pipeline.Message{nil, batch} {
		out, err := stage.Process(t.Context(), time.Now(), records)
		if err != nil {
			t.Fatal(err)
		}
		for i := range out {
			if out[i].Topic != pipeline.TopicEvents {
				have = append(have, out[i].Topic)
				continue
			}
			for _, e := range decode(t, &out[i]) {
				have = append(have, string(e.Body)+" of "+e.Template)
			}
		}
	}
	want := []string{pipeline.TopicTemplates, "four of four", "panic of ", pipeline.TopicTemplates, pipeline.TopicDeadLetter}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("records (-want +have):\n%s", diff)
	}
	calls := []string{"restore 3", "mine 1 two", "mine 2 three", "flush 3", "mine 3 four", "flush 5"}
	if diff := cmp.Diff(calls, miner.calls); diff != "" {
		t.Errorf("calls (-want +have):\n%s", diff)
	}
}

// appender is a Miner that appends attributes to each event, as many as its offset's last
// digit, and of every third it moves them first.
type appender struct{ reciter }

func (a *appender) Mine(offset int64, e *pipeline.Event, _ []byte) {
	if offset%3 == 0 {
		e.Attrs = append(make([]pipeline.Attr, 0, 100), e.Attrs...)
	}
	for i := range offset % 10 {
		e.Attrs = append(e.Attrs, pipeline.Attr{Key: fmt.Sprint("var.", i), Value: fmt.Sprint(offset)})
	}
}

// Each event keeps the attributes of its line and those that the miner appends, whatever
// the others have.
func TestMinerAppendsAttributes(t *testing.T) {
	stage := NewStage(StageConfig{Miner: func(int) Miner { return new(appender) }}, 0)
	var lines []string
	for i := range 500 {
		line := "no pairs"
		if i%4 > 0 {
			line = fmt.Sprintf("a=%d b=%d done", i, i+1)
		}
		lines = append(lines, line)
	}
	batch := rawRecords("h:/x", 1, lines...)
	for i := range batch {
		batch[i].Offset = int64(i)
	}
	out, err := stage.Process(t.Context(), time.Now(), batch)
	if err != nil {
		t.Fatal(err)
	}
	var events []pipeline.Event
	for i := range out {
		if out[i].Topic == pipeline.TopicEvents {
			events = append(events, decode(t, &out[i])...)
		}
	}
	if len(events) != len(lines) {
		t.Fatalf("have %d events, want %d", len(events), len(lines))
	}
	for i := range events {
		var want []pipeline.Attr
		if i%4 > 0 {
			want = append(want, pipeline.Attr{Key: "a", Value: fmt.Sprint(i)}, pipeline.Attr{Key: "b", Value: fmt.Sprint(i + 1)})
		}
		for n := range i % 10 {
			want = append(want, pipeline.Attr{Key: fmt.Sprint("var.", n), Value: fmt.Sprint(i)})
		}
		if diff := cmp.Diff(want, events[i].Attrs); diff != "" {
			t.Fatalf("event %d (-want +have):\n%s", i, diff)
		}
	}
}
