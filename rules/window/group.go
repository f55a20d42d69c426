package window

import (
	"math"
	"slices"

	"foghorn/pipeline"
	"foghorn/rules"
)

// group is the state of one rule and group.
type group struct {
	key     string
	rule    *rules.Rule
	values  map[string]string
	buckets []bucket // by start, only those with matches
	// episodes are by start; at most maxEpisodes of them are resolved ones.
	episodes  []*episode
	sources   map[string]*contributor
	hosts     names
	services  names
	templates names
	class     string
	samples   []pipeline.Sample // the newest, for an episode that may open
	watermark int64
	touched   int64
}

// bucket counts the matches of one stretch of event time.
type bucket struct {
	start, count int64
	first, last  int64 // event times
	touched      int64 // the engine's clock at the last match
}

// Bounds of a group's state.
const (
	maxBuckets  = 4096
	maxEpisodes = 16
	maxRecent   = 5 // samples before an episode
)

func (g *group) contributor(s *source) *contributor {
	c := g.sources[s.id]
	if c == nil {
		c = &contributor{source: s, clock: rules.Clock{Watermark: none}, last: none}
		g.sources[s.id] = c
		s.groups++
	}
	return c
}

func (g *group) release(e *Engine, id string) {
	s := g.sources[id].source
	delete(g.sources, id)
	if s.groups--; s.groups == 0 {
		delete(e.sources, id)
	}
}

// add counts a match and looks at all windows that it is in.
func (g *group) add(e *Engine, t int64) {
	start := g.rule.BucketOf(t)
	i := len(g.buckets)
	for i > 0 && g.buckets[i-1].start >= start {
		i--
	}
	if i == len(g.buckets) || g.buckets[i].start != start {
		g.buckets = slices.Insert(g.buckets, i, bucket{start: start, first: t, last: t})
	}
	b := &g.buckets[i]
	b.count++
	b.first, b.last, b.touched = min(b.first, t), max(b.last, t), e.clock
	g.look(e, i)
}

// look finds the windows in which bucket i made the condition true: those that end with
// it or with one of the span-1 buckets after it. A count only grows, so a window that was
// true stays true.
func (g *group) look(e *Engine, i int) {
	size, span := int64(g.rule.Bucket()), int64(g.rule.Span())
	at := g.buckets[i].start
	if ep := g.covering(at); ep != nil && ep.falseAt >= at+size*span {
		return
	}
	low, sum := i, int64(0)
	for ; low >= 0 && g.buckets[low].start > at-size*span; low-- {
		sum += g.buckets[low].count
	}
	low++
	high := i + 1
	for t := at; t < at+size*span; t += size {
		for ; low < len(g.buckets) && g.buckets[low].start <= t-size*span; low++ {
			sum -= g.buckets[low].count
		}
		for ; high < len(g.buckets) && g.buckets[high].start <= t; high++ {
			sum += g.buckets[high].count
		}
		if sum >= g.rule.MinCount {
			g.hold(e, t)
		} else if high == len(g.buckets) {
			return
		}
	}
}

// value returns the count in the window that ends with the bucket at.
func (g *group) value(at int64) int64 {
	sum, from := int64(0), at-int64(g.rule.Bucket())*int64(g.rule.Span())
	for i := len(g.buckets) - 1; i >= 0 && g.buckets[i].start > from; i-- {
		if g.buckets[i].start <= at {
			sum += g.buckets[i].count
		}
	}
	return sum
}

// covering returns the last episode that starts at or before bucket t, or nil.
func (g *group) covering(t int64) *episode {
	for i := len(g.episodes) - 1; i >= 0; i-- {
		if g.episodes[i].start <= t {
			return g.episodes[i]
		}
	}
	return nil
}

// hold says that the condition is true at bucket t: an episode goes on, or starts.
func (g *group) hold(e *Engine, t int64) {
	end := t + int64(g.rule.Bucket())
	if ep := g.covering(t); ep != nil && t <= ep.falseAt+int64(g.rule.KeepFiring) {
		if ep.active {
			ep.falseAt = max(ep.falseAt, end)
		}
		return
	}
	i := len(g.episodes)
	for i > 0 && g.episodes[i-1].start > t {
		i--
	}
	if i < len(g.episodes) && g.episodes[i].start <= end+int64(g.rule.KeepFiring) {
		return // late lines before the start of an episode belong to it; its start stays
	}
	if e.silent {
		return // all that had opened was told of
	}
	ep := &episode{
		id:    pipeline.AnomalyID(g.rule.ID, g.values, nanos(t)),
		start: t, falseAt: end, first: none, last: none, active: true, opened: e.offset,
	}
	ep.resolved = e.closed.ids[ep.id]
	g.episodes = slices.Insert(g.episodes, i, ep)
}

// remember notes the facts of a partial whose newest counted match is at time last.
func (g *group) remember(p *rules.Partial, last int64) {
	for _, h := range p.Hosts {
		g.hosts.add(h, last)
	}
	for _, s := range p.Services {
		g.services.add(s, last)
	}
	for _, t := range p.Templates {
		g.templates.add(t, last)
	}
	if p.ErrorClass != "" {
		g.class = p.ErrorClass
	}
}

// keep keeps the newest samples for an episode that may open with a later record.
func (g *group) keep(samples []pipeline.Sample) {
	g.samples = append(g.samples, samples...)
	if n := len(g.samples); n > maxRecent {
		g.samples = append(g.samples[:0], g.samples[n-maxRecent:]...)
	}
}

