package match_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/rules"
	"foghorn/rules/match"
)

// An event of several lines matches once, by what is in any of them; its sample has all
// lines, its identity is that of the first, and Next tells where it ends.
func TestAnEventOfSeveralLinesMatchesAsOne(t *testing.T) {
	m := match.New(match.DefaultConfig(), 3, rules.NewLive(parseRules(t, failedRule)))
	const body = "login refused\n\tFailed\n\tpassword for root\n\tfrom 10.0.0.9 port 1"
	m.Match(line("a:/log", 1, 0, 0, "Failed password from 10.0.0.9"))
	m.Match(line("a:/log", 1, 30, 0, body))
	have, _ := flush(t, m, 0)
	if len(have) != 1 || have[0].Group["client.address"] != "10.0.0.9" {
		t.Fatalf("%+v, want one partial of 10.0.0.9", have)
	}
	p := &have[0]
	if diff := cmp.Diff([]int64{0, 30}, p.Sources[0].Offsets); diff != "" || p.Sources[0].Next != 30+int64(len(body))+1 {
		t.Errorf("next %d, offsets (-want +have)\n%s", p.Sources[0].Next, diff)
	}
	want := pipeline.Sample{Source: "a:/log", Generation: 1, Offset: 30, Timestamp: start, Line: body}
	if diff := cmp.Diff(want, p.Samples[1]); diff != "" {
		t.Errorf("sample (-want +have)\n%s", diff)
	}
	m.Match(line("a:/log", 1, 200, 0, "Failed password from 10.0.0.9"))
	if have, _ = flush(t, m, 0); len(have) != 1 || have[0].Sources[0].Next != 0 {
		t.Errorf("%+v, want no next behind an event of one line", have)
	}
}
