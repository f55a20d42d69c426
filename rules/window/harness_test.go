package window_test

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/rules"
	"foghorn/rules/file"
	"foghorn/rules/match"
	"foghorn/rules/window"
)

// episode is what the oracles and the engine are compared by.
type episode struct {
	Group          string
	Started, Ended int64 // Unix seconds
	Count          int64
}

// parseRules reads rules from YAML text.
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

// event makes an event of a word, a user and a time in seconds.
func event(source string, offset int64, word, user string, at, observed float64) pipeline.Event {
	nanos := func(s float64) int64 { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).UnixNano() + int64(s*1e9) }
	host, path := pipeline.SplitSource(source)
	return pipeline.Event{
		ID: pipeline.LineID{Source: source, Generation: 1, Offset: offset}, Size: 10,
		Host: host, Path: path, Timestamp: nanos(at), Observed: nanos(observed),
		Attrs: []pipeline.Attr{{Key: "user", Value: user}},
		Body:  fmt.Appendf(nil, "%s by %s at %g", word, user, at),
	}
}

// record sends events through stage 1 and returns the records of one partition of
// logs.matches. It flushes where cut says so, after the event with that index; go back
// returns an index to start from again with a new Matcher, as after a crash, or -1.
func record(t testing.TB, set *rules.Set, events []pipeline.Event, cut func(i int) bool, back func(i int) int) []pipeline.Message {
	t.Helper()
	live := rules.NewLive(set)
	m := match.New(match.DefaultConfig(), 0, live)
	var out []pipeline.Message
	flush := func(now int64) {
		msgs, err := m.Flush(time.Unix(0, now))
		if err != nil {
			t.Fatal(err)
		}
		for _, msg := range msgs {
			msg.Offset, msg.Time, msg.Partition, msg.Topic = int64(len(out)), time.Unix(0, now).UTC(), 0, pipeline.TopicMatches
			out = append(out, msg)
		}
	}
	for i := 0; i < len(events); i++ {
		m.Match(&events[i])
		if !cut(i) && i < len(events)-1 {
			continue
		}
		flush(events[i].Observed)
		if to := back(i); to >= 0 {
			m = match.New(match.DefaultConfig(), 0, live)
			i = to - 1
		}
	}
	return out
}

// run gives records to a new engine, finishes it, and returns all events.
func run(t testing.TB, set *rules.Set, records []pipeline.Message) []window.Event {
	t.Helper()
	e := window.NewEngine(window.DefaultConfig(), set)
	var out []window.Event
	for i := range records {
		p, h, err := rules.DecodeRecord(&records[i])
		if err != nil {
			t.Fatal(err)
		}
		if p != nil {
			out = append(out, e.Apply(records[i].Offset, p)...)
		} else {
			out = append(out, e.Beat(records[i].Offset, h)...)
		}
	}
	return append(out, e.Finish()...)
}

// episodes returns the resolved episodes among events, and checks that each went through
// open, updates, resolved, with rising sequence numbers.
func episodes(t testing.TB, events []window.Event) []episode {
	t.Helper()
	var out []episode
	seq := make(map[string]int)
	for i := range events {
		a := &events[i].Anomaly
		seq[a.ID]++
		if a.Seq != seq[a.ID] || (a.State == pipeline.AnomalyOpen) != (a.Seq == 1) {
			t.Fatalf("event %d of %s: have seq %d, state %s", seq[a.ID], a.ID, a.Seq, a.State)
		}
		if a.State == pipeline.AnomalyResolved {
			out = append(out, episode{pipeline.GroupKey(a.Group), a.Started.Unix(), a.ResolvedAt.Unix(), a.Count})
			seq[a.ID] = -1 << 30
		}
	}
	for id, n := range seq {
		if n > 0 {
			t.Fatalf("anomaly %s was not resolved", id)
		}
	}
	sortEpisodes(out)
	return out
}

func sortEpisodes(list []episode) {
	sort.Slice(list, func(i, j int) bool {
		if list[i].Group != list[j].Group {
			return list[i].Group < list[j].Group
		}
		return list[i].Started < list[j].Started
	})
}

// brute finds the episodes of one rule by trying every second: seconds has how many
// lines match in each.
func brute(r *rules.Rule, group string, seconds map[int64]int64) []episode {
	if len(seconds) == 0 {
		return nil
	}
	low, high := int64(1)<<62, int64(-1)<<62
	for s := range seconds {
		low, high = min(low, s), max(high, s)
	}
	span, keep := max(1, int64(r.Window/time.Second)), int64(r.KeepFiring/time.Second)
	var out []episode
	for s := low; s <= high+span; s++ {
		n := int64(0)
		for back := range span {
			n += seconds[s-back]
		}
		if n < r.MinCount {
			continue
		}
		if last := len(out) - 1; last >= 0 && s <= out[last].Ended+keep {
			out[last].Ended = s + 1
		} else {
			out = append(out, episode{Group: group, Started: s, Ended: s + 1})
		}
	}
	for i := range out {
		for s, n := range seconds {
			if out[i].Started-span < s && s <= out[i].Ended+keep {
				out[i].Count += n
			}
		}
	}
	return out
}

func never(int) int { return -1 }

func always(int) bool { return true }

func randomCut(rng *rand.Rand, mean int) func(int) bool {
	return func(int) bool { return rng.IntN(mean) == 0 }
}
