package window_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
	"foghorn/rules"
	"foghorn/rules/window"
)

const threeRule = `rules:
  - id: three
    title: Three failed
    severity: high
    match: failed
    group_by: [user]
    threshold: { count: '>= 3', window: 10s }
    annotations: { summary: '{{ .Count }} by {{ .Group.user }}', look_at: '{{ .Line }}' }
`

var midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func sec(s float64) int64 { return midnight.UnixNano() + int64(s*1e9) }

// partial makes a partial of ann's matches in one source of raw partition 0.
func partial(source string, offset int64, watermark float64, times ...float64) *rules.Partial {
	m := rules.Matches{Source: source, Generation: 1, Clock: rules.Clock{Watermark: sec(watermark), Seen: sec(watermark)}}
	for i, t := range times {
		m.Offsets, m.Times = append(m.Offsets, offset+int64(i)*10), append(m.Times, sec(t))
	}
	return &rules.Partial{
		Rule: "three", Group: map[string]string{"user": "ann"}, Progress: sec(watermark),
		Sources: []rules.Matches{m}, Hosts: []string{"web-1"},
	}
}

func beat(progress float64, clocks map[string]rules.Clock) *rules.Heartbeat {
	return &rules.Heartbeat{Progress: sec(progress), Sources: clocks}
}

// told renders events as "state count@seq".
func told(events []window.Event) []string {
	var out []string
	for i := range events {
		a := &events[i].Anomaly
		out = append(out, fmt.Sprintf("%s %d@%d", a.State, a.Count, a.Seq))
	}
	return out
}

// An event of several lines that is taken apart when it comes again is counted once.
func TestWhatLiesInACountedEventIsDropped(t *testing.T) {
	e := window.NewEngine(window.DefaultConfig(), parseRules(t, threeRule))
	joined := partial("a", 100, 0, 0, 1) // matches at 100 and 110, the second of 60 bytes
	joined.Sources[0].Next = 170
	e.Apply(0, joined)
	for i, again := range []*rules.Partial{partial("a", 110, 0, 1), partial("a", 130, 0, 1), partial("a", 169, 0, 1)} {
		if got := told(e.Apply(int64(1+i), again)); got != nil {
			t.Errorf("%v for a match at %d", got, again.Sources[0].Offsets)
		}
	}
	if diff := cmp.Diff([]string{"open 3@1"}, told(e.Apply(9, partial("a", 170, 0, 2)))); diff != "" {
		t.Errorf("behind the event (-want +got)\n%s", diff)
	}
}

// An episode is opened at once, updated when its count has doubled or a minute of event
// time has passed, and resolved when the watermark has passed its end, the keep-firing
// time and the lateness; an idle source's time goes on by heartbeats.
func TestLife(t *testing.T) {
	e := window.NewEngine(window.DefaultConfig(), parseRules(t, threeRule))
	steps := []struct {
		name   string
		events []window.Event
		want   []string
	}{
		{"two", e.Apply(1, partial("a:/l", 0, 1, 0, 1)), nil},
		{"the third opens", e.Apply(2, partial("a:/l", 20, 2, 2)), []string{"open 3@1"}},
		{"one more is no news", e.Apply(3, partial("a:/l", 30, 3, 3)), nil},
		{"a repeated record is none", e.Apply(4, partial("a:/l", 0, 3, 0, 1, 2, 3)), nil},
		{"twice as many", e.Apply(5, partial("a:/l", 40, 4, 4, 4)), []string{"update 6@2"}},
		{"silent, but not long enough", e.Beat(6, beat(82, nil)), nil},
		{"an end at 14, 10 s keep-firing, a minute of lateness", e.Beat(7, beat(84, nil)), []string{"resolved 6@3"}},
		{"nothing is left", e.Finish(), nil},
	}
	for _, s := range steps {
		if diff := cmp.Diff(s.want, told(s.events)); diff != "" {
			t.Errorf("%s (-want +have):\n%s", s.name, diff)
		}
	}
	if have := e.Stats().Repeated; have != 4 {
		t.Errorf("have %d repeated matches, want 4", have)
	}
}

