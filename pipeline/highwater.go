package pipeline

// HighWater remembers how far each source has been read and so tells a line that comes
// a second time. It keeps the newest maxGenerations generations of each source: a shipper
// that starts again after a crash may go back over a rotation. Not safe for concurrent use.
type HighWater struct {
	sources map[string][]genMark
	// last is the source asked for last, and marks are its: lines of one come together.
	last  string
	marks []genMark
}

type genMark struct {
	generation uint64
	next       int64
}

// maxGenerations bounds what a source's history costs; more rotations than this between
// a shipper's checkpoint and its crash do not happen.
const maxGenerations = 64

// NewHighWater returns an empty HighWater.
func NewHighWater() *HighWater { return &HighWater{sources: make(map[string][]genMark)} }

// Advance takes the next record of a source: a line, or several joined. It returns false
// when the record was seen before (all of it is below the source's mark) and must be
// dropped; otherwise it moves the mark behind the record.
//
// gap is how many bytes lie unread between the mark and the record: 0 when nothing is
// missing. It is negative when the record starts below the mark and ends behind it, as
// when a shipper that starts again joins the same lines otherwise: its first -gap bytes
// were seen, and TrimFront takes them off. A generation's first line has a gap when it
// does not start at offset 0.
//
// For foreign producers (generation 0) the gap counts records: others' may lie between
// theirs, so it says nothing about loss, their first line seen has none, and it is never
// negative.
func (h *HighWater) Advance(id LineID, size int64) (fresh bool, gap int64) {
	end := id.Offset + max(size, 1)
	marks := h.of(id.Source)
	for i := len(marks) - 1; i >= 0; i-- {
		m := &marks[i]
		if m.generation != id.Generation {
			continue
		}
		if end <= m.next || id.Generation == 0 && id.Offset < m.next {
			return false, 0
		}
		gap = id.Offset - m.next
		m.next = end
		return true, gap
	}
	if id.Generation != 0 {
		gap = id.Offset
	}
	h.Set(id.Source, id.Generation, end)
	return true, gap
}

// Set moves a generation's mark to next, the offset of the first line not yet seen. It
// never moves a mark back.
func (h *HighWater) Set(source string, generation uint64, next int64) {
	marks := h.of(source)
	for i := range marks {
		if marks[i].generation == generation {
			marks[i].next = max(marks[i].next, next)
			return
		}
	}
	if len(marks) >= maxGenerations {
		marks = append(marks[:0], marks[1:]...)
	}
	h.marks = append(marks, genMark{generation, next})
	h.sources[source] = h.marks
}

// of returns the marks of a source.
func (h *HighWater) of(source string) []genMark {
	if h.marks == nil || h.last != source {
		h.last, h.marks = source, h.sources[source]
	}
	return h.marks
}

// Forget drops all that is known of a source, so that memory stays bounded where sources
// come and go; its next line counts as fresh.
func (h *HighWater) Forget(source string) {
	delete(h.sources, source)
	h.last, h.marks = "", nil
}
