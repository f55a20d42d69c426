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
