package store

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"foghorn/pipeline"
)

// rowsPerChunk rows are allocated at once.
const rowsPerChunk = 1024

type chunk [rowsPerChunk]headRow

// head is the open end of the store: rows in the order they came. One goroutine at a time
// appends (the store's lock); readers take a view and hold no lock while they scan, since
// a row never changes once n counts it.
type head struct {
	chunks    []*chunk
	n         atomic.Int64
	lines     []byte // where the next lines and attributes go
	lineBytes int64  // of raw lines
	memory    int64  // about what the rows take
	// names are the sources' ids by their numbers, local to this head.
	names   []string
	numbers map[string]uint32
	// keyNames are the attributes' keys by their numbers.
	keyNames []string
	keys     map[string]uint64
	commons  map[common]*common
	scratch  []byte
	since    time.Time // the first append
	// What a commit of this head commits besides the rows.
	offsets map[int]int64
	gaps    []Gap
}

func newHead() *head {
	return &head{
		numbers: make(map[string]uint32), keys: make(map[string]uint64), commons: make(map[common]*common),
	}
}

// append takes an event: a row for each of its original lines, the first of which has the
// numbers seq and line. The head shares nothing with e but strings that many events have.
func (h *head) append(e *pipeline.Event, seq, line int64) {
	num, ok := h.numbers[e.ID.Source]
	if !ok {
		num = uint32(len(h.names))
		h.names = append(h.names, e.ID.Source)
		h.numbers[e.ID.Source] = num
	}
	row := headRow{
		common: h.common(e, h.names[num]), time: e.Timestamp, observed: e.Observed,
		seq: seq, line: line, source: num,
	}
	for o := range e.Originals() {
		row.offset, row.size = o.Offset, o.Size
		if !row.continues {
			h.scratch = h.packAttrs(append(h.scratch[:0], o.Raw...), o.Raw, e)
			kept := h.keep(h.scratch)
			row.body, row.attrs = kept[:len(o.Raw):len(o.Raw)], kept[len(o.Raw):]
		} else {
			row.body, row.attrs = h.keep(o.Raw), nil
		}
		h.publish(row)
		row.seq, row.line, row.continues = row.seq+1, row.line+1, true
	}
}

// common returns the one copy of what e has in common with others.
func (h *head) common(e *pipeline.Event, source string) *common {
	key := common{
		source: source, host: e.Host, path: e.Path, service: e.Service, level: e.SeverityText, template: e.Template,
		class: e.ErrorClass, generation: e.ID.Generation, severity: e.Severity, truncated: e.Truncated, timeObserved: e.TimeObserved,
	}
	c := h.commons[key]
	if c == nil {
		c = &key
		h.commons[key] = c
		h.memory += commonMemory
	}
	return c
}

// publish adds a row, at a place that no reader looks at before n counts it.
func (h *head) publish(r headRow) {
	n := int(h.n.Load())
	if n/rowsPerChunk == len(h.chunks) {
		h.chunks = append(h.chunks, new(chunk))
	}
	h.chunks[n/rowsPerChunk][n%rowsPerChunk] = r
	h.lineBytes += int64(len(r.body))
	h.memory += rowMemory + int64(len(r.body)+len(r.attrs))
	h.n.Add(1)
}

// linesAtOnce is how many bytes of lines are allocated at once.
const linesAtOnce = 64 << 10

// keep copies a line out of its record: what a fetch brought (other fields, lines that
// came before, room that was not used) would stay in memory with it.
func (h *head) keep(line []byte) []byte {
	if len(line) > linesAtOnce/8 {
		return bytes.Clone(line)
	}
	if len(line) > cap(h.lines)-len(h.lines) {
		h.lines = make([]byte, 0, linesAtOnce)
	}
	start := len(h.lines)
	h.lines = append(h.lines, line...)
	return h.lines[start:len(h.lines):len(h.lines)]
}

// view returns the rows so far; the caller holds the store's lock.
func (h *head) view() *headView {
	return &headView{
		chunks: h.chunks[:len(h.chunks):len(h.chunks)],
		names:  h.names[:len(h.names):len(h.names)],
		keys:   h.keyNames[:len(h.keyNames):len(h.keyNames)],
		n:      int(h.n.Load()),
	}
}

// headView is the head at one moment.
type headView struct {
	chunks []*chunk
	names  []string
	keys   []string // of attributes
	n      int
}

// compareSources orders sources by path, and then by id: the lines of one program stand
// together, also those that come from other hosts, since they are alike.
func compareSources(a, b string) int {
	_, pa := pipeline.SplitSource(a)
	_, pb := pipeline.SplitSource(b)
	return cmp.Or(strings.Compare(pa, pb), strings.Compare(a, b))
}

// sorted returns the rows by source, each source's in the order they came: the order of a
// segment.
func (v *headView) sorted() []*headRow {
	byName := make([]uint32, len(v.names))
	for i := range byName {
		byName[i] = uint32(i)
	}
	slices.SortFunc(byName, func(a, b uint32) int { return compareSources(v.names[a], v.names[b]) })
	counts := make([]int, len(v.names))
	for i := range v.n {
		counts[v.row(i).source]++
	}
	at := 0
	for _, s := range byName {
		counts[s], at = at, at+counts[s]
	}
	rows := make([]*headRow, v.n)
	for i := range v.n {
		r := v.row(i)
		rows[counts[r.source]] = r
		counts[r.source]++
	}
	return rows
}

// blockEnd returns the end of the block that starts at row first: size rows on, or behind
// the event that the last of them belongs to.
func blockEnd(rows []*headRow, first, size int) int {
	end := min(first+size, len(rows))
	for end < len(rows) && rows[end].continues {
		end++
	}
	return end
}

// blocksOf gives sorted rows of the head in blocks of about size.
func (v *headView) blocksOf(sorted []*headRow, size int) rowSource {
	var rows []row
	var out []*row
	var attrs []pipeline.Attr
	return func() ([]*row, error) {
		end := blockEnd(sorted, 0, size)
		rows, out, attrs = slices.Grow(rows[:0], end)[:end], out[:0], attrs[:0]
		for i := range end {
			h, r := sorted[i], &rows[i]
			h.event(&r.event)
			if h.continues && i > 0 {
				before := &rows[i-1].event
				r.event.TraceID, r.event.SpanID, r.event.Attrs = before.TraceID, before.SpanID, before.Attrs
			} else {
				attrs = h.fields(&r.event, v.keys, attrs)
			}
			r.source, r.continues = h.source, h.continues
			out = append(out, r)
		}
		sorted = sorted[end:]
		return out, nil
	}
}

func (v *headView) row(i int) *headRow { return &v.chunks[i/rowsPerChunk][i%rowsPerChunk] }

// runsOf lists the runs of sorted rows.
func runsOf(rows []*headRow) []Run {
	var runs []Run
	for i, r := range rows {
		c := r.common
		if i == 0 || r.source != rows[i-1].source || c.generation != rows[i-1].common.generation {
			runs = append(runs, Run{
				Source: c.source, Host: c.host, Path: c.path, Generation: c.generation,
				FirstRow: i, FirstLine: r.line, FirstSeq: r.seq, FirstOffset: r.offset,
				MinTime: r.time, MaxTime: r.time, MaxObserved: r.observed,
			})
		}
		u := &runs[len(runs)-1]
		u.Rows++
		u.NextOffset = r.offset + max(r.size, 1)
		u.MinTime, u.MaxTime = min(u.MinTime, r.time), max(u.MaxTime, r.time)
		u.MaxObserved = max(u.MaxObserved, r.observed)
	}
	return runs
}
