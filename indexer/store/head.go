package store

import (
	"bytes"
	"sort"
	"sync/atomic"
	"time"

	"foghorn/pipeline"
)

// row is an original line in the head, with the fields of its event.
type row struct {
	event pipeline.Event
	// source is the dense number of the event's source.
	source uint32
	// continues says that the line goes on with the event of the row before.
	continues bool
	// seq counts the source's lines before this one, line those of its generation.
	seq, line int64
}

// rowsPerChunk rows are allocated at once.
const rowsPerChunk = 1024

type chunk [rowsPerChunk]row

// rowMemory is what a row takes besides its line and attributes, attrMemory an attribute
// besides its value, in bytes.
const (
	rowMemory  = 364
	attrMemory = 32
)

// head is the open end of the store: rows in the order they came. One goroutine at a time
// appends (the store's lock); readers take a view and hold no lock while they scan, since
// a row never changes once n counts it.
type head struct {
	chunks    []*chunk
	n         atomic.Int64
	lines     []byte // where the next lines go
	lineBytes int64  // of raw lines
	memory    int64  // about what the rows take
	// names are the sources' ids by their numbers, local to this head.
	names   []string
	numbers map[string]uint32
	since   time.Time // the first append
	// What a commit of this head commits besides the rows.
	offsets map[int]int64
	gaps    []Gap
}

func newHead() *head { return &head{numbers: make(map[string]uint32)} }

// append takes an event: a row for each of its original lines, the first of which has the
// numbers seq and line. e then shares the head's memory instead of its record's.
func (h *head) append(e *pipeline.Event, seq, line int64) {
	num, ok := h.numbers[e.ID.Source]
	if !ok {
		num = uint32(len(h.names))
		h.names = append(h.names, e.ID.Source)
		h.numbers[e.ID.Source] = num
	}
	e.ID.Source = h.names[num] // one string for all its rows
	e.Body = h.keep(e.Body)
	for i := range e.Attrs {
		h.memory += attrMemory + int64(len(e.Attrs[i].Value))
	}
	r := h.room()
	*r = row{event: *e, source: num, seq: seq, line: line}
	r.event.Sizes = nil
	if bytes.IndexByte(e.Body, '\n') < 0 {
		h.publish(r)
		return
	}
	head := *r
	for o := range e.Originals() {
		r := h.room()
		*r = head
		r.event.ID.Offset, r.event.Size, r.event.Body = o.Offset, o.Size, o.Raw
		h.publish(r)
		head.seq, head.line, head.continues = head.seq+1, head.line+1, true
	}
}

// room returns the place of the next row, which no reader looks at before publish.
func (h *head) room() *row {
	n := int(h.n.Load())
	if n/rowsPerChunk == len(h.chunks) {
		h.chunks = append(h.chunks, new(chunk))
	}
	return &h.chunks[n/rowsPerChunk][n%rowsPerChunk]
}

func (h *head) publish(r *row) {
	h.lineBytes += int64(len(r.event.Body))
	h.memory += rowMemory + int64(len(r.event.Body))
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

func (h *head) row(i int) *row { return &h.chunks[i/rowsPerChunk][i%rowsPerChunk] }

// view returns the rows so far; the caller holds the store's lock.
func (h *head) view() *headView {
	return &headView{
		chunks: h.chunks[:len(h.chunks):len(h.chunks)],
		names:  h.names[:len(h.names):len(h.names)],
		n:      int(h.n.Load()),
	}
}

// headView is the head at one moment.
type headView struct {
	chunks []*chunk
	names  []string
	n      int
}

// sorted returns the rows by source id, each source's in the order they came: the order
// of a segment.
func (v *headView) sorted() []*row {
	byName := make([]uint32, len(v.names))
	for i := range byName {
		byName[i] = uint32(i)
	}
	sort.Slice(byName, func(a, b int) bool { return v.names[byName[a]] < v.names[byName[b]] })
	counts := make([]int, len(v.names))
	for i := range v.n {
		counts[v.row(i).source]++
	}
	at := 0
	for _, s := range byName {
		counts[s], at = at, at+counts[s]
	}
	rows := make([]*row, v.n)
	for i := range v.n {
		r := v.row(i)
		rows[counts[r.source]] = r
		counts[r.source]++
	}
	return rows
}

// blockEnd returns the end of the block that starts at row first: size rows on, or behind
// the event that the last of them belongs to.
func blockEnd(rows []*row, first, size int) int {
	end := min(first+size, len(rows))
	for end < len(rows) && rows[end].continues {
		end++
	}
	return end
}

func (v *headView) row(i int) *row { return &v.chunks[i/rowsPerChunk][i%rowsPerChunk] }

// runsOf lists the runs of sorted rows.
func runsOf(rows []*row) []Run {
	var runs []Run
	for i, r := range rows {
		e := &r.event
		if i == 0 || r.source != rows[i-1].source || e.ID.Generation != rows[i-1].event.ID.Generation {
			runs = append(runs, Run{
				Source: e.ID.Source, Host: e.Host, Path: e.Path, Generation: e.ID.Generation,
				FirstRow: i, FirstLine: r.line, FirstSeq: r.seq, FirstOffset: e.ID.Offset,
				MinTime: e.Timestamp, MaxTime: e.Timestamp, MaxObserved: e.Observed,
			})
		}
		u := &runs[len(runs)-1]
		u.Rows++
		u.NextOffset = e.ID.Offset + max(e.Size, 1)
		u.MinTime, u.MaxTime = min(u.MinTime, e.Timestamp), max(u.MaxTime, e.Timestamp)
		u.MaxObserved = max(u.MaxObserved, e.Observed)
	}
	return runs
}
