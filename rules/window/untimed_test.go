package window_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// Lines that tell no time, as those of a stack trace, belong to the lines before them, also
// in a backlog that is read a month later: they make no other line late, and what they
// tell of did not happen now.
func TestLinesWithoutATimeInABacklog(t *testing.T) {
	const lines, month = 100, 30 * 86400.0
	set := parseRules(t, threeRule)
	for _, test := range []struct {
		name    string
		untimed []int
		start   int64 // of the episode, in seconds
	}{
		{"none", nil, 2},
		{"in the midst", []int{10, 50, 51}, 2},
		{"first", []int{0}, 3},
		{"last", []int{lines - 1}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			events := make([]pipeline.Event, lines)
			for i := range events {
				events[i] = event("web:/log", int64(10*i), "failed", "ann", float64(i), month+float64(i)/1000)
			}
			for _, i := range test.untimed {
				events[i].Timestamp, events[i].TimeObserved = events[i].Observed, true
			}
			if test.name == "first" { // nothing is before it: it does happen now, and does not match
				events[0].Body = []byte("started")
			}
			count := int64(lines)
			if test.name == "first" {
				count--
			}
			var have []episode
			for _, ep := range episodes(t, run(t, set, record(t, set, events, always, never))) {
				ep.Started -= midnight.Unix()
				ep.Ended = 0 // moves by a bucket with the last line's milliseconds
				have = append(have, ep)
			}
			if diff := cmp.Diff([]episode{{Group: `user="ann"`, Started: test.start, Count: count}}, have); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}