// While stage 1 lags, the progress stands still and no silence is seen; while one of two
// sources lags, the group's watermark waits for it.
func TestLagIsNoSilence(t *testing.T) {
	e := window.NewEngine(window.DefaultConfig(), parseRules(t, threeRule))
	e.Apply(1, partial("a:/l", 0, 2, 0, 1, 2))
	slow := partial("b:/l", 0, 3, 3)
	slow.Partition = 1
	e.Apply(2, slow)
	if have := told(e.Beat(3, beat(500, nil))); len(have) > 0 {
		t.Errorf("partition 1 has not been read, and yet %v", have)
	}
	late := beat(500, nil)
	late.Partition = 1
	if diff := cmp.Diff([]string{"resolved 4@2"}, told(e.Beat(4, late))); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

// One source's old backlog and another's live lines do not disturb each other, in other
// groups and in the same group.
func TestOldBacklogBesideLiveLines(t *testing.T) {
	e := window.NewEngine(window.DefaultConfig(), parseRules(t, threeRule))
	old := -20 * 365 * 24 * 3600.0
	var have []string
	for i := range int64(5) {
		x := float64(i)
		have = append(have, told(e.Apply(4*i, partial("live:/l", i*10, 100+x, 100+x)))...)
		back := partial("old:/l", i*10, old+x, old+x)
		back.Progress, back.Sources[0].Seen = sec(100+x), sec(100+x)
		have = append(have, told(e.Apply(4*i+1, back))...)
		have = append(have, told(e.Beat(4*i+2, beat(100+x, nil)))...)
	}
	want := []string{"open 3@1", "open 3@1"}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	var started []int
	for _, ev := range e.Finish() {
		if ev.Anomaly.Count != 5 {
			t.Errorf("have count %d, want 5", ev.Anomaly.Count)
		}
		started = append(started, ev.Anomaly.Started.Year())
	}
	if diff := cmp.Diff([]int{2006, 2026}, started); diff != "" {
		t.Errorf("years (-want +have):\n%s", diff)
	}
}

// A clock that was set back by hours does not blind a rule: lines far too late are still
// counted with each other.
func TestClockSetBack(t *testing.T) {
	e := window.NewEngine(window.DefaultConfig(), parseRules(t, threeRule))
	e.Apply(1, partial("a:/l", 0, 9000, 9000))
	var have []string
	for i := range int64(4) {
		p := partial("a:/l", 10+i*10, 9000, float64(i))
		p.Progress = sec(9001 + float64(i))
		p.Sources[0].Seen = p.Progress
		have = append(have, told(e.Apply(2*i+2, p))...)
		have = append(have, told(e.Beat(2*i+3, beat(9001+float64(i), nil)))...)
	}
	if len(have) == 0 || have[0] != "open 3@1" {
		t.Errorf("have %v, want an open", have)
	}
}

// Every field of the anomaly is filled, and its query finds the lines that were counted.
func TestAnomalyFields(t *testing.T) {
	set := parseRules(t, threeRule)
	var lines []pipeline.Event
	for i := range 4 {
		e := event("web-1:/log", int64(i)*10, "failed", "ann", float64(10+i), float64(10+i))
		e.Service, e.Template, e.ErrorClass = "login", "t1", pipeline.ErrorServer
		lines = append(lines, e)
	}
	other := event("web-1:/log", 40, "failed", "bob", 12, 14)
	earlier := event("web-1:/log", 50, "failed", "ann", -100, 14)
	records := record(t, set, append(append([]pipeline.Event{}, lines...), other), always, never)
	events := run(t, set, records)
	first, last := midnight.Add(10*time.Second), midnight.Add(13*time.Second)
	resolved := midnight.Add(21 * time.Second)
	want := pipeline.Anomaly{
		Seq: 2, State: pipeline.AnomalyResolved, Rule: "three", Kind: "threshold", Title: "Three failed", Severity: "high",
		Group: map[string]string{"user": "ann"}, Window: "10s", Value: 4, Threshold: ">= 3",
		Started: midnight.Add(12 * time.Second), FirstSeen: first, LastSeen: last, ResolvedAt: &resolved, Count: 4, Suppressed: 1,
		Templates: []string{"t1"}, Hosts: []string{"web-1"}, Services: []string{"login"}, ErrorClass: pipeline.ErrorServer,
		Summary: "4 by ann", Annotations: map[string]string{"summary": "4 by ann", "look_at": "failed by ann at 10"}, Coverage: midnight.Add(14 * time.Second),
	}
	want.ID = pipeline.AnomalyID("three", want.Group, want.Started)
	for i := range lines {
		want.Samples = append(want.Samples, pipeline.Sample{
			Source: "web-1:/log", Generation: 1, Offset: int64(i) * 10, Timestamp: lines[i].EventTime(), Line: string(lines[i].Body),
		})
	}
	have := events[len(events)-1].Anomaly
	text := have.Query
	have.Query = ""
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	node, err := query.Parse(text)
	if err != nil {
		t.Fatalf("query %s: %v", text, err)
	}
	m := query.Compile(node)
	for i := range lines {
		if !m.Match(&lines[i]) {
			t.Errorf("query %s does not find %s", text, lines[i].Body)
		}
	}
	for _, e := range []pipeline.Event{other, earlier} {
		if m.Match(&e) {
			t.Errorf("query %s finds %s", text, e.Body)
		}
	}
}

// Episodes of rules that are gone are resolved; those of changed rules go on under the
// new definition.
func TestSetRules(t *testing.T) {
	e := window.NewEngine(window.DefaultConfig(), parseRules(t, threeRule))
	e.Apply(1, partial("a:/l", 0, 2, 0, 1, 2))
	changed := parseRules(t, `rules:
  - {id: three, title: New title, severity: low, match: failed, group_by: [user], threshold: {count: '>= 2', window: 2m}}
`)
	if have := told(e.SetRules(changed)); len(have) > 0 {
		t.Errorf("a change alone tells %v", have)
	}
	events := e.Apply(2, partial("a:/l", 30, 100, 90, 91, 92))
	if len(events) != 1 || events[0].Anomaly.Title != "New title" || events[0].Anomaly.Count != 6 || events[0].Anomaly.Seq != 2 {
		t.Errorf("have %v of %+v, want an update with the new title", told(events), events)
	}
	none, err := rules.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"resolved 6@3"}, told(e.SetRules(none))); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	e.Apply(3, partial("a:/l", 60, 100, 93))
	if have := e.Stats().UnknownRule; have != 1 {
		t.Errorf("have %d matches of unknown rules, want 1", have)
	}
}

