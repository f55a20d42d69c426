package packs_test

import (
	"testing"

	"foghorn/rules/check"
	"foghorn/rules/packs"
)

// Every rule of the pack has a test that fires and one that does not, and all pass.
func TestPack(t *testing.T) {
	set, err := packs.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rules() {
		t.Run(r.ID, func(t *testing.T) {
			results, err := check.Run(r)
			if err != nil {
				t.Fatal(err)
			}
			fires, silent := 0, 0
			for i := range results {
				res := &results[i]
				if len(res.Test.Expect) > 0 {
					fires++
				} else {
					silent++
				}
				for _, fault := range res.Faults {
					t.Errorf("%s:%d: %s: %s", res.Test.File, res.Test.Line, res.Test.Name, fault)
				}
			}
			if fires == 0 || silent == 0 {
				t.Errorf("have %d tests that fire and %d that do not, want one of each", fires, silent)
			}
		})
	}
}
