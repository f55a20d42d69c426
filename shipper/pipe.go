package shipper

import (
	"time"

	"foghorn/pipeline"
	"foghorn/shipper/identity"
	"foghorn/shipper/multiline"
	"foghorn/shipper/tail"
)

// event is one record to be: a line, or several that belong together.
type event struct {
	tail.Line
	joined *joined // nil: one line
}

// joined is what an event of several lines has besides.
type joined struct {
	lines int
	sizes []int64 // see pipeline.Line
}

// eventBytes bounds an event of several lines after redaction.
const eventBytes = pipeline.MaxMessage / 2

// pipe makes events of the lines of one generation: it groups them, and takes out of
// them what must not leave the host.
type pipe struct {
	gen   *generation
	set   *settings
	limit int               // of one line
	join  *multiline.Joiner // nil: every line is an event

	// dropped is 1 + the offset from which lines were dropped last, to be read again.
	dropped int64

	events []event
	lines  int            // original lines in events
	read   int            // their bytes
	end    int64          // of the last event
	last   tail.Line      // the newest of them that can be an anchor
	sent   identity.Print // anchor of what was handed on before
}

func newPipe(g *generation, limit int) *pipe {
	p := &pipe{gen: g, set: g.src.set, limit: limit, sent: g.acked.Load().anchor}
	if p.set.join != nil {
		p.join = p.set.join.Joiner(p.emit)
	}
	return p
}

func (p *pipe) add(lines []tail.Line, now time.Time) {
	if p.events == nil {
		p.events = make([]event, 0, len(lines)+1)
	}
	for i := range lines {
		if p.join != nil {
			p.join.Add(lines[i], now)
		} else {
			p.emit(lines[i : i+1])
		}
	}
}

// emit takes the lines of one event.
func (p *pipe) emit(lines []tail.Line) {
	for i := range lines {
		if len(lines[i].Raw) > 0 && !lines[i].Truncated {
			p.last = lines[i]
		}
		p.read += len(lines[i].Raw)
	}
	p.lines += len(lines)
	p.end = lines[len(lines)-1].End()
	if len(lines) == 1 {
		p.events = append(p.events, event{Line: p.clean(lines[0])})
		return
	}
	p.merge(lines)
}

// merge makes one event of several lines, or, where redaction has made them too long
// together, one of each.
func (p *pipe) merge(lines []tail.Line) {
	clean, total, changed := make([]tail.Line, len(lines)), -1, false
	for i := range lines {
		clean[i] = p.clean(lines[i])
		total += len(clean[i].Raw) + 1
		changed = changed || len(clean[i].Raw) != len(lines[i].Raw)
	}
	if total > eventBytes {
		for i := range clean {
			p.events = append(p.events, event{Line: clean[i]})
		}
		return
	}
	first := clean[0]
	e := event{
		Line:   tail.Line{Offset: first.Offset, Size: p.end - first.Offset, Raw: make([]byte, 0, total)},
		joined: &joined{lines: len(lines)},
	}
	for i := range clean {
		if i > 0 {
			e.Raw = append(e.Raw, '\n')
		}
		e.Raw = append(e.Raw, clean[i].Raw...)
		if changed {
			e.joined.sizes = append(e.joined.sizes, clean[i].Size)
		}
	}
	p.events = append(p.events, e)
}

// clean applies the redaction. A line that it makes longer than the limit is cut.
func (p *pipe) clean(l tail.Line) tail.Line {
	before := len(l.Raw)
	l.Raw = p.set.redact.Line(l.Raw)
	if n := max(before, p.limit); len(l.Raw) > n {
		l.Raw, l.Truncated = l.Raw[:n:n], true
	}
	return l
}

// held is what lines that wait for others take in memory.
func (p *pipe) held() int64 {
	if p.join == nil {
		return 0
	}
	lines, bytes, _ := p.join.Held()
	return int64(bytes + lineCost*lines)
}

// take returns the events that are ready as a chunk, or nil.
func (p *pipe) take() *chunk {
	if len(p.events) == 0 {
		return nil
	}
	if p.last.Raw != nil {
		p.sent = identity.PrintOf(p.last.Offset, p.last.Raw[:min(len(p.last.Raw), identity.HeadSize)])
	}
	c := newChunk(p.gen, p.events, mark{offset: p.end, anchor: p.sent})
	c.lines, c.read = p.lines, p.read
	p.events, p.lines, p.read, p.last = nil, 0, 0, tail.Line{}
	return c
}
