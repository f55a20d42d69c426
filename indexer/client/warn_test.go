package client

import (
	"strings"
	"testing"
	"time"

	"foghorn/indexer/search"
)

// TestAnAnswerFromThinnedDaysIsNoSilentOne: the warning names the range, what is left and how
// many lines are gone.
func TestAnAnswerFromThinnedDaysIsNoSilentOne(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.Local)
	have, faulty := warning(search.Coverage{Thinned: []search.Thinned{
		{Query: "level:>=error\x1b", From: from, Until: from.Add(time.Hour), Lines: 17},
	}}, nil, from)
	want := "the answer may lack lines: of the lines from " + from.Format(time.RFC3339) + " to " + from.Add(time.Hour).Format(time.RFC3339) +
		` retention has left those that match level:>=error\x1b, 17 are gone`
	if have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
	if faulty {
		t.Error("what retention did as it was told counts as a fault")
	}
	if text, _ := warning(search.Coverage{}, nil, from); strings.TrimSpace(text) != "" {
		t.Errorf("a complete answer has the warning %q", text)
	}
}
