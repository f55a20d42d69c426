package score

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Every number here is worked out by hand.
func TestOf(t *testing.T) {
	line := func(group, template, event, truth string) Line {
		return Line{Group: group, Template: template, Event: event, Truth: truth}
	}
	for _, c := range []struct {
		name  string
		lines []Line
		want  Accuracy
	}{
		{"no lines", nil, Accuracy{}},
		{
			"all right",
			[]Line{line("g1", "a <*>", "E1", "a <*>"), line("g1", "a <*>", "E1", "a <*>"), line("g2", "b", "E2", "b")},
			Accuracy{GA: 1, FGA: 1, PA: 1, FTA: 1},
		},
		{
			// One event in two groups: no group is right but E2's. Precision 1/3, recall 1/2.
			// Template "a <*>" of two lines is right, "a 7" is wrong: precision 2/3, recall 1.
			"an event split",
			[]Line{
				line("g1", "a <*>", "E1", "a <*>"), line("g1", "a <*>", "E1", "a <*>"),
				line("g2", "a 7", "E1", "a <*>"), line("g3", "b", "E2", "b"),
			},
			Accuracy{GA: 1.0 / 4, FGA: 2 * (1.0 / 3) * (1.0 / 2) / (1.0/3 + 1.0/2), PA: 3.0 / 4, FTA: 2 * (2.0 / 3) / (2.0/3 + 1)},
		},
		{
			// Two events in one group: E3 alone is right. Precision 1/2, recall 1/3. Template
			// "a <*>" has two true templates, so it is wrong though its text is E1's: of the
			// lines, E1's and E3's have the true text.
			"events merged",
			[]Line{line("g1", "a <*>", "E1", "a <*>"), line("g1", "a <*>", "E2", "a b"), line("g2", "c", "E3", "c")},
			Accuracy{GA: 1.0 / 3, FGA: 2 * (1.0 / 2) * (1.0 / 3) / (1.0/2 + 1.0/3), PA: 2.0 / 3, FTA: 2 * (1.0 / 2) * (1.0 / 3) / (1.0/2 + 1.0/3)},
		},
		{
			// A group is right whatever its template's text.
			"right groups, wrong templates",
			[]Line{line("g1", "x", "E1", "a"), line("g2", "y", "E2", "b")},
			Accuracy{GA: 1, FGA: 1},
		},
		{
			// Two events with the same true template, told apart by no one: the group is
			// wrong, the template is right.
			"events with one template",
			[]Line{line("g1", "a", "E1", "a"), line("g1", "a", "E2", "a")},
			Accuracy{PA: 1, FTA: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Of(c.lines), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("accuracy (-want +have):\n%s", diff)
			}
		})
	}
}

func TestMean(t *testing.T) {
	have := Mean([]Accuracy{{GA: 1, FGA: .5, PA: .25, FTA: 0}, {GA: 0, FGA: .5, PA: .75, FTA: 1}})
	want := Accuracy{GA: .5, FGA: .5, PA: .5, FTA: .5}
	if have != want || Mean(nil) != (Accuracy{}) {
		t.Errorf("want %v, have %v", want, have)
	}
}

func TestReadLoghub(t *testing.T) {
	in := "LineId,Content,EventId,EventTemplate\r\n" +
		"1,\"a, \"\"b\"\" 7\",E1,\"a, \"\"b\"\" <*>\"\r\n" +
		"2,plain,E2,plain\r\n"
	want := []Truth{{`a, "b" 7`, "E1", `a, "b" <*>`}, {"plain", "E2", "plain"}}
	have, err := ReadLoghub(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("lines (-want +have):\n%s", diff)
	}
	for name, bad := range map[string]string{
		"no header": "", "no column": "LineId,Content\r\n", "a torn quote": "Content,EventId,EventTemplate\r\n\"a,b,c\r\n",
	} {
		if _, err := ReadLoghub(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
