package store

import "foghorn/pipeline"

// Blocks of version 1 of the format: lines as they are, an attribute's place in the line
// told by its distance from the one before. They are read, and written no more.

// columns1 is the order of the string columns in version 1.
var columns1 = [...]int{columnLevel, columnHost, columnPath, columnTemplate, columnClass, columnTrace, columnSpan}

// Tags of an attribute's value; higher tags are references to earlier literals.
const (
	valueLiteral = iota // length and bytes follow
	valueInBody         // skip from the end of the row's last such value, and length
	valueRefs
)

// decodeCore1 reads the core column group, which tells how long the lines are.
func (b *Block) decodeCore1(data []byte) error {
	d := &decoder{b: data}
	var c blockNumbers
	c.start(d, b.n)
	l := &b.sealed.lines
	at := &linePlaces{starts: make([]uint32, b.n), ends: make([]uint32, b.n)}
	end, size := uint64(0), l.size
	for i := range b.n {
		at.starts[i] = uint32(end)
		n := d.uvarint()
		if end += n; n > size || end > size {
			d.fail("line beyond the block's bytes")
			break
		}
		at.ends[i] = uint32(end)
	}
	l.places.Store(at)
	c.service = decodeStrings(d, b.n)
	if d.err == nil && end != size {
		d.fail("left-over bytes")
	}
	return b.keepCore(c, d)
}

// decodeFields1 reads the fields column group.
func (b *Block) decodeFields1(data []byte) error {
	d := &decoder{b: data}
	n := b.n
	for c := range columns1 {
		b.columns[columns1[c]] = decodeStrings(d, n)
	}
	b.decodeAttrs(d, n)
	if d.err == nil && d.off != len(data) {
		d.fail("left-over bytes")
	}
	b.hasFields = d.err == nil
	return d.err
}

type attrReader struct {
	decoder
	name string
	dict []string
}

func (b *Block) decodeAttrs(d *decoder, n int) {
	streams := make([]attrReader, d.count())
	sizes := make([]uint64, len(streams))
	for k := range streams {
		streams[k].name = d.view()
		sizes[k] = d.uvarint()
	}
	rows := &decoder{b: d.bytes(d.uvarint())}
	for k := range streams {
		streams[k].b = d.bytes(sizes[k])
	}
	if d.err != nil {
		return
	}
	var shapes [][]uint32
	b.attrRows = make([]attrRange, n)
	b.attrs = make([]pipeline.Attr, 0, 4*n)
	for i := range n {
		ref := rows.uvarint()
		if ref == 0 {
			shape := make([]uint32, rows.count())
			for j := range shape {
				k := rows.uvarint()
				if k >= uint64(len(streams)) {
					d.fail("attribute without a name")
					return
				}
				shape[j] = uint32(k)
			}
			shapes = append(shapes, shape)
			ref = uint64(len(shapes))
		}
		if ref > uint64(len(shapes)) || rows.err != nil {
			d.fail("bad list of attributes")
			return
		}
		if b.continues(i) {
			b.attrRows[i] = b.attrRows[i-1]
			continue
		}
		b.attrRows[i].from = uint32(len(b.attrs))
		cursor := 0
		body := b.Body(i)
		for _, k := range shapes[ref-1] {
			var v string
			if v, cursor = streams[k].next(body, cursor); streams[k].err != nil {
				d.err = streams[k].err
				return
			}
			b.attrs = append(b.attrs, pipeline.Attr{Key: streams[k].name, Value: v})
		}
		b.attrRows[i].to = uint32(len(b.attrs))
	}
}

func (s *attrReader) next(body []byte, cursor int) (string, int) {
	switch tag := s.uvarint(); tag {
	case valueLiteral:
		v := s.view()
		s.dict = append(s.dict, v)
		return v, cursor
	case valueInBody:
		at, n := int64(cursor)+s.varint(), s.uvarint()
		if at < 0 || at > int64(len(body)) || n > uint64(int64(len(body))-at) {
			s.fail("value beyond its line")
			return "", cursor
		}
		end := int(at) + int(n)
		return stringOf(body[at:end]), end
	default:
		if tag-valueRefs >= uint64(len(s.dict)) {
			s.fail("reference beyond the values")
			return "", cursor
		}
		return s.dict[tag-valueRefs], cursor
	}
}
