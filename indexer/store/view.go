package store

import (
	"maps"
	"slices"
	"sort"
	"sync"
)

// View is the store at one moment. It is safe for concurrent use, needs no release, and
// does not change while lines come in.
type View struct {
	// Parts are the sealed segments by number and then the head, in up to two parts: each
	// source's lines are in the order of the parts, and in a part in the order of the rows.
	// The rows of one event are in one block.
	Parts   []*Part
	Damaged []Damage
	store   *Store
}

// Part is a segment or a piece of the head. The rows of a source stand together, in the order
// in which they came; which source comes first is not told.
type Part struct {
	seg  *segment
	head *headPart
}

type headPart struct {
	view *headView
	once sync.Once
	rows []*headRow
	runs []Run
	ends []int // of the blocks
	// joined says that an event has several rows.
	joined bool
	size   int
}

func (h *headPart) sort() {
	h.once.Do(func() {
		h.rows = h.view.sorted()
		h.runs = h.view.runsOf(h.rows)
		h.joined = slices.ContainsFunc(h.rows, func(r *headRow) bool { return r.continues })
		for end := 0; end < len(h.rows); {
			end = blockEnd(h.rows, end, h.size)
			h.ends = append(h.ends, end)
		}
	})
}

// View returns what is searchable now.
func (s *Store) View() *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &View{store: s, Damaged: slices.Clone(s.damaged), Parts: make([]*Part, 0, len(s.segments)+2)}
	for _, seg := range s.segments {
		if seg.Rows > 0 {
			v.Parts = append(v.Parts, &Part{seg: seg})
		}
	}
	for _, h := range []*head{s.sealing, s.head} {
		if h != nil && h.n.Load() > 0 {
			v.Parts = append(v.Parts, &Part{head: &headPart{view: h.view(), size: s.cfg.BlockLines}})
		}
	}
	return v
}

// Sealed says whether the part is a segment.
func (p *Part) Sealed() bool { return p.seg != nil }

// Segment is the number of a sealed part's segment, 0 for a part of the head.
func (p *Part) Segment() uint64 {
	if p.seg != nil {
		return p.seg.Number
	}
	return 0
}

// Runs lists the sources in the part, by row.
func (p *Part) Runs() []Run {
	if p.seg != nil {
		return p.seg.Runs
	}
	p.head.sort()
	return p.head.runs
}

// Blocks is how many blocks the part has.
func (p *Part) Blocks() int {
	if p.seg != nil {
		return len(p.seg.Blocks)
	}
	p.head.sort()
	return len(p.head.ends)
}

// Rows returns which rows block i holds: from first, n of them.
func (p *Part) Rows(i int) (first, n int) {
	if p.seg != nil {
		return p.seg.Blocks[i].FirstRow, p.seg.Blocks[i].Rows
	}
	p.head.sort()
	if i > 0 {
		first = p.head.ends[i-1]
	}
	return first, p.head.ends[i] - first
}

// BlockOf returns the block that holds a row.
func (p *Part) BlockOf(row int) int {
	if p.seg == nil {
		p.head.sort()
		return sort.SearchInts(p.head.ends, row+1)
	}
	i, found := slices.BinarySearchFunc(p.seg.Blocks, row, func(b blockInfo, row int) int { return b.FirstRow - row })
	if !found {
		i--
	}
	return i
}

// Times returns bounds of the event times in block i, Unix nanoseconds.
func (p *Part) Times(i int) (oldest, newest int64) {
	if p.seg != nil {
		return p.seg.Blocks[i].MinTime, p.seg.Blocks[i].MaxTime
	}
	p.head.sort()
	first, n := p.Rows(i)
	oldest, newest = p.head.rows[first].time, p.head.rows[first].time
	for _, r := range p.head.rows[first : first+n] {
		oldest, newest = min(oldest, r.time), max(newest, r.time)
	}
	return oldest, newest
}

