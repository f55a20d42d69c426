package store

import "slices"

// maxBlockBytes bounds the lines of a block, but for the last event, which is whole.
const maxBlockBytes = 8 << 20

// merger gives the rows of a group of segments in the order of one: by source, and each
// source's by segment. It holds one block of each segment.
type merger struct {
	inputs []mergeInput
	runs   []mergeRun
	size   int // lines of a block
	row    int // of the first run that is left, the next row
	source uint32
	fill   row
}

type mergeInput struct {
	seg   *segment
	block *Block
	next  int // block
	first int // row of block
}

// mergeRun is a run of an input.
type mergeRun struct {
	*Run
	input int
}

func newMerger(group []*segment, size int) *merger {
	m := &merger{size: size, inputs: make([]mergeInput, len(group))}
	for i, seg := range group {
		m.inputs[i].seg = seg
		for r := range seg.Runs {
			m.runs = append(m.runs, mergeRun{&seg.Runs[r], i})
		}
	}
	slices.SortStableFunc(m.runs, func(a, b mergeRun) int { return CompareSources(a.Source, b.Source) })
	return m
}

// joined lists the runs of the merged segment: those that follow each other are one.
func (m *merger) joined() (runs []Run) {
	row := 0
	for _, r := range m.runs {
		n := len(runs) - 1
		if n >= 0 && runs[n].follows(r.Run) {
			runs[n].join(r.Run)
		} else {
			runs = append(runs, *r.Run)
			runs[n+1].FirstRow = row
		}
		row += r.Rows
	}
	return runs
}

// next puts the rows of the next block.
func (m *merger) next(put func(*row)) (n int, err error) {
	bytes := 0
	for len(m.runs) > 0 {
		r := m.runs[0]
		if m.row == r.Rows {
			if m.row, m.runs = 0, m.runs[1:]; len(m.runs) > 0 && m.runs[0].Source != r.Source {
				m.source++
			}
			continue
		}
		in := &m.inputs[r.input]
		if err := in.load(r.FirstRow + m.row); err != nil {
			return n, err
		}
		i := r.FirstRow + m.row - in.first
		continues := in.block.continues(i)
		if !continues && (n >= m.size || bytes >= maxBlockBytes) {
			break
		}
		m.fill.source, m.fill.continues = m.source, continues
		in.block.Event(i, &m.fill.event)
		put(&m.fill)
		bytes += len(m.fill.event.Body)
		m.row++
		n++
	}
	return n, nil
}

// load makes block the one that holds a row; rows are asked for in order.
func (in *mergeInput) load(row int) (err error) {
	for in.block == nil || row >= in.first+in.block.Len() {
		if in.block != nil {
			in.first += in.block.Len()
		}
		if in.next == len(in.seg.Blocks) {
			return corrupt("segment %s: no block has row %d", in.seg.path, row)
		}
		if in.block, err = in.seg.read(in.next, true); err != nil {
			return err
		}
		in.next++
	}
	return nil
}
