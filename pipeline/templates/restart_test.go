package templates

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// After a restart, from what was exported, each message gets the id that it had.
func TestRestart(t *testing.T) {
	names, logs := heldOutLogs(rand.New(rand.NewPCG(2, 2)))
	for i, log := range logs {
		before, after := New(DefaultConfig()), New(DefaultConfig())
		var s Scratch
		for _, l := range log {
			before.Add([]byte(l.Content), &s)
		}
		if err := after.Merge(before.Export()); err != nil {
			t.Fatal(err)
		}
		for _, l := range log {
			was := before.ID(before.Add([]byte(l.Content), &s))
			if is := after.ID(after.Add([]byte(l.Content), &s)); is != was {
				t.Fatalf("%s: %q had the id %s, and has %s", names[i], l.Content, was, is)
			}
		}
	}
}

// Two miners that have seen different lines know the same templates after they have merged,
// whichever way, and then find the same one for every message.
func TestMergeOfHalves(t *testing.T) {
	names, logs := heldOutLogs(rand.New(rand.NewPCG(3, 3)))
	for i, log := range logs {
		miners := [2]*Miner{New(DefaultConfig()), New(DefaultConfig())}
		var s Scratch
		for k, l := range log {
			miners[k%2].Add([]byte(l.Content), &s)
		}
		first, second := miners[0].Export(), miners[1].Export()
		if err := errors.Join(miners[0].Merge(second), miners[1].Merge(first)); err != nil {
			t.Fatal(err)
		}
		for _, l := range log {
			a, _ := miners[0].Match([]byte(l.Content), &s)
			b, _ := miners[1].Match([]byte(l.Content), &s)
			if miners[0].ID(a) != miners[1].ID(b) || a == (Ref{}) {
				ta, _ := miners[0].Template(a)
				tb, _ := miners[1].Template(b)
				t.Fatalf("%s: %q is of %q in one and of %q in the other", names[i], l.Content, ta.Text, tb.Text)
			}
		}
	}
}
