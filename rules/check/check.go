package check

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/pattern"
	"foghorn/rules"
	"foghorn/rules/match"
	"foghorn/rules/window"
)

// Result is the outcome of one test.
type Result struct {
	Rule *rules.Rule
	Test *rules.Test
	// Have are the episodes that the rule raised, by start, each as it was resolved.
	Have []pipeline.Anomaly
	// Faults say what differs from the test's expectations; none means that it passed.
	Faults []string
}

// Passed says whether the test passed.
func (r *Result) Passed() bool { return len(r.Faults) == 0 }

// Run runs all tests of a rule. The lines are parsed with the built-in formats.
func Run(r *rules.Rule) ([]Result, error) { return run(r, nil) }

// run runs all tests of a rule, with the formats that people have described.
func run(r *rules.Rule, patterns *pattern.Set) ([]Result, error) {
	out := make([]Result, 0, len(r.Tests))
	for i := range r.Tests {
		t := &r.Tests[i]
		have, err := raise(r, t, patterns)
		if err != nil {
			return nil, fmt.Errorf("test %q of rule %s: %w", t.Name, r.ID, err)
		}
		out = append(out, Result{Rule: r, Test: t, Have: have, Faults: compare(t, have)})
	}
	return out, nil
}

// observed is when the lines of tests are seen: late enough for any time that a line
// tells to be believed.
var observed = time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)

// raise sends the test's lines through the rule and returns its episodes.
func raise(r *rules.Rule, t *rules.Test, patterns *pattern.Set) ([]pipeline.Anomaly, error) {
	set, err := rules.NewSet(r)
	if err != nil {
		return nil, err
	}
	host, path := t.Host, t.Path
	if host == "" {
		host = "test"
	}
	if path == "" {
		path = "/test.log"
	}
	labels := make([]pipeline.Attr, 0, len(t.Labels)+1)
	if t.Service != "" {
		labels = append(labels, pipeline.Attr{Key: "service", Value: t.Service})
	}
	for k, v := range t.Labels {
		labels = append(labels, pipeline.Attr{Key: k, Value: v})
	}
	sort.Slice(labels, func(i, j int) bool { return labels[i].Key < labels[j].Key })

	parser := newParser(patterns)
	matcher := match.New(match.DefaultConfig(), 0, rules.NewLive(set))
	line := pipeline.Line{
		ID:     pipeline.LineID{Source: pipeline.SourceID(host, path), Generation: 1},
		Labels: labels, Observed: observed,
	}
	for _, text := range t.Lines {
		line.Raw, line.Size = []byte(text), int64(len(text))+1
		e := parser.Parse(&line)
		matcher.Match(&e)
		line.ID.Offset += line.Size
		line.Observed = line.Observed.Add(time.Millisecond)
	}
	records, err := matcher.Flush(line.Observed)
	if err != nil {
		return nil, err
	}
	return episodes(set, records)
}

// episodes gives the records of stage 1 to stage 2 and returns what was resolved.
func episodes(set *rules.Set, records []pipeline.Message) ([]pipeline.Anomaly, error) {
	engine := window.NewEngine(window.DefaultConfig(), set)
	var events []window.Event
	for i := range records {
		partial, beat, err := rules.DecodeRecord(&records[i])
		switch {
		case err != nil:
			return nil, err
		case partial != nil:
			events = append(events, engine.Apply(int64(i), partial)...)
		default:
			events = append(events, engine.Beat(int64(i), beat)...)
		}
	}
	events = append(events, engine.Finish()...)
	var out []pipeline.Anomaly
	for i := range events {
		if events[i].Anomaly.State == pipeline.AnomalyResolved {
			out = append(out, events[i].Anomaly)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Started.Before(out[j].Started) })
	return out, nil
}

// compare pairs what a test expects with what there is, each episode once, so that as many
// as can be have their pair.
func compare(t *rules.Test, have []pipeline.Anomaly) []string {
	owner := make([]int, len(have)) // the expectation of each episode, or -1
	for j := range owner {
		owner[j] = -1
	}
	var seen []bool
	var find func(i int) bool
	find = func(i int) bool { // an augmenting path: an episode that is free, or can be made so
		for j := range have {
			if seen[j] || !fits(&t.Expect[i], &have[j]) {
				continue
			}
			seen[j] = true
			if owner[j] < 0 || find(owner[j]) {
				owner[j] = i
				return true
			}
		}
		return false
	}
	var faults []string
	for i := range t.Expect {
		if seen = make([]bool, len(have)); !find(i) {
			faults = append(faults, "expected an episode that is not there: "+describe(&t.Expect[i]))
		}
	}
	for j := range have {
		if owner[j] < 0 {
			a := &have[j]
			faults = append(faults, fmt.Sprintf("episode not expected: group {%s}, count %d, started %s, summary %q",
				pipeline.GroupKey(a.Group), a.Count, a.Started.Format(time.RFC3339), a.Summary))
		}
	}
	return faults
}

func fits(x *rules.Expect, a *pipeline.Anomaly) bool {
	for k, v := range x.Group {
		if have, ok := a.Group[k]; !ok || have != v {
			return false
		}
	}
	return (x.Count < 0 || x.Count == a.Count) &&
		(x.Started.IsZero() || x.Started.Equal(a.Started)) &&
		(x.Summary == "" || x.Summary == a.Summary)
}

func describe(x *rules.Expect) string {
	parts := []string{"group {" + pipeline.GroupKey(x.Group) + "}"}
	if x.Count >= 0 {
		parts = append(parts, fmt.Sprintf("count %d", x.Count))
	}
	if !x.Started.IsZero() {
		parts = append(parts, "started "+x.Started.Format(time.RFC3339))
	}
	if x.Summary != "" {
		parts = append(parts, fmt.Sprintf("summary %q", x.Summary))
	}
	return strings.Join(parts, ", ")
}
