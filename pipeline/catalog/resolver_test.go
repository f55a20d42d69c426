package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// A Board that is asked once knows what one knows that is asked after every record.
func TestBoardLearnsWhenAsked(t *testing.T) {
	cfg := DefaultConfig()
	var records []pipeline.Message
	for _, lines := range [][]string{
		{"open mode=ro in 5 ms", "session opened for user root"},
		{"open mode=rw in 6 s", "session opened for user news"},
		{"session opened for user alice", "session opened for user bob", "session opened for user carol"},
		{"session opened for user dave", "session opened for user erin", "session opened for user frank"},
	} { // processors that know nothing of each other
		b := newBench(t, cfg)
		for _, line := range lines {
			b.mine(day, line)
		}
		records = append(records, b.flush(0)...)
	}
	often, once := NewBoard(cfg, nil, zerolog.Nop()), NewBoard(cfg, nil, zerolog.Nop())
	ids := make(map[string]bool)
	for i := range records {
		often.take(records[i : i+1])
		ids[string(records[i].Key)] = true
		for id := range ids {
			often.Get(id)
		}
	}
	once.take(records)
	texts := make(map[string]bool)
	for id := range ids {
		want, known := often.Get(id)
		have, ok := once.Get(id)
		if known != ok {
			t.Errorf("%s: known %v, want %v", id, ok, known)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s (-often +once):\n%s", id, diff)
		}
		texts[have.Text] = true
	}
	for _, want := range []string{"open mode=<*> in <*>", "session opened for user <*>"} {
		if !texts[want] {
			t.Errorf("no %q in %v", want, texts)
		}
	}
}

// What waits to be learned is bounded by Config.MaxTemplates, also when nobody asks.
func TestWaitingIsBounded(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Miner.MaxTemplates, cfg.MaxTemplates = 16, 20
	b := newBench(t, cfg)
	for i := range 500 {
		b.mine(day, "line of "+string(rune('a'+i%26))+string(rune('a'+i/26%26))+" and "+string(rune('a'+i%7))+"x")
		b.flush(0)
		if n := len(b.board.ids.waiting) + len(b.board.ids.older); n > cfg.MaxTemplates {
			t.Fatalf("%d templates wait", n)
		}
	}
}
