package templates

import (
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
