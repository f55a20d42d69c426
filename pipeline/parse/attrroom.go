package parse

import (
	"strings"

	"foghorn/pipeline"
)

// attrRoom is memory for the attributes of the events of a goroutine, and for their values:
// one allocation for those of many events.
type attrRoom struct {
	free   []pipeline.Attr // its beginning can be those of the last event, until keep
	slabs  [][]pipeline.Attr
	used   int // of slabs
	values strings.Builder
}

const (
	// slab is for how many attributes room is made at once.
	slab = 256
	// maxSlabs is how many slabs are kept to be used again.
	maxSlabs = 64
	// growth is for how many attributes there is room behind those of an event.
	growth = 20
	// chunk is how many bytes of values are allocated at once; a longer text is alone.
	chunk = 8 << 10
)

// of returns the place of n attributes, to which more can be appended until keep.
func (r *attrRoom) of(n int) []pipeline.Attr {
	if len(r.free) >= n+growth {
		return r.free[:n]
	}
	switch {
	case n+growth > slab:
		r.free = make([]pipeline.Attr, n+growth)
	case r.used < len(r.slabs):
		r.free = r.slabs[r.used]
		r.used++
	default:
		r.free = make([]pipeline.Attr, slab)
		if r.used < maxSlabs {
			r.slabs = append(r.slabs, r.free)
			r.used++
		}
	}
	return r.free[:n]
}

// keep ends the time in which an event's attributes can grow in their place, and returns
// them: without, their room is that of the next event.
func (r *attrRoom) keep(attrs []pipeline.Attr) []pipeline.Attr {
	n := len(attrs)
	if n == 0 {
		return nil
	}
	if len(r.free) >= n && &attrs[0] == &r.free[0] {
		r.free = r.free[n:]
	}
	return attrs[:n:n]
}

// reuse gives the room of all attributes to the next ones. Their values are not touched.
func (r *attrRoom) reuse() {
	for _, s := range r.slabs[:r.used] {
		clear(s)
	}
	r.free, r.used = nil, 0
}

// text returns b as a string.
func (r *attrRoom) text(b []byte) string {
	if len(b) > chunk/4 {
		return string(b)
	}
	if r.values.Cap()-r.values.Len() < len(b) {
		r.values = strings.Builder{}
		r.values.Grow(chunk)
	}
	start := r.values.Len()
	r.values.Write(b)
	return r.values.String()[start:]
}
