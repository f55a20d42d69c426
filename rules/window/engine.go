package window

import (
	"slices"
	"sort"
	"strings"

	"foghorn/pipeline"
	"foghorn/rules"
)

// Engine keeps the windows and episodes of one partition of logs.matches. It is used by
// one goroutine.
type Engine struct {
	cfg      Config
	set      *rules.Set
	stats    Stats
	groups   map[string]*group
	sources  map[string]*source
	progress map[int]int64 // by raw partition
	clock    int64         // the highest progress of all
	offset   int64         // of the record at work
	closed   closed
	asleep   int  // adopted episodes whose records have not passed
	silent   bool // rebuild state, say nothing
	out      []Event
}

// Event is one lifecycle event and the note that lets a restarted Engine go on from it.
type Event struct {
	Anomaly pipeline.Anomaly
	Note    Note
}

const none = int64(-1 << 63)

// NewEngine returns an Engine for the rules of set. The configuration must be valid.
func NewEngine(cfg Config, set *rules.Set) *Engine {
	return &Engine{
		cfg: cfg, set: set, clock: none, offset: none,
		groups: make(map[string]*group), sources: make(map[string]*source), progress: make(map[int]int64),
	}
}

// Stats returns what was counted so far.
func (e *Engine) Stats() Stats { return e.stats }

// Apply takes a partial, the record at offset, and returns the events that it causes.
// Offsets rise from call to call, over Apply and Beat.
func (e *Engine) Apply(offset int64, p *rules.Partial) []Event {
	e.wake(offset)
	e.offset = offset
	e.clock = max(e.clock, p.Progress)
	rule := e.set.ByID(p.Rule)
	if rule == nil {
		for i := range p.Sources {
			e.stats.UnknownRule += int64(len(p.Sources[i].Offsets))
		}
		return e.take()
	}
	g := e.group(rule, p.Group)
	if g == nil {
		for i := range p.Sources {
			e.stats.Refused += int64(len(p.Sources[i].Offsets))
		}
		return e.take()
	}
	fresh, samples := e.fresh(g, p)
	g.clockOn(e)
	for _, t := range fresh {
		g.add(e, t)
	}
	if len(fresh) > 0 {
		g.remember(p, fresh[len(fresh)-1])
		g.settle(e, samples)
		g.keep(samples)
	}
	g.advance(e)
	return e.take()
}

// Beat takes a heartbeat, the record at offset, and returns the events that it causes.
func (e *Engine) Beat(offset int64, h *rules.Heartbeat) []Event {
	e.wake(offset)
	e.offset = offset
	e.clock = max(e.clock, h.Progress)
	e.progress[h.Partition] = max(e.progress[h.Partition], h.Progress)
	for id, c := range h.Sources {
		if s := e.sources[id]; s != nil {
			s.partition, s.clock = h.Partition, later(s.clock, c)
		}
	}
	e.sweep()
	return e.take()
}

// Finish says that there is no further line: it resolves all that is open and returns
// the events. For tests and backtests, where the input ends.
func (e *Engine) Finish() []Event {
	for _, key := range e.keys() {
		g := e.groups[key]
		g.finish(e)
	}
	clear(e.groups)
	clear(e.sources)
	return e.take()
}

// SetRules puts other rules in force. Episodes of rules that are gone are resolved; those
// of changed rules go on under the new definition.
func (e *Engine) SetRules(set *rules.Set) []Event {
	e.set = set
	for _, key := range e.keys() {
		g := e.groups[key]
		rule := set.ByID(g.rule.ID)
		switch {
		case rule == nil:
			g.finish(e)
			e.drop(key, g)
		case rule != g.rule:
			g.change(rule)
		}
	}
	return e.take()
}

