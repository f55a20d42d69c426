package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"foghorn/pipeline"
)

// counter keeps the counts of one partition of logs.raw.
type counter struct {
	cfg       Config
	partition int
	spans     map[span]*spanCounts
	newest    int64 // when a line was seen last, Unix seconds: how old a time is, is told by it
	last      *spanCounts
	begin     *int64 // the first record that is counted, until that is written
}

type spanCounts struct {
	span
	Counts
	maxServices int
	size        int // how many tallies there are
	dirty       bool
}

// maxTallies bounds the tallies of a span, and by that the size of its record: about 2 MB.
// Lines beyond are counted together, under no template.
const maxTallies = 40_000

func newCounter(cfg Config, partition int) counter {
	return counter{cfg: cfg, partition: partition, spans: make(map[span]*spanCounts)}
}

func (c *counter) restore(counts map[span]Counts) {
	for s, v := range counts {
		if v.Services == nil {
			v.Services = make(map[string]map[string]Tally)
		}
		c.spans[s] = &spanCounts{span: s, Counts: v, maxServices: c.cfg.MaxServices}
		for _, tallies := range v.Services {
			c.spans[s].size += len(tallies)
		}
	}
	for s := range c.spans { // joined to an hour or to the rest, and not all of them removed
		hour := c.hourOf(s)
		if hour != s && s != c.rest() && c.spans[hour] != nil || s != c.rest() && c.past(s) {
			delete(c.spans, s)
		}
	}
}

// rest is the span of all that was before the hours that are kept apart.
func (c *counter) rest() span { return span{partition: c.partition} }

// past says whether a span is part of the rest.
func (c *counter) past(s span) bool {
	rest := c.spans[c.rest()]
	return rest != nil && s.start < rest.Until
}

func (c *counter) hourOf(s span) span { return span{c.partition, s.start - mod(s.start, 3600), 3600} }

// of returns where an event is to be counted; nil when the record at offset is counted
// already.
func (c *counter) of(offset int64, e *pipeline.Event) *spanCounts {
	at := floor(e.Timestamp, int64(time.Second))
	s := c.last
	if s == nil || at < s.start || at >= s.end() {
		c.newest = max(c.newest, floor(e.Observed, int64(time.Second)))
		s = c.spanOf(at)
		c.last = s
	}
	if offset < s.Offset {
		return nil
	}
	return s
}

// run is lines with one tally that came one after the other, of those with one template:
// they are counted at once, when another comes or counts are written.
type run struct {
	span        *spanCounts
	service, id string
	lines, last int64
}

// add adds an event, which counts in a span.
func (r *run) add(s *spanCounts, e *pipeline.Event) {
	last := e.Timestamp / int64(time.Millisecond)
	if r.span == s && r.service == e.Service && r.id == e.Template {
		r.lines, r.last = r.lines+1, max(r.last, last)
		return
	}
	r.settle()
	*r = run{span: s, service: e.Service, id: e.Template, lines: 1, last: last}
}

// settle counts the lines of the run.
func (r *run) settle() {
	if r.span != nil {
		r.span.count(r.service, r.id, Tally{r.lines, r.last})
		*r = run{}
	}
}

// count adds to the tally of a template in a service.
func (s *spanCounts) count(service, id string, add Tally) {
	s.dirty = true
	tallies := s.Services[service]
	if tallies == nil && service != "" && len(s.Services) >= s.maxServices {
		service = ""
		tallies = s.Services[service]
	}
	sum, ok := tallies[id]
	if !ok && s.size >= maxTallies && (service != "" || id != "") {
		s.count("", "", add)
		return
	}
	if !ok {
		s.size++
	}
	if tallies == nil {
		tallies = make(map[string]Tally)
		s.Services[service] = tallies
	}
	tallies[id] = Tally{sum.Lines + add.Lines, max(sum.Last, add.Last)}
}

// spanOf returns the span of a time.
func (c *counter) spanOf(at int64) *spanCounts {
	size := int64(c.cfg.Span / time.Second)
	key := span{c.partition, at - mod(at, size), size}
	hour := c.hourOf(key)
	switch {
	case c.past(key):
		return c.spans[c.rest()]
	case c.spans[hour] != nil || c.old(hour):
		key = hour
	}
	return c.span(key)
}

// span returns a span, made anew where there is none.
func (c *counter) span(key span) *spanCounts {
	s := c.spans[key]
	if s == nil {
		s = &spanCounts{span: key, maxServices: c.cfg.MaxServices, Counts: Counts{Services: make(map[string]map[string]Tally)}}
		c.spans[key] = s
	}
	return s
}

// old says whether counts of an hour are no longer kept in finer spans.
func (c *counter) old(hour span) bool {
	return c.newest-hour.end() >= int64(c.cfg.Fine/time.Second)
}

// write appends the records of what has changed, and removes what is too old. All records
// before next are counted.
func (c *counter) write(out []pipeline.Message, now time.Time, next int64) ([]pipeline.Message, error) {
	c.newest = now.Unix()
	gone := c.join()
	c.last = nil
	wrote := false
	for _, s := range c.sorted() {
		if !s.dirty {
			continue
		}
		s.dirty, s.Offset, wrote = false, next, true
		msg, err := message(s.key(), &s.Counts)
		if err != nil {
			return nil, err
		}
		out = append(out, msg)
	}
	for _, s := range gone { // behind those that they are part of now
		msg, err := message(s.key(), nil)
		if err != nil {
			return nil, err
		}
		out = append(out, msg)
	}
	if !wrote {
		return out, nil // where nothing was counted since, the progress of then still holds
	}
	msg, err := message(keyProgress+strconv.Itoa(c.partition), &Progress{Offset: next})
	return append(out, msg), err
}

func (c *counter) sorted() []*spanCounts {
	out := make([]*spanCounts, 0, len(c.spans))
	for _, s := range c.spans {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *spanCounts) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.seconds, b.seconds))
	})
	return out
}

// join joins spans that are too old for their grain to hours, and the oldest hours to the
// rest, and returns those that are gone.
func (c *counter) join() (gone []span) {
	into := func(key span, s *spanCounts) *spanCounts {
		to := c.span(key)
		for service, tallies := range s.Services {
			for id, t := range tallies {
				to.count(service, id, t)
			}
		}
		to.dirty = true
		gone = append(gone, s.span)
		delete(c.spans, s.span)
		return to
	}
	for _, s := range c.sorted() {
		if hour := c.hourOf(s.span); s.span != c.rest() && hour != s.span && (c.old(hour) || c.spans[hour] != nil) {
			into(hour, s)
		}
	}
	sorted := c.sorted()
	for _, s := range sorted[:max(0, len(sorted)-c.cfg.Spans)] {
		if s.span != c.rest() {
			rest := into(c.rest(), s)
			rest.Until = max(rest.Until, s.end())
		}
	}
	return gone
}

// mod is the remainder that is never negative.
func mod(a, n int64) int64 { return ((a % n) + n) % n }

// floor is a/n rounded down.
func floor(a, n int64) int64 { return (a - mod(a, n)) / n }
