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
// nothing that a view reaches ever changes.
type head struct {
	chunks    []*chunk
	n         atomic.Int64
	texts     [][]byte // lines and attributes, each as large as it may become
	shared    uint32   // the one of texts that has room
	room      []byte   // what is left of it
	lineBytes int64    // of raw lines
	memory    int64    // about what the rows take
	names     *names
	since     time.Time // the first append
	// What a commit of this head commits besides the rows.
	offsets map[int]int64
	gaps    []Gap
}

func newHead() *head { return &head{names: newNames()} }

// append takes an event: a row for each of its original lines, the first of which has the
// numbers seq and line. The head keeps no memory of e but the strings that many events
// have, see pipeline.EventDecoder.
func (h *head) append(e *pipeline.Event, seq, line int64) {
	row := headRow{time: e.Timestamp, observed: e.Observed}
	var fresh bool
	if row.common, fresh = h.names.common(e, seq, line); fresh {
		h.memory += commonMemory
	}
	if bytes.IndexByte(e.Body, '\n') < 0 {
		row.offset, row.size = e.ID.Offset, e.Size
		h.keep(&row, e.Body, e)
		h.publish(&row)
		return
	}
	for o := range e.Originals() {
		row.offset, row.size = o.Offset, o.Size
		h.keep(&row, o.Raw, e)
		h.publish(&row)
		row.continues, e = true, nil
	}
}

// publish adds a row, at a place that no reader looks at before n counts it.
func (h *head) publish(r *headRow) {
	n := int(h.n.Load())
	if n/rowsPerChunk == len(h.chunks) {
		h.chunks = append(h.chunks, new(chunk))
	}
	h.chunks[n/rowsPerChunk][n%rowsPerChunk] = *r
	h.lineBytes += int64(r.length)
	h.memory += rowMemory + int64(r.length) + int64(r.attrs)
	h.n.Add(1)
}

// textsAtOnce is how many bytes of lines are allocated at once.
const textsAtOnce = 64 << 10

// keep copies a line out of its record, and behind it the attributes of the event that it
// begins: what a fetch brought (other fields, lines that came before, room that was not
// used) would stay in memory with it. e is nil where the line continues an event.
func (h *head) keep(r *headRow, line []byte, e *pipeline.Event) {
	most := len(line)
	if e != nil {
		most += maxPacked(e)
	}
	if most > textsAtOnce/8 {
		b := h.names.packAttrs(append(make([]byte, 0, most), line...), line, e, r.common)
		h.texts = append(h.texts, slices.Clip(bytes.Clone(b)))
		r.text, r.at, r.length, r.attrs = uint32(len(h.texts)-1), 0, uint32(len(line)), uint32(len(b)-len(line))
		return
	}
	if most > len(h.room) {
		h.room = make([]byte, textsAtOnce)
		h.texts, h.shared = append(h.texts, h.room), uint32(len(h.texts))
	}
	b := h.names.packAttrs(append(h.room[:0], line...), line, e, r.common)
	r.text, r.at, r.length, r.attrs = h.shared, uint32(textsAtOnce-len(h.room)), uint32(len(line)), uint32(len(b)-len(line))
	h.room = h.room[len(b):]
}

// view returns the rows so far; the caller holds the store's lock.
func (h *head) view() *headView {
	return &headView{
		chunks: slices.Clip(h.chunks), texts: slices.Clip(h.texts), n: int(h.n.Load()), names: h.names.view(),
	}
}

// headView is the head at one moment.
type headView struct {
	chunks []*chunk
	texts  [][]byte
	n      int
	names  namesView
}

// CompareSources orders source ids by path, and then by id, as the rows of a part are: the lines
// of one program stand together, also those that come from other hosts, since they are alike.
func CompareSources(a, b string) int {
	_, pa := pipeline.SplitSource(a)
	_, pb := pipeline.SplitSource(b)
	return cmp.Or(strings.Compare(pa, pb), strings.Compare(a, b))
}

// sorted returns the rows by source, each source's in the order they came: the order of a
// segment.
func (v *headView) sorted() []*headRow {
	byName := make([]uint32, len(v.names.sources))
	for i := range byName {
		byName[i] = uint32(i)
	}
	slices.SortFunc(byName, func(a, b uint32) int { return CompareSources(v.names.sources[a], v.names.sources[b]) })
	counts := make([]int, len(byName))
	for i := range v.n {
		counts[v.origin(v.row(i)).number]++
	}
	at := 0
	for _, s := range byName {
		counts[s], at = at, at+counts[s]
	}
	rows := make([]*headRow, v.n)
	for i := range v.n {
		r := v.row(i)
		s := v.origin(r).number
		rows[counts[s]] = r
		counts[s]++
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

// blocksOf gives sorted rows of the head in blocks of about size, or of fewer rows where they
// are long.
func (v *headView) blocksOf(sorted []*headRow, size int) rowSource {
	var attrs []pipeline.Attr
	r := &row{}
	return func(put func(*row)) (int, error) {
		n, bytes := 0, 0
		for _, h := range sorted {
			if !h.continues && (n >= size || bytes >= maxBlockBytes) {
				break
			}
			trace, span := r.event.TraceID, r.event.SpanID
			v.event(h, &r.event)
			if h.continues && n > 0 {
				r.event.TraceID, r.event.SpanID, r.event.Attrs = trace, span, attrs
			} else {
				attrs = v.fields(h, &r.event, attrs[:0])
			}
			r.source, r.continues = v.origin(h).number, h.continues
			put(r)
			bytes += int(h.length)
			n++
		}
		sorted = sorted[n:]
		return n, nil
	}
}

func (v *headView) row(i int) *headRow { return &v.chunks[i/rowsPerChunk][i%rowsPerChunk] }

func (v *headView) origin(r *headRow) *origin {
	return &v.names.origins[v.names.commons[r.common].origin]
}

// runsOf lists the runs of sorted rows.
func (v *headView) runsOf(rows []*headRow) []Run {
	var runs []Run
	starts := v.names.startsBySource()
	for i, r := range rows {
		o := v.origin(r)
		if before := v.origin(rows[max(i-1, 0)]); i == 0 || o.number != before.number || o.generation != before.generation {
			start := starts[o.number][0]
			starts[o.number] = starts[o.number][1:]
			runs = append(runs, Run{
				Source: o.source, Host: o.host, Path: o.path, Generation: o.generation,
				FirstRow: i, FirstLine: start.line, FirstSeq: start.seq, FirstOffset: r.offset,
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
