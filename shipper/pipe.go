package shipper

import (
	"slices"
	"time"

	"foghorn/pipeline"
	"foghorn/shipper/identity"
	"foghorn/shipper/multiline"
	"foghorn/shipper/tail"
)

// split is how many bytes each original line of an event takes in the source, where
// redaction has changed that (see pipeline.Line.Sizes).
type split struct {
	at    int // which of the events it is
	sizes []int64
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

	// events are those that are ready, a line each but for the joined ones. They stand in
	// the memory of the lines that were added, where it can be had.
	events []tail.Line
	splits []split
	lines  int            // original lines in events
	read   int            // their bytes
	end    int64          // of the last event
	last   []byte         // the newest of the lines that can be an anchor
	lastAt int64          // where it starts
	sent   identity.Print // anchor of what was handed on before
}

func newPipe(g *generation, limit int) *pipe {
	p := &pipe{gen: g, set: g.src.set, limit: limit, sent: g.acked.Load().anchor}
	if p.set.join != nil {
		p.join = p.set.join.Joiner(p.emit)
	}
	return p
}

// add takes lines, and their slice for good.
func (p *pipe) add(lines []tail.Line, now time.Time) {
	switch held := p.waiting(); {
	case p.events != nil:
	case held == 0:
		// No more events come out than lines went in, so none is overwritten unread.
		p.events = lines[:0]
	default:
		p.events = make([]tail.Line, 0, held+len(lines))
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
		l := &lines[i]
		if len(l.Raw) > 0 && !l.Truncated {
			p.last, p.lastAt = l.Raw, l.Offset
		}
		p.read += len(l.Raw)
	}
	p.lines += len(lines)
	p.end = lines[len(lines)-1].End()
	if len(lines) > 1 {
		p.merge(lines)
		return
	}
	p.events = append(p.events, lines[0])
	if p.set.redact != nil {
		p.clean(&p.events[len(p.events)-1])
	}
}

// merge makes one event of several lines, or, where redaction has made one of them or all
// together too long, one of each.
func (p *pipe) merge(lines []tail.Line) {
	clean, total, changed, cut := slices.Clone(lines), -1, false, false
	for i := range clean {
		p.clean(&clean[i])
		total += len(clean[i].Raw) + 1
		changed = changed || len(clean[i].Raw) != len(lines[i].Raw)
		cut = cut || clean[i].Truncated
	}
	if total > eventBytes || cut {
		p.events = append(p.events, clean...)
		return
	}
	raw := make([]byte, 0, total)
	var sizes []int64
	for i := range clean {
		if i > 0 {
			raw = append(raw, '\n')
		}
		raw = append(raw, clean[i].Raw...)
		if changed {
			sizes = append(sizes, clean[i].Size)
		}
	}
	if changed {
		p.splits = append(p.splits, split{len(p.events), sizes})
	}
	p.events = append(p.events, tail.Line{Offset: lines[0].Offset, Size: p.end - lines[0].Offset, Raw: raw})
}

// clean applies the redaction. A line that it makes longer than the limit is cut.
func (p *pipe) clean(l *tail.Line) {
	before := len(l.Raw)
	l.Raw = p.set.redact.Line(l.Raw)
	if n := max(before, p.limit); len(l.Raw) > n {
		l.Raw, l.Truncated = l.Raw[:n:n], true
	}
}

// waiting is how many lines wait for others.
func (p *pipe) waiting() int {
	if p.join == nil {
		return 0
	}
	lines, _, _ := p.join.Held()
	return lines
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
	if p.last != nil {
		p.sent = identity.PrintOf(p.lastAt, p.last[:min(len(p.last), identity.HeadSize)])
	}
	c := newChunk(p.gen, p.events, mark{offset: p.end, anchor: p.sent})
	c.splits, c.lines, c.read = p.splits, p.lines, p.read
	p.events, p.splits, p.lines, p.read, p.last = nil, nil, 0, 0, nil
	return c
}
