package window_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"foghorn/pipeline"
	"foghorn/rules"
	"foghorn/rules/window"
)

// Matches per second through stage 2, with 1,000 groups, some of them firing.
func BenchmarkWindow(b *testing.B) {
	set := parseRules(b, crashRules)
	rng := rand.New(rand.NewPCG(1, 2))
	var events []pipeline.Event
	for i := range 200_000 {
		at := float64(i) / 2000
		events = append(events, event("host:/log", int64(i)*10, "failed", fmt.Sprint(rng.IntN(1000)), at, at))
	}
	records := record(b, set, events, func(i int) bool { return i%500 == 499 }, never)
	for b.Loop() {
		e := window.NewEngine(window.DefaultConfig(), set)
		for i := range records {
			p, h, err := rules.DecodeRecord(&records[i])
			if err != nil {
				b.Fatal(err)
			}
			if p != nil {
				e.Apply(int64(i), p)
			} else {
				e.Beat(int64(i), h)
			}
		}
	}
	matches := float64(b.N) * 2 * float64(len(events)) // two rules
	b.ReportMetric(matches/b.Elapsed().Seconds(), "matches/s")
}
