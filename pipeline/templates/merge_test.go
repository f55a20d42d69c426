package templates

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Merge is commutative, associative and idempotent.
func TestMerge(t *testing.T) {
	lines, _ := mixed(t)
	lines = lines[:len(lines)/4] // the first lines of every system
	states := make([][]Entry, 3)
	for i := range states {
		m := New(DefaultConfig())
		var s Scratch
		for k, l := range lines {
			if k*3/len(lines) == i || k%7 == i { // overlapping thirds
				m.Add(l, &s)
			}
		}
		states[i] = m.Export()
	}
	// merged is what a miner exports that has merged groups of states, each merged before.
	merged := func(groups ...[]int) []Entry {
		m := New(DefaultConfig())
		for _, g := range groups {
			inner := New(DefaultConfig())
			for _, i := range g {
				// Through JSON, as they travel.
				b, err := json.Marshal(states[i])
				if err != nil {
					t.Fatal(err)
				}
				var entries []Entry
				if err := json.Unmarshal(b, &entries); err != nil {
					t.Fatal(err)
				}
				if err := inner.Merge(entries); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.Merge(inner.Export()); err != nil {
				t.Fatal(err)
			}
		}
		return m.Export()
	}
	want := merged([]int{0}, []int{1}, []int{2})
	for _, c := range []struct {
		name   string
		groups [][]int
	}{
		{"commutative", [][]int{{2}, {0}, {1}}},
		{"commutative, the other way", [][]int{{1}, {2}, {0}}},
		{"associative", [][]int{{0, 1}, {2}}},
		{"associative, the other way", [][]int{{0}, {2, 1}}},
		{"idempotent", [][]int{{0, 0}, {1, 2}, {2}, {0, 1, 2}, {1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			have := merged(c.groups...)
			if len(have) != len(want) {
				t.Errorf("%d entries, want %d", len(have), len(want))
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("entries (-want +have):\n%.1500s", diff)
			}
		})
	}
}

// The same template has the same id in every miner, and a message matched after Merge has
// the template that the other miner gave it.
func TestMergeMatches(t *testing.T) {
	lines, _ := mixed(t)
	a, b := New(DefaultConfig()), New(DefaultConfig())
	var s Scratch
	for _, l := range lines {
		a.Add(l, &s)
	}
	if err := b.Merge(a.Export()); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		ref, _ := a.Match(l, &s)
		want, _ := a.Template(ref)
		ref, ok := b.Match(l, &s)
		if !ok {
			t.Fatalf("no match for %q", l)
		}
		have, _ := b.Template(ref)
		if want.ID != have.ID || want.Text != have.Text {
			t.Fatalf("message %q:\nwant %s %q\nhave %s %q", l, want.ID, want.Text, have.ID, have.Text)
		}
	}
}

func TestMergeDamaged(t *testing.T) {
	m := New(DefaultConfig())
	mine(m, "took 5 ms", "open mode=ro")
	entries := m.Export()
	for name, damage := range map[string]func(*Entry){
		"wrong id":     func(e *Entry) { e.ID = "0123456789abcdef" },
		"no kind":      func(e *Entry) { e.Slots[0].Kind = 200 },
		"prefix":       func(e *Entry) { e.Slots[0].Prefix = 99 },
		"long text":    func(e *Entry) { e.Slots[0].Text = make([]byte, 10_000) },
		"slot missing": func(e *Entry) { e.Slots = e.Slots[1:] },
		"two slots in one": func(e *Entry) {
			for i := range e.Slots {
				if i > 0 && e.Slots[i].Kind == uint8(word) {
					e.Slots[i].Text = []byte("a b")
				}
			}
			e.Slots[0].Text = []byte("x\x01")
		},
		"prefix beyond": func(e *Entry) { e.Slots[0].Kind, e.Slots[0].Prefix = uint8(stem), 3 },
		"many slots":    func(e *Entry) { e.Slots = make([]EntrySlot, 10_000) },
	} {
		t.Run(name, func(t *testing.T) {
			bad := slices.Clone(entries)
			bad[0].Slots = slices.Clone(bad[0].Slots)
			damage(&bad[0])
			into := New(DefaultConfig())
			if err := into.Merge(bad); err == nil {
				t.Error("want an error")
			}
			if into.Len() != 1 {
				t.Errorf("want the whole entry, have %d templates", into.Len())
			}
		})
	}
}

// A miner that merges all Changes of another knows what it knows.
func TestChanges(t *testing.T) {
	lines, _ := mixed(t)
	a, b := New(DefaultConfig()), New(DefaultConfig())
	var s Scratch
	sent := 0
	for i, l := range lines {
		a.Add(l, &s)
		if i%500 == 0 || i == len(lines)-1 {
			changes := a.Changes()
			sent += len(changes)
			if err := b.Merge(changes); err != nil {
				t.Fatal(err)
			}
		}
	}
	if again := a.Changes(); len(again) > 0 {
		t.Errorf("%d changes without a message", len(again))
	}
	if diff := cmp.Diff(texts(a), texts(b)); diff != "" {
		t.Errorf("templates (-want +have):\n%s", diff)
	}
	if most := 2 * a.Len(); sent > most {
		t.Errorf("%d entries sent for %d templates", sent, a.Len())
	}
}

// Entries of other miners count as changes, until they are told.
func TestChangesOfMerge(t *testing.T) {
	a, b := New(DefaultConfig()), New(DefaultConfig())
	mine(a, "open mode=ro", "took 5 ms")
	if err := b.Merge(a.Export()); err != nil {
		t.Fatal(err)
	}
	if n := len(b.Changes()); n != 2 {
		t.Errorf("want 2 changes, have %d", n)
	}
	if err := b.Merge(a.Export()); err != nil {
		t.Fatal(err)
	}
	if n := len(b.Changes()); n != 0 {
		t.Errorf("merged again: want no change, have %d", n)
	}
	mine(a, "open mode=rw")
	if err := b.Merge(a.Changes()); err != nil {
		t.Fatal(err)
	}
	if have := b.Changes(); len(have) != 1 || have[0].Template != "open mode=<*>" {
		t.Errorf("want one change, have %+v", have)
	}
}

// A template of another miner whose slots are not those of its messages does no harm.
func TestMergeForged(t *testing.T) {
	slots := func(texts ...string) (out []slot) {
		for i, text := range texts {
			sl := slot{kind: word, text: text}
			if i == 1 {
				sl.flags = spaced
			}
			out = append(out, sl)
		}
		return out
	}
	m := New(DefaultConfig())
	honest := newTemplate("ab cd", slots("ab", "cd"))
	forged := newTemplate("ab cd", slots("ab", "c", "d"))
	if err := m.Merge([]Entry{m.entry(forged)}); err != nil {
		t.Fatal(err)
	}
	if err := m.Merge([]Entry{m.entry(honest)}); err == nil {
		t.Error("want an error: other slots than those known")
	}
	var s Scratch
	msg := []byte("ab cd")
	if ref, ok := m.Match(msg, &s); ok {
		t.Errorf("want no match, have %+v", ref)
	}
	checkFill(t, m, &s, m.Add(msg, &s), msg)
}
