package store

import (
	"slices"
	"strings"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// thinner gives those rows of a group of segments whose events match, in the order of one:
// by source, and each source's by segment. It holds one block of each segment, and copies of
// the texts of the block that it gives.
type thinner struct {
	match  *query.Matcher
	inputs []thinInput
	parts  []mergeRun // that are left, in the order of the result
	size   int        // lines of a block
	pause  func() error

	row    int       // of the first part, the next row
	kept   stretches // of the first part
	source uint32
	fill   row
	event  pipeline.Event
	body   []byte

	// What was given: complete at the end.
	runs        []Run
	rows, bytes int64
}

type thinInput struct {
	seg   *segment
	block *Block
	at    int  // block
	keep  Bits // its rows
}

func newThinner(group []*segment, size int, pause func() error) *thinner {
	t := &thinner{size: size, pause: pause, inputs: make([]thinInput, len(group))}
	for i, seg := range group {
		t.inputs[i] = thinInput{seg: seg, at: -1}
		for r := range seg.Runs {
			t.parts = append(t.parts, mergeRun{&seg.Runs[r], i})
		}
	}
	slices.SortStableFunc(t.parts, func(a, b mergeRun) int { return CompareSources(a.Source, b.Source) })
	return t
}

// next puts the rows of the next block.
func (t *thinner) next(put func(*row)) (n int, err error) {
	own := copies{names: make(map[string]string)}
	for ; len(t.parts) > 0; t.endPart() {
		p := t.parts[0]
		for ; t.row < p.Rows; t.row++ {
			in, at := &t.inputs[p.input], p.FirstRow+t.row
			if err := t.load(in, at); err != nil {
				return n, err
			}
			i := at - in.seg.Blocks[in.at].FirstRow
			if !in.keep.Has(i) {
				continue
			}
			continues := in.block.continues(i)
			if !continues && (n >= t.size || own.bytes >= maxBlockBytes) {
				return n, nil
			}
			t.fill.source, t.fill.continues = t.source, continues
			in.block.Event(i, &t.fill.event)
			t.bytes += int64(len(t.fill.event.Body))
			own.take(&t.fill.event, continues)
			put(&t.fill)
			t.kept.add(p.place(t.row))
			n++
		}
	}
	return n, nil
}

// endPart tells what is kept of the first part. One of whose lines none is kept still has the
// marks of its source.
func (t *thinner) endPart() {
	p := t.parts[0]
	r := *p.Run
	r.Rows, r.Kept, r.FirstRow = t.kept.total, t.kept.kept(p.Covers()), int(t.rows)
	t.rows += int64(r.Rows)
	if n := len(t.runs) - 1; n >= 0 && t.runs[n].follows(&r) {
		t.runs[n].join(&r)
	} else {
		t.runs = append(t.runs, r)
	}
	if t.parts = t.parts[1:]; len(t.parts) > 0 && t.parts[0].Source != p.Source {
		t.source++
	}
	t.row, t.kept = 0, stretches{}
}

// load makes block the one that holds a row, and judges its events.
func (t *thinner) load(in *thinInput, row int) error {
	if in.block != nil {
		if b := &in.seg.Blocks[in.at]; row >= b.FirstRow && row < b.FirstRow+b.Rows {
			return nil
		}
	}
	if err := t.pause(); err != nil {
		return err
	}
	at := (&Part{seg: in.seg}).BlockOf(row)
	block, err := in.seg.read(at, true)
	if err != nil {
		return err
	}
	in.block, in.at, in.keep = block, at, make(Bits, (block.Len()+63)/64)
	for row := 0; row < block.Len(); {
		end := block.EventEnd(row)
		t.body = block.Whole(row, end, &t.event, t.body)
		for keep := t.match.Match(&t.event); row < end; row++ {
			if keep {
				in.keep[row/64] |= 1 << (row % 64)
			}
		}
	}
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
