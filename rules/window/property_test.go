package window_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"foghorn/pipeline"
	"foghorn/rules"
)

// drawSet draws a rule with a small window, so that random lines make episodes.
func drawSet(t *rapid.T, tb testing.TB) *rules.Set {
	threshold := fmt.Sprintf("threshold: { count: '>= %d', window: %ds }",
		rapid.IntRange(1, 4).Draw(t, "count"), rapid.IntRange(1, 12).Draw(t, "window"))
	if rapid.IntRange(0, 4).Draw(t, "pattern") == 0 {
		threshold = ""
	}
	return parseRules(tb, fmt.Sprintf(`
rules:
  - id: r
    title: t
    severity: low
    match: failed
    group_by: [user]
    %s
    keep_firing_for: %ds
`, threshold, rapid.IntRange(0, 10).Draw(t, "keep")))
}

// drawEvents draws lines of several sources. The lines of a source are at most late
// seconds behind the newest of all sources.
func drawEvents(t *rapid.T, sources, late int) []pipeline.Event {
	n := rapid.IntRange(1, 80).Draw(t, "lines")
	offsets := make([]int64, sources)
	var out []pipeline.Event
	now := 100
	for range n {
		now += rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 3, 7, 15}).Draw(t, "step")
		s := rapid.IntRange(0, sources-1).Draw(t, "source")
		word := rapid.SampledFrom([]string{"failed", "failed", "failed", "passed"}).Draw(t, "word")
		user := rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "user")
		at := now
		if late > 0 {
			at -= rapid.IntRange(0, late).Draw(t, "late")
		}
		out = append(out, event(fmt.Sprintf("host-%d:/log", s), offsets[s], word, user, float64(at), float64(now)))
		offsets[s] += 10
	}
	return out
}

func countSeconds(events []pipeline.Event) map[string]map[int64]int64 {
	out := map[string]map[int64]int64{}
	for i := range events {
		e := &events[i]
		if string(e.Body[:6]) != "failed" {
			continue
		}
		user, _ := e.Field("user")
		group := pipeline.GroupKey(map[string]string{"user": user})
		if out[group] == nil {
			out[group] = map[int64]int64{}
		}
		out[group][e.EventTime().Unix()]++
	}
	return out
}

func drawCut(t *rapid.T) func(int) bool {
	mean := rapid.IntRange(1, 20).Draw(t, "batch")
	return func(int) bool { return rapid.IntRange(1, mean).Draw(t, "cut") == 1 }
}

func drawBack(t *rapid.T) func(int) int {
	crashes := rapid.IntRange(0, 5).Draw(t, "crashes")
	return func(i int) int {
		if crashes == 0 || rapid.IntRange(0, 2).Draw(t, "crash") > 0 {
			return -1
		}
		crashes--
		return max(0, i-rapid.IntRange(0, 30).Draw(t, "back"))
	}
}

// Lines in the order of their times give exactly the episodes of a brute-force
// computation, however they are cut into batches, repeated, and spread over sources.
func TestInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		set := drawSet(rt, t)
		events := drawEvents(rt, rapid.IntRange(1, 3).Draw(rt, "sources"), 0)
		var want []episode
		for group, s := range countSeconds(events) {
			want = append(want, brute(set.ByID("r"), group, s)...)
		}
		sortEpisodes(want)
		have := episodes(t, run(t, set, record(t, set, events, drawCut(rt), drawBack(rt))))
		if diff := cmp.Diff(want, have); diff != "" {
			rt.Fatalf("(-brute force +engine):\n%s", diff)
		}
	})
}

// A late line is counted, and can prolong an episode or open one; it never moves the
// start of an open episode, and never opens one a second time. So with late lines the
// start of an episode can be later than with all lines known, and everything else is the
// same: each true second belongs to one episode, and each count is that of all lines.
func TestLateLines(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		set := drawSet(rt, t)
		rule := set.ByID("r")
		events := drawEvents(rt, rapid.IntRange(1, 3).Draw(rt, "sources"), 20)
		have := episodes(t, run(t, set, record(t, set, events, drawCut(rt), drawBack(rt))))
		byGroup := map[string][]episode{}
		for _, ep := range have {
			byGroup[ep.Group] = append(byGroup[ep.Group], ep)
		}
		span, keep := max(1, int64(rule.Window.Seconds())), int64(rule.KeepFiring.Seconds())
		for group, seconds := range countSeconds(events) {
			known := rules.Rule{Window: rule.Window, MinCount: rule.MinCount} // every true second for itself
			for _, stretch := range brute(&known, group, seconds) {
				if !covered(byGroup[group], stretch, keep) {
					rt.Fatalf("group %s: true from %d to %d, in no episode of %v", group, stretch.Started, stretch.Ended, byGroup[group])
				}
			}
			for i, ep := range byGroup[group] {
				want := int64(0)
				for s, n := range seconds {
					if ep.Started-span < s && s <= ep.Ended+keep {
						want += n
					}
				}
				if ep.Count != want {
					rt.Fatalf("group %s, episode %v: want count %d", group, ep, want)
				}
				if i > 0 && ep.Started <= byGroup[group][i-1].Started {
					rt.Fatalf("group %s: episodes %v", group, byGroup[group])
				}
			}
		}
	})
}

// covered says whether each second of a stretch is in an episode or no more than keep
// before the start of one.
func covered(list []episode, stretch episode, keep int64) bool {
	for s := stretch.Started; s < stretch.Ended; s++ {
		ok := false
		for _, ep := range list {
			ok = ok || ep.Started-keep-1 <= s && s < ep.Ended
		}
		if !ok {
			return false
		}
	}
	return true
}
