package store

import (
	"encoding/binary"
	"math"
	"sort"
)

// Kept says which lines of a run retention has left. It never changes.
//
// They are told in stretches: how many lines are gone, how many of those that follow are
// there, and so on; what comes behind the last stretch is gone. That takes about two bytes
// per stretch, on disk (before compression) and in memory, however long it is.
type Kept struct {
	lines int64 // that the run had
	data  []byte
	marks []stretchMark
}

// stretchMark is a place in data, every marked stretches.
type stretchMark struct{ at, row, line uint32 }

const (
	marked = 32
	// maxCovered bounds the lines of a thinned run.
	maxCovered = math.MaxUint32
)

// Covers is how many lines the run had before retention took some of them.
func (r *Run) Covers() int64 {
	if r.Kept == nil {
		return int64(r.Rows)
	}
	return r.Kept.lines
}

// Seq is how many lines of the source came before line i of those that the run has.
func (r *Run) Seq(i int) int64 { return r.FirstSeq + r.place(i) }

// Line is how many lines of the generation came before line i of those that the run has.
func (r *Run) Line(i int) int64 { return r.FirstLine + r.place(i) }

// EndSeq is how many lines of the source there were at the end of the run.
func (r *Run) EndSeq() int64 { return r.FirstSeq + r.Covers() }

func (r *Run) place(i int) int64 {
	if r.Kept == nil {
		return int64(i)
	}
	return r.Kept.line(i)
}

// Find returns the first line of the run before which there were seq lines of the source or
// more, the number of the run's lines if there is none, and whether it is exactly seq.
func (r *Run) Find(seq int64) (i int, ok bool) {
	n := seq - r.FirstSeq
	switch {
	case n >= r.Covers():
		return r.Rows, false
	case n < 0:
		return 0, false
	case r.Kept == nil:
		return int(n), true
	}
	return r.Kept.row(n)
}

// line returns which line of the run is row i of those that are left.
func (k *Kept) line(i int) int64 {
	m := k.marks[sort.Search(len(k.marks), func(m int) bool { return int(k.marks[m].row) > i })-1]
	at, row, line := int(m.at), int(m.row), int64(m.line)
	for {
		gone, n := k.stretch(&at)
		line += gone
		if i < row+n {
			return line + int64(i-row)
		}
		row += n
		line += int64(n)
	}
}

// row returns the first row whose line is not before line, and whether it is that.
func (k *Kept) row(line int64) (int, bool) {
	m := sort.Search(len(k.marks), func(m int) bool { return int64(k.marks[m].line) > line }) - 1
	if m < 0 {
		return 0, false
	}
	at, row, next := int(k.marks[m].at), int(k.marks[m].row), int64(k.marks[m].line)
	for at < len(k.data) {
		gone, n := k.stretch(&at)
		switch next += gone; {
		case line < next:
			return row, false
		case line < next+int64(n):
			return row + int(line-next), true
		}
		row += n
		next += int64(n)
	}
	return row, false
}

// stretch reads the stretch at a place of data that was checked, and moves behind it.
func (k *Kept) stretch(at *int) (gone int64, rows int) {
	g, n := binary.Uvarint(k.data[*at:])
	*at += n
	r, n := binary.Uvarint(k.data[*at:])
	*at += n
	return int64(g), int(r)
}

// newKept checks that data tells rows of lines, and marks it.
func newKept(lines int64, rows int, data []byte) (*Kept, error) {
	k := &Kept{lines: lines, data: data}
	if lines < int64(rows) || lines > maxCovered || len(data) > math.MaxUint32 {
		return nil, corrupt("a run of %d lines, %d of them kept", lines, rows)
	}
	d := &decoder{b: data}
	var line, row uint64
	for n := 0; d.off < len(data) && d.err == nil; n++ {
		if n%marked == 0 {
			k.marks = append(k.marks, stretchMark{uint32(d.off), uint32(row), uint32(line)})
		}
		gone, there := d.uvarint(), d.uvarint()
		if gone > uint64(lines) || there > uint64(lines) || there == 0 {
			d.fail("impossible stretch of lines")
			break
		}
		row += there
		if line += gone + there; line > uint64(lines) {
			d.fail("a stretch beyond the lines of its run")
		}
	}
	if d.err == nil && row != uint64(rows) {
		d.fail("stretches and run disagree about the number of lines")
	}
	if d.err != nil {
		return nil, d.err
	}
	return k, nil
}

// stretches is a Kept in the making.
type stretches struct {
	Kept
	count       int
	next        int64 // line behind the open stretch
	end         int64 // line behind the last one that is in data
	open, total int   // lines of the open stretch, and of all
}

// add tells the next line that is kept.
func (s *stretches) add(line int64) {
	if s.open > 0 && line != s.next {
		s.close()
	}
	if s.open == 0 {
		if s.count%marked == 0 {
			s.marks = append(s.marks, stretchMark{uint32(len(s.data)), uint32(s.total), uint32(s.end)})
		}
		s.count++
		s.data = binary.AppendUvarint(s.data, uint64(line-s.end))
	}
	s.open++
	s.total++
	s.next = line + 1
}

func (s *stretches) close() {
	s.data = binary.AppendUvarint(s.data, uint64(s.open))
	s.end, s.open = s.next, 0
}

// kept returns what is kept of lines; nil if it is all.
func (s *stretches) kept(lines int64) *Kept {
	if int64(s.total) == lines {
		return nil
	}
	if s.open > 0 {
		s.close()
	}
	k := s.Kept
	k.lines = lines
	return &k
}

// follows says that the lines of next go on where those of r end.
func (r *Run) follows(next *Run) bool {
	return r.Source == next.Source && r.Generation == next.Generation && r.Covers() > 0 && next.Covers() > 0 &&
		r.FirstLine+r.Covers() == next.FirstLine && r.EndSeq() == next.FirstSeq &&
		r.Covers()+next.Covers() <= maxCovered
}

// join adds a run that follows.
func (r *Run) join(next *Run) {
	if r.Kept != nil || next.Kept != nil {
		var s stretches
		for _, part := range []*Run{r, next} {
			from := part.FirstSeq - r.FirstSeq
			part.stretches(func(first int64, n int) {
				for i := range int64(n) {
					s.add(from + first + i)
				}
			})
		}
		r.Kept = s.kept(r.Covers() + next.Covers())
	}
	r.Rows += next.Rows
	r.NextOffset, r.Host, r.Path = next.NextOffset, next.Host, next.Path
	r.MinTime, r.MaxTime = min(r.MinTime, next.MinTime), max(r.MaxTime, next.MaxTime)
	r.MaxObserved = max(r.MaxObserved, next.MaxObserved)
}

// stretches yields the run's lines, counted from its first one.
func (r *Run) stretches(yield func(first int64, n int)) {
	if r.Kept == nil {
		yield(0, r.Rows)
		return
	}
	line := int64(0)
	for at := 0; at < len(r.Kept.data); {
		gone, n := r.Kept.stretch(&at)
		yield(line+gone, n)
		line += gone + int64(n)
	}
}
