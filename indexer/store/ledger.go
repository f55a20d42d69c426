package store

import (
	"bytes"

	"foghorn/pipeline"
)

// ledger knows how far each source is stored: it tells lines that come a second time, and
// numbers the lines.
type ledger struct {
	marks   *pipeline.HighWater
	sources map[string]*source
	short   map[string]*source // those of which something is missing
}

type source struct {
	id, host, path string
	// seq counts the lines ever stored, lines those that are kept now.
	seq, lines   int64
	lastEvent    int64
	lastObserved int64
	missing      int64
	generations  []generation // oldest first
}

type generation struct {
	id       uint64
	next     int64 // offset behind the last line
	lines    int64
	observed int64
}

// maxGenerations bounds a source's generations, as pipeline.HighWater does.
const maxGenerations = 64

func newLedger() *ledger {
	return &ledger{marks: pipeline.NewHighWater(), sources: make(map[string]*source), short: make(map[string]*source)}
}

func (l *ledger) source(e *pipeline.LineID) *source {
	s := l.sources[e.Source]
	if s == nil {
		s = &source{id: e.Source}
		l.sources[e.Source] = s
	}
	return s
}

func (s *source) generation(id uint64) *generation {
	for i := len(s.generations) - 1; i >= 0; i-- {
		if s.generations[i].id == id {
			return &s.generations[i]
		}
	}
	if len(s.generations) >= maxGenerations {
		s.generations = append(s.generations[:0], s.generations[1:]...)
	}
	s.generations = append(s.generations, generation{id: id})
	return &s.generations[len(s.generations)-1]
}

// take decides on the next event of its source: fresh is the event, or what is left of it
// without lines that came before, or nil when all of them did. seq and line are the numbers
// of its first line and gap, if not 0, is how many bytes before it never came; of foreign
// producers that cannot be told.
func (l *ledger) take(e *pipeline.Event) (fresh *pipeline.Event, seq, line, gap int64) {
	ok, gap := l.marks.Advance(e.ID, e.Size)
	if !ok {
		return nil, 0, 0, 0
	}
	if e.ID.Generation == 0 {
		gap = 0 // a foreign producer's: between its Kafka offsets are records of others
	}
	if gap < 0 {
		rest := *e
		rest.TrimFront(-gap)
		e, gap = &rest, 0
	}
	s := l.source(&e.ID)
	g := s.generation(e.ID.Generation)
	seq, line = s.seq, g.lines
	s.host, s.path = e.Host, e.Path
	n := int64(1)
	if bytes.IndexByte(e.Body, '\n') >= 0 {
		n = 0
		for range e.Originals() {
			n++
		}
	}
	s.seq += n
	s.lines += n
	l.miss(s, gap)
	s.lastEvent = max(s.lastEvent, e.Timestamp)
	s.lastObserved = max(s.lastObserved, e.Observed)
	g.lines += n
	g.next = e.ID.Offset + max(e.Size, 1)
	g.observed = max(g.observed, e.Observed)
	return e, seq, line, gap
}

// restore takes in a segment that was found on disk; segments come in order.
func (l *ledger) restore(f *footer) {
	for i := range f.Runs {
		r := &f.Runs[i]
		l.marks.Set(r.Source, r.Generation, r.NextOffset)
		s := l.source(&pipeline.LineID{Source: r.Source})
		g := s.generation(r.Generation)
		s.host, s.path = r.Host, r.Path
		s.seq = max(s.seq, r.EndSeq())
		s.lines += int64(r.Rows)
		if r.Rows > 0 {
			s.lastEvent = max(s.lastEvent, r.MaxTime)
		}
		s.lastObserved = max(s.lastObserved, r.MaxObserved)
		g.lines = max(g.lines, r.FirstLine+r.Covers())
		g.next = max(g.next, r.NextOffset)
		g.observed = max(g.observed, r.MaxObserved)
	}
	for _, g := range f.Gaps {
		if s := l.sources[g.Source]; s != nil {
			l.miss(s, g.To-g.From)
		}
	}
}

// remove forgets the lines of a segment that is deleted; marks stay.
func (l *ledger) remove(f *footer) {
	for i := range f.Runs {
		if s := l.sources[f.Runs[i].Source]; s != nil {
			s.lines -= int64(f.Runs[i].Rows)
		}
	}
	for _, g := range f.Gaps {
		if s := l.sources[g.Source]; s != nil {
			l.miss(s, g.From-g.To)
		}
	}
}

// miss adds to what is missing of a source.
func (l *ledger) miss(s *source, bytes int64) {
	if s.missing += bytes; s.missing > 0 {
		l.short[s.id] = s
	} else {
		delete(l.short, s.id)
	}
}

// replace takes off the lines that retention has left out of seg, which takes the place of a
// group.
func (l *ledger) replace(group []*segment, seg *segment) {
	count := func(f *footer, sign int64) {
		for i := range f.Runs {
			if s := l.sources[f.Runs[i].Source]; s != nil {
				s.lines += sign * int64(f.Runs[i].Rows)
			}
		}
	}
	for _, g := range group {
		count(&g.footer, -1)
	}
	count(&seg.footer, 1)
}

// Source is how far one source is stored.
type Source struct {
	ID, Host, Path string
	// Generations is how many generations are known, Generation the one whose line came
	// last and Next the offset behind that line.
	Generations int
	Generation  uint64
	Next        int64
	// Lines are those kept now. LastEvent and LastObserved are Unix nanoseconds.
	Lines                   int64
	LastEvent, LastObserved int64
	// Missing is how many bytes never came.
	Missing int64
}

func (s *source) export() Source {
	out := Source{
		ID: s.id, Host: s.host, Path: s.path, Generations: len(s.generations),
		Lines: s.lines, LastEvent: s.lastEvent, LastObserved: s.lastObserved, Missing: s.missing,
	}
	var newest int64 = -1
	for _, g := range s.generations {
		if g.observed >= newest {
			newest, out.Generation, out.Next = g.observed, g.id, g.next
		}
	}
	return out
}
