package demo

import (
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
	"foghorn/rules"
	"foghorn/rules/match"
	"foghorn/rules/packs"
	"foghorn/rules/window"
)

// TestPackFindsTheFailuresWithinAMinute runs the shop's lines through the rules that ship
// with the program: nothing fires while all is well, and each failure soon after it began.
func TestPackFindsTheFailuresWithinAMinute(t *testing.T) {
	set, err := packs.Load()
	if err != nil {
		t.Fatal(err)
	}
	fail := start.Add(30 * time.Second)
	opened := map[string]time.Time{}
	matcher := match.New(match.DefaultConfig(), 0, rules.NewLive(set))
	engine := window.NewEngine(window.DefaultConfig(), set)
	parsers, offsets := map[string]*parse.Parser{}, map[string]int64{}
	record := int64(0)
	flush := func(now time.Time) {
		msgs, err := matcher.Flush(now)
		if err != nil {
			t.Fatal(err)
		}
		for i := range msgs {
			partial, beat, err := rules.DecodeRecord(&msgs[i])
			if err != nil {
				t.Fatal(err)
			}
			var events []window.Event
			if partial != nil {
				events = engine.Apply(record, partial)
			} else {
				events = engine.Beat(record, beat)
			}
			record++
			for _, e := range events {
				if _, ok := opened[e.Anomaly.Rule]; !ok {
					opened[e.Anomaly.Rule] = e.Anomaly.Started
				}
			}
		}
	}
	next := start
	for _, l := range Generate(Config{Seed: 1, Start: start}, 95*time.Second) {
		if l.Time.After(next) {
			flush(next)
			next = next.Add(time.Second)
		}
		p := parsers[l.Service]
		if p == nil {
			p = parse.New(parse.DefaultConfig())
			parsers[l.Service] = p
		}
		line := pipeline.Line{
			ID:  pipeline.LineID{Source: pipeline.SourceID("shop", "/shop/"+l.Service+".log"), Generation: 1, Offset: offsets[l.Service]},
			Raw: []byte(l.Text), Size: int64(len(l.Text)) + 1, Observed: l.Time,
		}
		offsets[l.Service] += line.Size
		e := p.Parse(&line)
		matcher.Match(&e)
	}
	flush(next)
	for _, rule := range []string{"replication-stopped", "disk-full", "connection-refused", "http-4xx-surge", "http-5xx-surge", "sshd-bruteforce"} {
		at, ok := opened[rule]
		if !ok {
			t.Errorf("%s does not fire", rule)
			continue
		}
		if at.Before(fail) || at.After(fail.Add(time.Minute)) {
			t.Errorf("%s fires %s after the first failure", rule, at.Sub(fail))
		}
		delete(opened, rule)
	}
	if len(opened) > 0 {
		t.Errorf("rules that fire for nothing: %v", opened)
	}
}
