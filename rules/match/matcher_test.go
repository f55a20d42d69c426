package match_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
	"foghorn/rules"
	"foghorn/rules/file"
	"foghorn/rules/match"
	"foghorn/rules/window"
)

func parseRules(t testing.TB, text string) *rules.Set {
	t.Helper()
	list, err := file.Parse("test.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.NewSet(list...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const failedRule = `rules:
  - id: failed
    title: t
    severity: low
    match: '"Failed password"'
    extract: 'from %{IP:client.address}'
    group_by: [host, client.address]
    threshold: { count: '>= 2', window: 1m }
`

var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func line(source string, generation uint64, offset int64, after time.Duration, body string) *pipeline.Event {
	host, path := pipeline.SplitSource(source)
	at := start.Add(after).UnixNano()
	return &pipeline.Event{
		ID: pipeline.LineID{Source: source, Generation: generation, Offset: offset}, Size: int64(len(body)) + 1,
		Host: host, Path: path, Service: "sshd", Timestamp: at, Observed: at, Body: []byte(body),
	}
}

func flush(t testing.TB, m *match.Matcher, after time.Duration) (partials []rules.Partial, beats []rules.Heartbeat) {
	t.Helper()
	msgs, err := m.Flush(start.Add(after))
	if err != nil {
		t.Fatal(err)
	}
	for i := range msgs {
		p, h, err := rules.DecodeRecord(&msgs[i])
		if err != nil {
			t.Fatal(err)
		}
		if p != nil {
			if want := rules.Key(p.Rule, p.Group); string(msgs[i].Key) != string(want) || msgs[i].Partition != -1 {
				t.Errorf("have key %q and partition %d, want %q and -1", msgs[i].Key, msgs[i].Partition, want)
			}
			partials = append(partials, *p)
		} else {
			beats = append(beats, *h)
		}
	}
	return partials, beats
}

// Every event that matches a rule is in exactly one Partial, with its identity and event
// time.
func TestPartials(t *testing.T) {
	set := parseRules(t, failedRule)
	m := match.New(match.DefaultConfig(), 3, rules.NewLive(set))
	long := "Failed password from 10.0.0.9 " + strings.Repeat("é", rules.MaxSampleLine)
	m.Match(line("a:/log", 1, 0, 0, "Failed password for root from 10.0.0.9 port 1"))
	m.Match(line("a:/log", 1, 50, time.Second, "Accepted password for root from 10.0.0.9 port 1"))
	m.Match(line("a:/log", 1, 99, 2*time.Second, "FAILED PASSWORD for x from 10.0.0.9 port 1"))
	m.Match(line("a:/log", 2, 0, 3*time.Second, long))
	m.Match(line("a:/log", 2, 9999, 4*time.Second, "Failed password, and no address"))
	have, _ := flush(t, m, 5*time.Second)
	at := func(s int) int64 { return start.Add(time.Duration(s) * time.Second).UnixNano() }
	clock := rules.Clock{Watermark: at(4), Seen: at(4)}
	sample := func(gen uint64, offset int64, s int, text string) pipeline.Sample {
		return pipeline.Sample{Source: "a:/log", Generation: gen, Offset: offset, Timestamp: start.Add(time.Duration(s) * time.Second), Line: text}
	}
	want := []rules.Partial{
		{
			Rule: "failed", Revision: set.ByID("failed").Revision, Group: map[string]string{"host": "a", "client.address": "10.0.0.9"},
			Partition: 3, Progress: at(4),
			Sources: []rules.Matches{
				{Source: "a:/log", Generation: 1, Clock: clock, Offsets: []int64{0, 99}, Times: []int64{at(0), at(2)}},
				{Source: "a:/log", Generation: 2, Clock: clock, Offsets: []int64{0}, Times: []int64{at(3)}},
			},
			Hosts: []string{"a"}, Services: []string{"sshd"},
			Samples: []pipeline.Sample{
				sample(1, 0, 0, "Failed password for root from 10.0.0.9 port 1"),
				sample(1, 99, 2, "FAILED PASSWORD for x from 10.0.0.9 port 1"),
				sample(2, 0, 3, long[:rules.MaxSampleLine]),
			},
		},
		{
			Rule: "failed", Revision: set.ByID("failed").Revision, Group: map[string]string{"host": "a", "client.address": ""},
			Partition: 3, Progress: at(4),
			Sources: []rules.Matches{{Source: "a:/log", Generation: 2, Clock: clock, Offsets: []int64{9999}, Times: []int64{at(4)}}},
			Hosts:   []string{"a"}, Services: []string{"sshd"},
			Samples: []pipeline.Sample{sample(2, 9999, 4, "Failed password, and no address")},
		},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if again, _ := flush(t, m, 6*time.Second); len(again) > 0 {
		t.Errorf("a second Flush repeats %v", again)
	}
}

// More matches than a record carries are several records, in order; only the last tells
// the clock, so that no time passes for matches that are still to come.
func TestManyMatches(t *testing.T) {
	m := match.New(match.DefaultConfig(), 0, rules.NewLive(parseRules(t, failedRule)))
	const n = 2*rules.MaxOffsets + 10
	for i := range int64(n) {
		m.Match(line("a:/log", 1, i*40, time.Duration(i), "Failed password from 10.0.0.9"))
	}
	have, _ := flush(t, m, time.Second)
	next := int64(0)
	for i, p := range have {
		for _, g := range p.Sources {
			for _, off := range g.Offsets {
				if off != next {
					t.Fatalf("record %d: have offset %d, want %d", i, off, next)
				}
				next += 40
			}
			if last := i == len(have)-1; (g.Watermark != 0) != last {
				t.Errorf("record %d of %d: have clock %+v", i, len(have), g.Clock)
			}
		}
	}
	if len(have) != 3 || next != n*40 {
		t.Errorf("have %d records up to offset %d, want 3 up to %d", len(have), next, n*40)
	}
}

// The progress stands still while stage 1 lags, and goes on with the wall clock when all
// lines were read; a line from the future does not make the present late.
func TestHeartbeat(t *testing.T) {
	m := match.New(match.DefaultConfig(), 5, rules.NewLive(parseRules(t, failedRule)))
	e := line("a:/log", 1, 0, 0, "Failed password from 10.0.0.9")
	e.Timestamp += int64(20 * time.Hour)
	m.Match(e)
	_, beats := flush(t, m, time.Hour) // an hour behind
	at := start.UnixNano()
	want := []rules.Heartbeat{{
		Partition: 5, Progress: at,
		Sources: map[string]rules.Clock{"a:/log": {Watermark: at + int64(time.Minute), Seen: at}},
	}}
	if diff := cmp.Diff(want, beats); diff != "" {
		t.Errorf("behind (-want +have):\n%s", diff)
	}
	_, beats = flush(t, m, time.Hour)
	want = []rules.Heartbeat{{Partition: 5, Progress: start.Add(time.Hour).UnixNano(), Sources: map[string]rules.Clock{}}}
	if diff := cmp.Diff(want, beats); diff != "" {
		t.Errorf("all read (-want +have):\n%s", diff)
	}
	if _, beats = flush(t, m, time.Hour+time.Millisecond); len(beats) > 0 {
		t.Errorf("a millisecond later there is another heartbeat: %v", beats)
	}
}

// A source that had a match is told of until no match of it can matter; then there are no
// heartbeats any more.
func TestHeartbeatsEnd(t *testing.T) {
	m := match.New(match.DefaultConfig(), 0, rules.NewLive(parseRules(t, failedRule)))
	m.Match(line("a:/log", 1, 0, 0, "Failed password from 10.0.0.9"))
	flush(t, m, 0)
	last := time.Duration(0)
	for s := range 1000 {
		if _, beats := flush(t, m, time.Duration(s)*time.Second); len(beats) > 0 {
			last = time.Duration(s) * time.Second
		}
	}
	// The match, a horizon of 1 m window, 1 m keep-firing, twice 1 m lateness, and one more.
	if last < 4*time.Minute || last > 4*time.Minute+2*time.Second {
		t.Errorf("the last heartbeat was after %v", last)
	}
}

// The literals searched for at once never hide a match: all rules find what their queries
// match alone.
func TestPrefilter(t *testing.T) {
	texts := []string{
		`'"Failed password"'`, `'connection AND refused'`, `'/[Pp]anic: .*/'`, `'web-* OR oops'`, `"'0x7f: K'"`, `'-failed'`,
		`'host:b'`, `'kelvin'`, `'"no space" OR (disk full)'`, `'/(?i)stra.e/'`, `'*'`, `'élan'`,
	}
	var yaml strings.Builder
	yaml.WriteString("rules:\n")
	for i, q := range texts {
		fmt.Fprintf(&yaml, "  - {id: r%02d, title: t, severity: low, match: %s}\n", i, q)
	}
	set := parseRules(t, yaml.String())
	words := []string{
		"Failed", "password", "failed", "PASSWORD", "connection", "refused", "panic:", "Panic: at", "web-17", "oops", "0x7f: K", "0X7F: k",
		"\u212aelvin", "kelvin", "No space", "disk", "full", "stra\u017fe", "STRAßE", "stra5e", "\xff\xfe", "Élan", "e\u0301lan", "\x00", "x",
	}
	m := match.New(match.DefaultConfig(), 0, rules.NewLive(set))
	rapid.Check(t, func(rt *rapid.T) {
		body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 6).Draw(rt, "words"), rapid.SampledFrom([]string{" ", "-", ""}).Draw(rt, "glue"))
		e := line(rapid.SampledFrom([]string{"a:/log", "b:/log"}).Draw(rt, "source"), 1, 0, 0, body)
		m.Match(e)
		partials, _ := flush(t, m, 0)
		var have, want []string
		for _, p := range partials {
			have = append(have, p.Rule)
		}
		for _, r := range set.Rules() {
			if query.Compile(r.Match).Match(e) {
				want = append(want, r.ID)
			}
		}
		less := func(a, b string) bool { return a < b }
		if diff := cmp.Diff(want, have, cmpopts.SortSlices(less)); diff != "" {
			rt.Fatalf("line %q (-each alone +matcher):\n%s", body, diff)
		}
	})
}

// A swap of the live rules is noticed at the next event.
func TestSwap(t *testing.T) {
	live := rules.NewLive(parseRules(t, failedRule))
	m := match.New(match.DefaultConfig(), 0, live)
	e := line("a:/log", 1, 0, 0, "Failed password from 10.0.0.9")
	m.Match(e)
	live.Swap(parseRules(t, strings.Replace(failedRule, "id: failed", "id: other", 1)))
	m.Match(e)
	partials, _ := flush(t, m, 0)
	if len(partials) != 2 || partials[0].Rule != "failed" || partials[1].Rule != "other" {
		t.Errorf("have %+v, want one partial of each rule", partials)
	}
}

// The alternatives of one pattern can name the same field: the one that fits gives it.
func TestAlternativesShareAName(t *testing.T) {
	set := parseRules(t, `rules:
  - id: failed
    title: t
    severity: low
    match: failed
    extract: '(?:from %{IP:client.address}|rhost=%{IP:client.address})'
    group_by: [client.address]
`)
	m := match.New(match.DefaultConfig(), 0, rules.NewLive(set))
	m.Match(line("a:/log", 1, 0, 0, "failed from 10.0.0.1"))
	m.Match(line("a:/log", 1, 50, 0, "failed rhost=10.0.0.2"))
	var have []string
	partials, _ := flush(t, m, time.Second)
	for i := range partials {
		have = append(have, partials[i].Group["client.address"])
	}
	if diff := cmp.Diff([]string{"10.0.0.1", "10.0.0.2"}, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

// A shipper whose clock is ahead does not stop the time of the other sources.
func TestAShippersFutureClockDoesNotStopTime(t *testing.T) {
	set := parseRules(t, failedRule)
	m := match.New(match.DefaultConfig(), 0, rules.NewLive(set))
	m.Match(line("a:/log", 1, 0, 0, "Failed password for root from 10.0.0.9 port 1"))
	m.Match(line("ahead:/log", 1, 0, 24*time.Hour, "nothing"))
	e := window.NewEngine(window.DefaultConfig(), set)
	offset := int64(0)
	states := map[pipeline.AnomalyState]int{}
	m.Match(line("a:/log", 1, 50, time.Second, "Failed password for root from 10.0.0.9 port 1"))
	for minute := range 10 {
		msgs, err := m.Flush(start.Add(time.Duration(minute)*time.Minute + 2*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for i := range msgs {
			p, h, err := rules.DecodeRecord(&msgs[i])
			if err != nil {
				t.Fatal(err)
			}
			var events []window.Event
			if offset++; p != nil {
				events = e.Apply(offset, p)
			} else {
				events = e.Beat(offset, h)
			}
			for j := range events {
				states[events[j].Anomaly.State]++
			}
		}
	}
	if diff := cmp.Diff(map[pipeline.AnomalyState]int{pipeline.AnomalyOpen: 1, pipeline.AnomalyResolved: 1}, states); diff != "" {
		t.Errorf("after ten minutes of silence (-want +have):\n%s", diff)
	}
}