// settle tells of what the matches of one record changed.
func (g *group) settle(e *Engine, samples []pipeline.Sample) {
	for _, ep := range g.episodes {
		if !ep.active || ep.resolved {
			continue
		}
		if ep.seq == 0 {
			ep.collect(g, append(slices.Clone(g.samples), samples...))
			ep.tell(e, g, pipeline.AnomalyOpen)
		} else if ep.collect(g, samples) && ep.due(e) {
			ep.tell(e, g, pipeline.AnomalyUpdate)
		}
	}
}

// activate lets adopted episodes go on whose records, those at or below their offset, lie
// before offset. It returns the highest of their offsets.
func (g *group) activate(e *Engine, offset int64) int64 {
	highest := none
	for _, ep := range g.episodes {
		if ep.active || offset <= ep.asOf {
			continue
		}
		ep.active = true
		e.asleep--
		highest = max(highest, ep.asOf)
		low, high := ep.reach(g.rule)
		ep.base = ep.count - g.sum(low, high)
		for _, n := range ep.noted {
			s := e.source(n.Source)
			s.partition = n.Partition
			c := g.contributor(s)
			c.clock, c.last = later(c.clock, n.Clock), max(c.last, n.Last)
		}
		ep.noted = nil
	}
	return highest
}

// sum counts the matches in the buckets from low to high, both included.
func (g *group) sum(low, high int64) int64 {
	n := int64(0)
	for i := len(g.buckets) - 1; i >= 0 && g.buckets[i].start >= low; i-- {
		if g.buckets[i].start <= high {
			n += g.buckets[i].count
		}
	}
	return n
}

// clockOn sets the watermark to the lowest event time of the sources behind the group. It
// goes back when a source that is behind begins to give matches.
func (g *group) clockOn(e *Engine) {
	if len(g.sources) == 0 {
		return
	}
	g.watermark = math.MaxInt64
	for _, c := range g.sources {
		g.watermark = min(g.watermark, c.now(e))
	}
}

// advance resolves what the watermark has passed, and drops what no line can need any
// more.
func (g *group) advance(e *Engine) {
	lateness := int64(e.cfg.Lateness)
	window := int64(g.rule.Bucket()) * int64(g.rule.Span())
	keep := int64(g.rule.KeepFiring)
	resolved := 0
	for _, ep := range g.episodes {
		if ep.active && !ep.resolved && ep.falseAt+keep+lateness <= g.watermark {
			ep.resolve(e, g)
		}
		if ep.resolved && ep.active {
			resolved++
		}
	}
	for i := 0; resolved > maxEpisodes && i < len(g.episodes); {
		if ep := g.episodes[i]; ep.resolved && ep.active {
			g.episodes = slices.Delete(g.episodes, i, i+1)
			resolved--
			continue
		}
		i++
	}

	// A bucket stays as long as a line within the lateness can be counted with it. Lines
	// that are late beyond that (a clock set back, an old file read again) are counted
	// with each other: what they touched stays for as long by the engine's clock.
	excess := len(g.buckets) - maxBuckets
	g.buckets = slices.DeleteFunc(g.buckets, func(b bucket) bool {
		passed := b.start+window+lateness <= g.watermark
		idle := b.touched+window+lateness <= e.clock
		if excess <= 0 && !(passed && idle) || excess > 0 && !passed {
			return false
		}
		excess--
		g.fold(&b)
		return true
	})
	for len(g.buckets) > 2*maxBuckets {
		g.fold(&g.buckets[0])
		g.buckets = g.buckets[1:]
	}
	for id, c := range g.sources {
		memory := window + keep + 2*lateness
		if c.last+memory <= c.now(e) && c.touched+memory <= e.clock {
			g.release(e, id)
		}
	}
}

// finish resolves whatever is open.
func (g *group) finish(e *Engine) {
	g.activate(e, math.MaxInt64)
	for _, ep := range g.episodes {
		ep.resolve(e, g)
	}
}

// fold adds a bucket that is dropped to the episodes that it belongs to.
func (g *group) fold(b *bucket) {
	for _, ep := range g.episodes {
		if low, high := ep.reach(g.rule); ep.active && !ep.resolved && low <= b.start && b.start <= high {
			ep.base += b.count
		}
	}
}

// needed says whether the group has episodes that must not be forgotten: open ones, and
// those that wait for their records after a restart.
func (g *group) needed() bool {
	return slices.ContainsFunc(g.episodes, func(ep *episode) bool { return !ep.resolved || !ep.active })
}

// done says whether nothing is left to wait for.
func (g *group) done() bool { return len(g.buckets) == 0 && len(g.sources) == 0 && !g.needed() }

// change puts the group under a changed rule: buckets are cut anew, open episodes go on.
func (g *group) change(rule *rules.Rule) {
	g.rule = rule
	old := g.buckets
	g.buckets = nil
	for _, b := range old {
		b.start = rule.BucketOf(b.first)
		if n := len(g.buckets); n > 0 && g.buckets[n-1].start == b.start {
			last := &g.buckets[n-1]
			last.count += b.count
			last.last, last.touched = max(last.last, b.last), max(last.touched, b.touched)
			continue
		}
		g.buckets = append(g.buckets, b)
	}
}
