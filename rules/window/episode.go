package window

import (
	"slices"
	"time"

	"foghorn/pipeline"
	"foghorn/rules"
)

// episode is one stretch of time in which the condition holds: one anomaly. Times are
// Unix nanoseconds of event time, start and falseAt those of buckets.
type episode struct {
	id string
	// start is the first bucket at which the condition was known to be true when the
	// episode was opened; it never changes. falseAt is the first bucket after the last at
	// which it was true.
	start, falseAt int64
	resolved       bool
	// count, first, last, value are as of the last collect; base is what of count was in
	// buckets that are dropped.
	count, base int64
	first, last int64
	value       int64
	class       string
	hosts       []string
	services    []string
	templates   []string
	samples     []pipeline.Sample
	// seq, and the count and last time as told by the event seq.
	seq                 int
	toldCount, toldLast int64
	// active is false for an episode taken over from before a restart, until the records
	// at or below asOf, which it has already counted, have passed.
	active bool
	asOf   int64
	noted  []NotedSource // the sources behind it as of then
	opened int64         // the offset of the record that opened it
}

// maxSamples bounds the lines of an anomaly: the first ones, and the newest.
const (
	maxSamples  = 8
	keepSamples = 5
)

// reach returns the first and the last bucket whose lines belong to the episode: from the
// window in which it started, to the end of its keep-firing time.
func (ep *episode) reach(r *rules.Rule) (low, high int64) {
	size := int64(r.Bucket())
	return ep.start - size*int64(r.Span()-1), ep.falseAt + int64(r.KeepFiring)
}

// collect brings the episode's facts up to date and says whether its count changed.
func (ep *episode) collect(g *group, samples []pipeline.Sample) bool {
	low, high := ep.reach(g.rule)
	count, newest := ep.base, none
	for i := len(g.buckets) - 1; i >= 0 && g.buckets[i].start >= low; i-- {
		b := &g.buckets[i]
		if b.start > high {
			continue
		}
		count += b.count
		newest = max(newest, b.start)
		if ep.first == none || b.first < ep.first {
			ep.first = b.first
		}
		ep.last = max(ep.last, b.last)
	}
	changed := count != ep.count
	ep.count = count
	if !changed {
		return false
	}
	if newest != none { // not a window in which the condition was false again
		ep.value = g.value(min(newest, ep.falseAt-int64(g.rule.Bucket())))
	}
	ep.hosts = g.hosts.join(ep.hosts, low)
	ep.services = g.services.join(ep.services, low)
	ep.templates = g.templates.join(ep.templates, low)
	ep.class = g.class
	for _, s := range samples {
		if b := g.rule.BucketOf(s.Timestamp.UnixNano()); b < low || b > high {
			continue
		}
		if len(ep.samples) >= maxSamples {
			ep.samples = slices.Delete(ep.samples, keepSamples, keepSamples+1)
		}
		ep.samples = append(ep.samples, s)
	}
	return true
}

// due says whether the change since the last event is worth an update.
func (ep *episode) due(e *Engine) bool {
	return ep.count >= 2*ep.toldCount || ep.last-ep.toldLast >= int64(e.cfg.UpdateEvery)
}

// resolve ends the episode and tells so.
func (ep *episode) resolve(e *Engine, g *group) {
	if ep.resolved {
		return
	}
	if e.silent {
		return // it would have been told of; wait for it to come up again
	}
	ep.collect(g, nil)
	ep.resolved = true
	e.closed.add(ep.id)
	ep.tell(e, g, pipeline.AnomalyResolved)
	ep.samples = nil
}

// tell makes the next event of the episode.
func (ep *episode) tell(e *Engine, g *group, state pipeline.AnomalyState) {
	if e.silent {
		return
	}
	ep.seq++
	ev := Event{Anomaly: ep.anomaly(g, state), Note: ep.note(e, g)}
	ep.toldCount, ep.toldLast = ep.count, ep.last
	e.out = append(e.out, ev)
}

func nanos(t int64) time.Time { return time.Unix(0, t).UTC() }