func (e *Engine) keys() []string {
	keys := make([]string, 0, len(e.groups))
	for k := range e.groups {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// wake lets adopted episodes go on before the first record that they do not know. Of the
// events of the record that they know last, a crash can have let only the first be
// written: what is still to be told is told.
func (e *Engine) wake(offset int64) {
	if e.asleep == 0 {
		return
	}
	for _, key := range e.keys() {
		g := e.groups[key]
		before := e.asleep
		if e.offset = g.activate(e, offset); e.asleep < before {
			g.clockOn(e)
			g.advance(e)
		}
	}
}

// fresh returns the event times of the matches that were not counted before, in order of
// time, and the samples among them.
func (e *Engine) fresh(g *group, p *rules.Partial) (times []int64, samples []pipeline.Sample) {
	wanted := make([]bool, len(p.Samples))
	for i := range p.Sources {
		m := &p.Sources[i]
		s := e.source(m.Source)
		s.partition = p.Partition
		c := g.contributor(s)
		c.clock, c.touched = later(c.clock, m.Clock), e.clock
		mark := c.mark(m.Generation)
		for j, off := range m.Offsets {
			if off < mark {
				e.stats.Repeated++
				continue
			}
			times = append(times, m.Times[j])
			c.last = max(c.last, m.Times[j])
		}
		if n := len(m.Offsets); n > 0 {
			c.setMark(m.Generation, max(m.Offsets[n-1]+1, m.Next))
		}
		for j := range p.Samples {
			l := &p.Samples[j]
			wanted[j] = wanted[j] || l.Source == m.Source && l.Generation == m.Generation && l.Offset >= mark
		}
	}
	for j := range p.Samples {
		if wanted[j] {
			samples = append(samples, p.Samples[j])
		}
	}
	slices.Sort(times)
	return times, samples
}

// group finds or makes the group; nil when there is no room for another.
func (e *Engine) group(rule *rules.Rule, values map[string]string) *group {
	key := string(rules.Key(rule.ID, values))
	g := e.groups[key]
	if g == nil {
		if len(e.groups) >= e.cfg.MaxGroups && !e.evict() {
			return nil
		}
		g = &group{key: key, rule: rule, values: values, watermark: none, sources: make(map[string]*contributor)}
		e.groups[key] = g
	}
	g.touched = e.clock
	return g
}

// evict puts out a tenth of the groups: those without an open episode that were silent
// longest.
func (e *Engine) evict() bool {
	var idle []*group
	for _, g := range e.groups {
		if !g.needed() {
			idle = append(idle, g)
		}
	}
	sort.Slice(idle, func(i, j int) bool {
		if idle[i].touched != idle[j].touched {
			return idle[i].touched < idle[j].touched
		}
		return idle[i].key < idle[j].key
	})
	for i, g := range idle {
		if i > len(e.groups)/10 {
			break
		}
		e.drop(g.key, g)
		e.stats.Evicted++
	}
	return len(idle) > 0
}

func (e *Engine) drop(key string, g *group) {
	for id := range g.sources {
		g.release(e, id)
	}
	delete(e.groups, key)
}

// sweep moves the time of all groups on.
func (e *Engine) sweep() {
	before := len(e.out)
	for key, g := range e.groups {
		g.clockOn(e)
		g.advance(e)
		if g.done() {
			e.drop(key, g)
		}
	}
	slices.SortFunc(e.out[before:], func(a, b Event) int {
		if c := strings.Compare(a.Anomaly.ID, b.Anomaly.ID); c != 0 {
			return c
		}
		return a.Anomaly.Seq - b.Anomaly.Seq
	})
}

func (e *Engine) take() []Event {
	out := e.out
	e.out = nil
	return out
}

// closed remembers the last episodes that were resolved, so that lines that come far too
// late cannot open one of them again.
type closed struct {
	ids   map[string]bool
	order []string
}

const maxClosed = 10_000

func (c *closed) add(id string) {
	if c.ids == nil {
		c.ids = make(map[string]bool)
	}
	if c.ids[id] {
		return
	}
	if len(c.order) >= maxClosed {
		delete(c.ids, c.order[0])
		c.order = c.order[1:]
	}
	c.ids[id], c.order = true, append(c.order, id)
}