// When a partition holds more groups than MaxGroups, those that were silent longest are
// put out; open episodes never are.
func TestMaxGroups(t *testing.T) {
	cfg := window.DefaultConfig()
	cfg.MaxGroups = 10
	e := window.NewEngine(cfg, parseRules(t, threeRule))
	e.Apply(0, partial("a:/l", 0, 2, 0, 1, 2))
	for i := range int64(100) {
		p := partial("a:/l", 100+i*10, 3+float64(i)/100, 3)
		p.Group = map[string]string{"user": fmt.Sprint(i)}
		e.Apply(i+1, p)
	}
	if s := e.Stats(); s.Evicted < 80 || s.Refused != 0 {
		t.Errorf("have %+v, want more than 80 evicted and none refused", s)
	}
	if diff := cmp.Diff([]string{"resolved 3@2"}, told(e.Finish())); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

// State does not grow: after all groups were silent for long enough nothing is kept, and
// a group that never is silent keeps a bounded number of buckets. An id that was resolved
// is not opened again, however late its lines are.
func TestLateLinesDoNotOpenAResolvedEpisodeAgain(t *testing.T) {
	e := window.NewEngine(window.DefaultConfig(), parseRules(t, threeRule))
	e.Apply(1, partial("a:/l", 0, 2, 0, 1, 2))
	e.Beat(2, beat(10_000, nil))
	for i := range int64(5) { // the group is forgotten by now
		e.Beat(3+i, beat(20_000+float64(i)*1000, nil))
	}
	if have := told(e.Apply(20, partial("b:/l", 0, 2, 0, 1, 2, 2))); len(have) > 0 {
		t.Errorf("have %v, want nothing", have)
	}
	if have := told(e.Finish()); len(have) > 0 {
		t.Errorf("have %v at the end, want nothing", have)
	}
}

// Groups that are silent are forgotten: the memory of old groups does not stay.
func TestSilentGroupsAreForgotten(t *testing.T) {
	cfg := window.DefaultConfig()
	cfg.MaxGroups = 50
	e := window.NewEngine(cfg, parseRules(t, threeRule))
	offset := int64(0)
	for i := range 1000 { // one new group every 10 s; each matters for some minutes only
		at := float64(i * 10)
		p := partial("a:/l", int64(i)*10, at, at)
		p.Group = map[string]string{"user": fmt.Sprint(i)}
		e.Apply(offset, p)
		e.Beat(offset+1, beat(at, map[string]rules.Clock{"a:/l": {Watermark: sec(at), Seen: sec(at)}}))
		offset += 2
	}
	if s := e.Stats(); s.Evicted != 0 || s.Refused != 0 {
		t.Errorf("have %+v: groups were not forgotten in time", s)
	}
}
