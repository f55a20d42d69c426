package store

import (
	"encoding/binary"
	"slices"

	"foghorn/pipeline"
)

// layoutWriter encodes what the parser found in lines: their level's text, template, error
// class and attributes. Lines of one pattern mostly have the same, with the attributes at
// the same places, told by the slots around them: a layout, which is written once.
type layoutWriter struct {
	layouts []layout
	keys    map[string]int
	streams []attrStream
	refs    []byte // which layout a row has

	bounds []int
}

// attrStream are the values of a key that stand in no line.
type attrStream struct {
	name string
	dict map[string]uint64
	data []byte
}

// layout is what rows of a pattern have in common.
type layout struct {
	level, template, class string
	attrs                  []layoutAttr
	prior                  uint32 // the pattern's layout before, plus 1
}

// layoutAttr is an attribute: its key, and where in the line its value stands, as boundary
// and distance from it, or that it is the next of those that stand in no line.
type layoutAttr struct {
	key        string
	stream     int // number of the key
	elsewhere  bool
	constant   bool // in the text of the pattern: the same for all rows
	word       bool // a slot, which is a word with a digit
	from, to   int  // boundaries
	head, tail int  // distances from them
}

// maxLayoutsTried bounds how many layouts of a pattern a row is compared with.
const maxLayoutsTried = 8

func newLayoutWriter() *layoutWriter { return &layoutWriter{keys: make(map[string]int)} }

func (w *layoutWriter) reset() {
	w.layouts, w.refs = w.layouts[:0], w.refs[:0]
	clear(w.keys)
}

// release lets go of all that rows refer to.
func (w *layoutWriter) release() {
	clear(w.layouts[:cap(w.layouts)])
	for i := range w.streams {
		w.streams[i].name = ""
		clear(w.streams[i].dict)
	}
}

// boundaries are where the parts of a line end: its start, and both ends of each slot.
func boundaries(dst []int, slots []span) []int {
	dst = append(dst[:0], 0)
	for _, s := range slots {
		dst = append(dst, int(s.start), int(s.end))
	}
	return dst
}

// attrFunc takes an attribute: the number of its key in the block, its name and value, and
// whether the value is a word with a digit of the line.
type attrFunc func(key int, name, value string, word bool)

// add takes the next row, which has the pattern p and the slots, and returns its layout and
// whether it is a new one. attr is called with each attribute whose value may be new in the
// block.
func (w *layoutWriter) add(r *row, p *pattern, slots []span, attr attrFunc) (*layout, bool) {
	e := &r.event
	attrs := e.Attrs
	if r.continues {
		attrs = nil
	}
	if len(attrs) > 0 {
		w.bounds = boundaries(w.bounds, slots)
	}
	n := w.find(p, e, attrs)
	fresh := n == 0
	switch n {
	case 0:
		l := w.lay(e, attrs, p.end-p.start > 1)
		l.prior = p.layout
		w.layouts = append(w.layouts, l)
		n = uint32(len(w.layouts))
		p.layout = n
		w.refs = append(w.refs, 1)
	case p.used:
		w.refs = append(w.refs, 0)
	default:
		w.refs = binary.AppendUvarint(w.refs, uint64(n)+1)
	}
	p.used = n
	l := &w.layouts[n-1]
	for i := range attrs {
		if a := &l.attrs[i]; a.elsewhere && w.put(a.stream, attrs[i].Value) || !a.elsewhere && (fresh || !a.constant) {
			attr(a.stream, a.key, attrs[i].Value, a.word)
		}
	}
	return l, fresh
}

// find returns the layout of the pattern that a row has, plus 1, or 0.
func (w *layoutWriter) find(p *pattern, e *pipeline.Event, attrs []pipeline.Attr) uint32 {
	if p.used > 0 && w.fits(&w.layouts[p.used-1], e, attrs) {
		return p.used
	}
	for n, tried := p.layout, 0; n > 0 && tried < maxLayoutsTried; n, tried = w.layouts[n-1].prior, tried+1 {
		if n != p.used && w.fits(&w.layouts[n-1], e, attrs) {
			return n
		}
	}
	return 0
}

