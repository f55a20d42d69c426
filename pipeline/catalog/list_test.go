package catalog

import (
	"testing"
	"time"
)

// A list shows what has come since the last one: new templates, those that have become
// part of another, and removed ones.
func TestListFollows(t *testing.T) {
	b := newBench(t, DefaultConfig())
	check := func(name string, others int64, want map[string]int64) {
		t.Helper()
		b.flush(5 * time.Second)
		list := b.board.List(Query{})
		have := make(map[string]int64)
		for _, row := range list.Rows {
			have[row.Text] = row.Count
		}
		if len(have) != len(want) || list.Others != others {
			t.Errorf("%s: have %v and %d others, want %v and %d", name, have, list.Others, want, others)
		}
		for text, n := range want {
			if have[text] != n {
				t.Errorf("%s: %q has %d lines, want %d", name, text, have[text], n)
			}
		}
	}
	b.flush(0)
	b.mine(day, "session opened for user root")
	check("one", 0, map[string]int64{"session opened for user root": 1})
	b.mine(day, "session opened for user news")
	check("two", 0, map[string]int64{"session opened for user root": 1, "session opened for user news": 1})
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin"} {
		b.mine(day, "session opened for user "+name)
	}
	check("one again", 0, map[string]int64{"session opened for user <*>": 7})
	for id := range b.board.templates {
		gone, err := message(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.board.record(id, gone.Value); err != nil {
			t.Fatal(err)
		}
	}
	b.board.ids.renew()
	if list := b.board.List(Query{}); len(list.Rows) != 0 || list.Others != 7 {
		t.Errorf("removed: have %+v, want 7 other lines", list)
	}
}
