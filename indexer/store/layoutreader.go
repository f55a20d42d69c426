package store

import "foghorn/pipeline"

// textReader gives back the values of a key that stand in no line.
type textReader struct {
	decoder
	name string
	dict []string
}

func (s *textReader) next() string {
	ref := s.uvarint()
	if ref == 0 {
		s.dict = append(s.dict, s.view())
		ref = uint64(len(s.dict))
	}
	if ref > uint64(len(s.dict)) {
		s.fail("reference beyond the values")
		return ""
	}
	return s.dict[ref-1]
}

// decodeLayouts reads what layoutWriter wrote.
func (b *Block) decodeLayouts(d *decoder) {
	n, patterns := b.n, b.sealed.lines.places.Load().of
	streams := make([]textReader, d.count())
	sizes := make([]uint64, len(streams))
	for k := range streams {
		streams[k].name = d.view()
		sizes[k] = d.uvarint()
	}
	layouts := make([]layout, d.count())
	for i := range layouts {
		d.layout(&layouts[i], streams)
	}
	refs := &decoder{b: d.bytes(d.uvarint())}
	for k := range streams {
		streams[k].b = d.bytes(sizes[k])
	}
	if d.err != nil {
		return
	}
	newest := make([]uint32, len(b.sealed.lines.patterns)) // layout of the last row, by pattern
	b.layouts = layouts
	b.layoutOf = make([]uint32, n)
	b.attrRows = make([]attrRange, n)
	b.attrs = make([]pipeline.Attr, 0, 4*n)
	var split splitter
	var bounds []int
	fresh := uint32(0)
	for i := range n {
		of := newest[patterns[i]]
		switch ref := refs.uvarint(); {
		case ref == 1:
			of = fresh
			fresh++
		case ref > 1:
			of = uint32(min(ref-2, uint64(len(layouts))))
		}
		if int(of) >= len(layouts) || refs.err != nil {
			d.fail("bad list of layouts")
			return
		}
		newest[patterns[i]] = of
		b.layoutOf[i] = of
		l := &layouts[of]
		if b.continues(i) {
			b.attrRows[i] = b.attrRows[i-1]
			continue
		}
		b.attrRows[i].from = uint32(len(b.attrs))
		if len(l.attrs) > 0 {
			body := b.Body(i)
			split.split(body)
			bounds = boundaries(bounds, split.slots)
			for j := range l.attrs {
				v, ok := l.attrs[j].value(body, bounds, streams)
				if !ok {
					d.fail("value beyond its line")
					return
				}
				b.attrs = append(b.attrs, pipeline.Attr{Key: l.attrs[j].key, Value: v})
			}
		}
		b.attrRows[i].to = uint32(len(b.attrs))
	}
}

// value returns an attribute's value in a line.
func (a *layoutAttr) value(body []byte, bounds []int, streams []textReader) (string, bool) {
	if a.elsewhere {
		s := &streams[a.stream]
		v := s.next()
		return v, s.err == nil
	}
	if a.from >= len(bounds) || a.to >= len(bounds) {
		return "", false
	}
	from, to := bounds[a.from]+a.head, bounds[a.to]+a.tail
	if from > to || to > len(body) {
		return "", false
	}
	return stringOf(body[from:to]), true
}

func (d *decoder) layout(l *layout, streams []textReader) {
	l.level, l.template, l.class = d.view(), d.view(), d.view()
	l.attrs = make([]layoutAttr, d.count())
	for i := range l.attrs {
		a := &l.attrs[i]
		k := d.uvarint()
		if k >= uint64(len(streams)) {
			d.fail("attribute without a name")
			return
		}
		a.key, a.stream = streams[k].name, int(k)
		from := d.uvarint()
		if a.elsewhere = from == 0; a.elsewhere {
			continue
		}
		places := [4]uint64{from - 1, d.uvarint(), d.uvarint(), d.uvarint()}
		for _, v := range places {
			if v > 1<<31 {
				d.fail("impossible place")
				return
			}
		}
		a.from, a.head, a.to, a.tail = int(places[0]), int(places[1]), int(places[2]), int(places[3])
	}
}