// Events is how many events block i has: as many as lines, unless some have several. It reads
// little more than that.
func (p *Part) Events(i int) (int, error) {
	if p.seg != nil {
		return p.seg.events(i)
	}
	b, err := p.Read(i, false)
	if err != nil {
		return 0, err
	}
	n := 0
	for row := 0; row < b.Len(); row = b.EventEnd(row) {
		n++
	}
	return n, nil
}

// Open returns block i, of which no more is decoded than what tells the patterns of its
// lines; see Block. The error is that of Read.
func (p *Part) Open(i int) (*Block, error) {
	if p.seg != nil {
		return p.seg.openBlock(i)
	}
	return p.Read(i, false)
}

// Read decodes block i, without or with the fields that the parser found. The error names
// the file and the place; IsRetired tells that retention took the block away meanwhile.
func (p *Part) Read(i int, fields bool) (*Block, error) {
	if p.seg != nil {
		return p.seg.read(i, fields)
	}
	p.head.sort()
	first, n := p.Rows(i)
	return &Block{
		rows: p.head.rows[first : first+n], head: p.head.view, joined: p.head.joined, hasFields: fields,
	}, nil
}

// WithFields returns block i, which was read without fields, with them.
func (p *Part) WithFields(i int, b *Block) (*Block, error) {
	if b.HasFields() {
		return b, nil
	}
	if p.seg == nil {
		c := *b
		c.hasFields = true
		return &c, nil
	}
	return p.seg.withFields(i, b)
}

// File names the part in reports.
func (p *Part) File() string {
	if p.seg != nil {
		return p.seg.path
	}
	return "head"
}

// Stats is what a store holds.
type Stats struct {
	Segments, Days int
	Lines, Bytes   int64
	DiskBytes      int64
	HeadLines      int64
	Unindexed      int // segments not yet in their day's term index
}

// Stats counts what is searchable.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{Segments: len(s.segments), DiskBytes: s.termBytes}
	days := make(map[string]bool)
	for _, seg := range s.segments {
		days[seg.day] = true
		st.Lines += seg.Rows
		st.Bytes += seg.Bytes
		st.DiskBytes += seg.size
		if t := s.days[seg.day]; len(seg.Blocks) > 0 && (t == nil || !t.has(seg.Number)) && (!s.waits(seg) || seg.terms.Load() == nil) {
			st.Unindexed++
		}
	}
	st.Days = len(days)
	for _, h := range []*head{s.sealing, s.head} {
		if h != nil {
			st.HeadLines += h.n.Load()
			st.Bytes += h.lineBytes
		}
	}
	st.Lines += st.HeadLines
	return st
}

// Sources lists the sources that have lines or marks, by id.
func (s *Store) Sources() []Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return exported(s.ledger.sources)
}

// Incomplete lists those of the Sources of which something is missing, and looks at no others.
func (s *Store) Incomplete() []Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return exported(s.ledger.short)
}

func exported(sources map[string]*source) []Source {
	out := make([]Source, 0, len(sources))
	for _, id := range slices.Sorted(maps.Keys(sources)) {
		out = append(out, sources[id].export())
	}
	return out
}

// Gaps lists what never came, as far as the lines around it are kept.
func (s *Store) Gaps() []Gap {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Gap
	for _, seg := range s.segments {
		out = append(out, seg.Gaps...)
	}
	for _, h := range []*head{s.sealing, s.head} {
		if h != nil {
			out = append(out, h.gaps...)
		}
	}
	return out
}

// Damaged lists what could not be read, at the start or by a search since.
func (s *Store) Damaged() []Damage {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.damaged)
	for _, seg := range s.segments {
		out = append(out, seg.damages()...)
	}
	return out
}

func (s *segment) damages() []Damage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Damage
	for _, i := range slices.Sorted(maps.Keys(s.damaged)) {
		d := Damage{File: s.path, Reason: s.damaged[i]}
		if i >= 0 {
			d.Lines = int64(s.Blocks[i].Rows)
		}
		out = append(out, d)
	}
	return out
}
