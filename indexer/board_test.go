package indexer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// TestAnAnomalyThatFiresStaysOnTheBoard, however many events of others came since.
func TestAnAnomalyThatFiresStaysOnTheBoard(t *testing.T) {
	b := newBoard(2)
	add := func(id string, seq int, state pipeline.AnomalyState) {
		b.add(pipeline.Anomaly{ID: id, Seq: seq, State: state})
	}
	check := func(want map[string]int) {
		t.Helper()
		have := map[string]int{}
		for _, a := range b.Anomalies() {
			have[a.ID] = a.Seq
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if n := len(b.Events()); n > 2 {
			t.Errorf("%d events are kept, want 2", n)
		}
	}
	add("a", 1, pipeline.AnomalyOpen)
	for _, id := range []string{"b", "c", "d"} {
		add(id, 1, pipeline.AnomalyOpen)
		add(id, 2, pipeline.AnomalyResolved)
	}
	check(map[string]int{"a": 1, "d": 2})
	add("a", 1, pipeline.AnomalyOpen) // again
	check(map[string]int{"a": 1, "d": 2})
	add("a", 2, pipeline.AnomalyResolved)
	check(map[string]int{"a": 2, "d": 2})
	add("e", 1, pipeline.AnomalyOpen)
	add("e", 2, pipeline.AnomalyUpdate)
	check(map[string]int{"e": 2})
}
