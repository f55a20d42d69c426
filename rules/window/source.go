package window

import "foghorn/rules"

// source is the clock of a source that gave matches to at least one group, as heartbeats
// told it. A heartbeat follows all partials of the lines that it speaks of, so it is true
// for every group.
type source struct {
	id        string
	partition int // the raw partition that it is in
	clock     rules.Clock
	groups    int // that refer to it
}

func (e *Engine) source(id string) *source {
	s := e.sources[id]
	if s == nil {
		s = &source{id: id, clock: rules.Clock{Watermark: none}}
		e.sources[id] = s
	}
	return s
}

// contributor is what a group knows of one source: the marks up to which its lines were
// counted, when it last gave a match, and its clock as the group's own partials told it:
// that clock is ahead of other groups whose partials come next.
type contributor struct {
	source  *source
	clock   rules.Clock
	marks   []genMark
	last    int64 // the newest event time of a match
	touched int64 // the engine's clock at the last match
}

// now returns the event time up to which the source's lines have reached the group.
func (c *contributor) now(e *Engine) int64 {
	clock := later(c.clock, c.source.clock)
	progress, ok := e.progress[c.source.partition]
	if !ok {
		return clock.Watermark
	}
	return clock.At(progress)
}

// later joins two clocks of a source. Both parts only grow, so an older clock, repeated
// after a crash, changes nothing.
func later(a, b rules.Clock) rules.Clock {
	return rules.Clock{Watermark: max(a.Watermark, b.Watermark), Seen: max(a.Seen, b.Seen)}
}

type genMark struct {
	generation uint64
	next       int64
}

// maxMarks bounds the generations of a source that a group remembers, as
// pipeline.HighWater does.
const maxMarks = 64

func (c *contributor) mark(generation uint64) int64 {
	for i := len(c.marks) - 1; i >= 0; i-- {
		if c.marks[i].generation == generation {
			return c.marks[i].next
		}
	}
	return 0
}

func (c *contributor) setMark(generation uint64, next int64) {
	for i := len(c.marks) - 1; i >= 0; i-- {
		if c.marks[i].generation == generation {
			c.marks[i].next = max(c.marks[i].next, next)
			return
		}
	}
	if len(c.marks) >= maxMarks {
		c.marks = append(c.marks[:0], c.marks[1:]...)
	}
	c.marks = append(c.marks, genMark{generation, next})
}