func (w *layoutWriter) fits(l *layout, e *pipeline.Event, attrs []pipeline.Attr) bool {
	if len(l.attrs) != len(attrs) || l.template != e.Template || l.level != e.SeverityText || l.class != e.ErrorClass {
		return false
	}
	for i := range attrs {
		a := &l.attrs[i]
		if a.key != attrs[i].Key {
			return false
		}
		if a.elsewhere {
			continue
		}
		from, to := w.bounds[a.from]+a.head, w.bounds[a.to]+a.tail
		if from > to || to > len(e.Body) || string(e.Body[from:to]) != attrs[i].Value {
			return false
		}
	}
	return true
}

// lay makes the layout of a row. words says that its slots are words; that of a line which is
// nothing but a slot may be of many.
func (w *layoutWriter) lay(e *pipeline.Event, attrs []pipeline.Attr, words bool) layout {
	l := layout{level: e.SeverityText, template: e.Template, class: e.ErrorClass}
	cursor := 0
	for i := range attrs {
		a := layoutAttr{key: attrs[i].Key, stream: w.stream(attrs[i].Key)}
		at := find(e.Body, attrs[i].Value, cursor)
		if a.elsewhere = at < 0; at >= 0 {
			cursor = at + len(attrs[i].Value)
			a.from, a.head = w.place(at)
			a.to, a.tail = w.place(cursor)
			// Boundaries with even numbers are those from which text of the pattern goes on.
			a.constant = a.from%2 == 0 && (a.to == a.from || a.to == a.from+1 && a.tail == 0)
			// A slot's end has an even number, and its start the one before.
			a.word = words && a.to > 0 && a.to%2 == 0 && a.tail == 0 && w.bounds[a.to-1] == at
		}
		l.attrs = append(l.attrs, a)
	}
	return l
}

// place tells a place in the line by the last boundary before it.
func (w *layoutWriter) place(at int) (boundary, distance int) {
	n, found := slices.BinarySearch(w.bounds, at)
	if !found {
		n--
	}
	return n, at - w.bounds[n]
}

func (w *layoutWriter) stream(key string) int {
	n, ok := w.keys[key]
	if ok {
		return n
	}
	n = len(w.keys)
	w.keys[key] = n
	if n == len(w.streams) {
		w.streams = append(w.streams, attrStream{dict: make(map[string]uint64)})
	}
	s := &w.streams[n]
	s.name, s.data = key, s.data[:0]
	clear(s.dict)
	return n
}

// put writes a value that stands in no line, and reports whether it is new.
func (w *layoutWriter) put(stream int, value string) bool {
	s := &w.streams[stream]
	ref, ok := s.dict[value]
	if ok {
		s.data = binary.AppendUvarint(s.data, ref)
		return false
	}
	s.dict[value] = uint64(len(s.dict) + 1)
	s.data = appendString(append(s.data, 0), value)
	return true
}

// append writes the layouts, which rows have them, and the values.
func (w *layoutWriter) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(w.keys)))
	for i := range w.streams[:len(w.keys)] {
		b = appendString(b, w.streams[i].name)
		b = binary.AppendUvarint(b, uint64(len(w.streams[i].data)))
	}
	b = binary.AppendUvarint(b, uint64(len(w.layouts)))
	for i := range w.layouts {
		l := &w.layouts[i]
		b = appendString(appendString(appendString(b, l.level), l.template), l.class)
		b = binary.AppendUvarint(b, uint64(len(l.attrs)))
		for j := range l.attrs {
			a := &l.attrs[j]
			b = binary.AppendUvarint(b, uint64(a.stream))
			if a.elsewhere {
				b = append(b, 0)
				continue
			}
			for _, v := range [4]int{a.from + 1, a.head, a.to, a.tail} {
				b = binary.AppendUvarint(b, uint64(v))
			}
		}
	}
	b = append(binary.AppendUvarint(b, uint64(len(w.refs))), w.refs...)
	for i := range w.streams[:len(w.keys)] {
		b = append(b, w.streams[i].data...)
	}
	return b
}
