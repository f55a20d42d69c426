package packs_test

import (
	"slices"
	"strings"
	"testing"

	"foghorn/rules"
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

// A summary reads well when its group's values are empty, as the host of a foreign
// producer's line can be.
func TestSummariesWithoutValues(t *testing.T) {
	set, err := packs.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rules() {
		data := rules.AnnotationData{Count: 10, Group: make(map[string]string)}
		for _, name := range r.GroupBy {
			data.Group[name] = ""
		}
		for i := range r.Annotations {
			if r.Annotations[i].Name != "summary" {
				continue
			}
			text, err := r.Annotations[i].Render(&data)
			if words := strings.Fields(text); err != nil || strings.Join(words, " ") != text || slices.Contains([]string{"on", "of", "from", "by"}, words[len(words)-1]) {
				t.Errorf("%s: summary %q, error %v", r.ID, text, err)
			}
		}
	}
}
