package pipeline

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
)

// Original is one line as it stands in its source.
type Original struct {
	// Offset is the line's own, and Size what it takes there, line feed included.
	Offset, Size int64
	// Raw is the line without its line feed. It shares the memory of what it came from.
	Raw []byte
}

// Originals yields the original lines that are joined in l, in order; l itself where none
// are. Lines can be told apart when Sizes are given or follow from Raw, which holds for
// all that shippers join. A foreign producer's record, a truncated line, and one whose
// Size says that its bytes are not those of the source are one line, whatever they hold.
func (l *Line) Originals() iter.Seq[Original] {
	j := joined{l.ID.Offset, l.Size, l.Raw, l.Sizes}
	return j.originals(l.ID.Generation != 0 && !l.Truncated)
}

// Originals yields the original lines that are joined in e, as those of a Line.
func (e *Event) Originals() iter.Seq[Original] {
	j := joined{e.ID.Offset, e.Size, e.Body, e.Sizes}
	return j.originals(e.ID.Generation != 0 && !e.Truncated)
}

// TrimFront takes off the original lines that lie whole in the first seen bytes, which
// came before. A line of which only a part was seen stays, and so does what cannot be
// told apart: bytes then come twice, but none is lost. The last line always stays.
func (l *Line) TrimFront(seen int64) {
	j := joined{l.ID.Offset, l.Size, l.Raw, l.Sizes}
	j.trim(seen, l.ID.Generation != 0 && !l.Truncated)
	l.ID.Offset, l.Size, l.Raw, l.Sizes = j.offset, j.size, j.raw, j.sizes
}

// TrimFront takes off the original lines that were seen before, as that of a Line. The
// fields that were found in the whole event stay.
func (e *Event) TrimFront(seen int64) {
	j := joined{e.ID.Offset, e.Size, e.Body, e.Sizes}
	j.trim(seen, e.ID.Generation != 0 && !e.Truncated)
	e.ID.Offset, e.Size, e.Body, e.Sizes = j.offset, j.size, j.raw, j.sizes
}

// joined is what Line and Event have in common.
type joined struct {
	offset, size int64
	raw          []byte
	sizes        []int64
}

// separable says whether the lines in raw can be told apart.
func (j *joined) separable() bool {
	if j.sizes != nil {
		return checkSizes(j.raw, j.size, j.sizes) == nil
	}
	n := int64(len(j.raw))
	return j.size == n+1 || j.size == n
}

func (j joined) originals(ours bool) iter.Seq[Original] {
	return func(yield func(Original) bool) {
		if ours && bytes.IndexByte(j.raw, '\n') >= 0 && j.separable() {
			for more := true; more; {
				var o Original
				if o, more = j.next(); !yield(o) {
					return
				}
			}
			return
		}
		yield(Original{j.offset, j.size, j.raw})
	}
}

// next takes the first line off j; more says whether there are others.
func (j *joined) next() (o Original, more bool) {
	o = Original{j.offset, j.size, j.raw}
	at := bytes.IndexByte(j.raw, '\n')
	if at < 0 {
		return o, false
	}
	o.Raw, o.Size = j.raw[:at:at], int64(at)+1
	if j.sizes != nil {
		o.Size, j.sizes = j.sizes[0], j.sizes[1:]
	}
	j.raw = j.raw[at+1:]
	j.offset += o.Size
	j.size -= o.Size
	return o, true
}

func (j *joined) trim(seen int64, ours bool) {
	if seen <= 0 || !ours || !j.separable() {
		return
	}
	for behind := j.offset + seen; ; {
		rest := *j
		if _, more := rest.next(); !more || rest.offset > behind {
			return
		}
		*j = rest
	}
}

// checkSizes makes sure that sizes are those of the original lines in raw.
func checkSizes(raw []byte, size int64, sizes []int64) error {
	if sizes == nil {
		return nil
	}
	sum := int64(0)
	for _, n := range sizes {
		sum += n
	}
	lines := bytes.Count(raw, []byte{'\n'}) + 1
	if sum != size || len(sizes) != lines || slices.Min(sizes) < 0 {
		return fmt.Errorf("%d sizes make %d bytes, want %d of %d lines", len(sizes), sum, size, lines)
	}
	return nil
}
