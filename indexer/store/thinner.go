package store

import (
	"slices"
	"strings"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// thinner gives those rows of a group of segments that are kept, in the order of one: by
// source, and each source's by segment. It holds a bit per row, one block of each segment,
// and copies of the texts of the block that it gives.
type thinner struct {
	inputs      []thinInput
	parts       []mergeRun // in the order of the result
	rows, bytes int64      // that are kept
	size        int        // lines of a block
	pause       func() error

	row    int // of the first part that is left, the next row
	source uint32
	fill   row
}

type thinInput struct {
	seg   *segment
	keep  Bits // rows
	block *Block
	at    int // block
}

func newThinner(group []*segment, size int, pause func() error) *thinner {
	t := &thinner{size: size, pause: pause, inputs: make([]thinInput, len(group))}
	for i, seg := range group {
		t.inputs[i] = thinInput{seg: seg, keep: make(Bits, (seg.Rows+63)/64), at: -1}
		for r := range seg.Runs {
			t.parts = append(t.parts, mergeRun{&seg.Runs[r], i})
		}
	}
	slices.SortStableFunc(t.parts, func(a, b mergeRun) int { return compareSources(a.Source, b.Source) })
	return t
}

// judge decides which events are kept: those that match.
func (t *thinner) judge(m *query.Matcher) error {
	var e pipeline.Event
	var buf []byte
	for i := range t.inputs {
		in := &t.inputs[i]
		for k := range in.seg.Blocks {
			if err := t.pause(); err != nil {
				return err
			}
			b, err := in.seg.read(k, true)
			if err != nil {
				return err
			}
			first := in.seg.Blocks[k].FirstRow
			for row := 0; row < b.Len(); {
				end := b.EventEnd(row)
				buf = b.Whole(row, end, &e, buf)
				for keep := m.Match(&e); row < end; row++ {
					if keep {
						in.keep[(first+row)/64] |= 1 << ((first + row) % 64)
						t.rows++
						t.bytes += int64(len(b.Body(row)))
					}
				}
			}
		}
	}
	return nil
}

// runs lists the runs of the result. One of whose lines none is kept still tells the marks
// of its source.
func (t *thinner) runs() (runs []Run) {
	for _, p := range t.parts {
		var s stretches
		keep := t.inputs[p.input].keep
		for i := range p.Rows {
			if keep.Has(p.FirstRow + i) {
				s.add(p.place(i))
			}
		}
		r := *p.Run
		r.Rows, r.Kept = s.total, s.kept(p.Covers())
		if n := len(runs) - 1; n >= 0 && runs[n].follows(&r) {
			runs[n].join(&r)
		} else {
			runs = append(runs, r)
		}
	}
	row := 0
	for i := range runs {
		runs[i].FirstRow = row
		row += runs[i].Rows
	}
	return runs
}

// next puts the rows of the next block.
func (t *thinner) next(put func(*row)) (n int, err error) {
	if err := t.pause(); err != nil {
		return 0, err
	}
	own := copies{names: make(map[string]string)}
	for len(t.parts) > 0 {
		p := t.parts[0]
		if t.row == p.Rows {
			if t.row, t.parts = 0, t.parts[1:]; len(t.parts) > 0 && t.parts[0].Source != p.Source {
				t.source++
			}
			continue
		}
		in, at := &t.inputs[p.input], p.FirstRow+t.row
		if !in.keep.Has(at) {
			t.row++
			continue
		}
		if err := in.load(at, t.pause); err != nil {
			return n, err
		}
		i := at - in.seg.Blocks[in.at].FirstRow
		continues := in.block.continues(i)
		if !continues && (n >= t.size || own.bytes >= mergeBlockBytes) {
			break
		}
		t.fill.source, t.fill.continues = t.source, continues
		in.block.Event(i, &t.fill.event)
		own.take(&t.fill.event, continues)
		put(&t.fill)
		t.row++
		n++
	}
	return n, nil
}

// load makes block the one that holds a row.
func (in *thinInput) load(row int, pause func() error) error {
	b := (&Part{seg: in.seg}).BlockOf(row)
	if b == in.at {
		return nil
	}
	if err := pause(); err != nil {
		return err
	}
	block, err := in.seg.read(b, true)
	if err != nil {
		return err
	}
	in.block, in.at = block, b
	return nil
}

// copies frees the texts of rows from the memory of their blocks: the few that are kept of
// each would hold all of it.
type copies struct {
	names map[string]string // texts that many lines share
	event pipeline.Event    // the last one
	value []byte
	bytes int
}

// take copies the texts that e refers to, but for its line. A line that goes on with the
// event of the one before has its fields.
func (c *copies) take(e *pipeline.Event, continues bool) {
	c.bytes += len(e.Body)
	for _, s := range []*string{&e.SeverityText, &e.Host, &e.Path, &e.Service, &e.Template, &e.ErrorClass} {
		*s = c.name(*s)
	}
	if continues {
		e.TraceID, e.SpanID, e.Attrs = c.event.TraceID, c.event.SpanID, c.event.Attrs
		return
	}
	e.TraceID, e.SpanID = strings.Clone(e.TraceID), strings.Clone(e.SpanID)
	c.value = c.value[:0]
	for i := range e.Attrs {
		c.value = append(c.value, e.Attrs[i].Value...)
	}
	c.bytes += len(c.value)
	values, attrs := string(c.value), make([]pipeline.Attr, len(e.Attrs))
	for i := range e.Attrs {
		n := len(e.Attrs[i].Value)
		attrs[i] = pipeline.Attr{Key: c.name(e.Attrs[i].Key), Value: values[:n]}
		values = values[n:]
	}
	e.Attrs = attrs
	c.event = *e
}

func (c *copies) name(s string) string {
	if s == "" {
		return ""
	}
	kept, ok := c.names[s]
	if !ok {
		kept = strings.Clone(s)
		c.names[kept] = kept
	}
	return kept
}
