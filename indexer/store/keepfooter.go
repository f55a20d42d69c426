package store

import (
	"bytes"
	"encoding/binary"
)

// appendKeep appends what retention has left of a segment's lines, if it took any: the last
// part of the footer, see FORMAT.md.
func (f *footer) appendKeep(b []byte) []byte {
	if len(f.Keep) == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(len(f.Keep)))
	for _, queries := range f.Keep {
		b = binary.AppendUvarint(b, uint64(len(queries)))
		for _, q := range queries {
			b = appendString(b, q)
		}
	}
	n := 0
	var runs []byte
	for i, last := 0, 0; i < len(f.Runs); i++ {
		k := f.Runs[i].Kept
		if k == nil {
			continue
		}
		n++
		runs = binary.AppendUvarint(runs, uint64(i-last))
		runs = binary.AppendUvarint(runs, uint64(k.lines))
		runs = binary.AppendUvarint(runs, uint64(len(k.data)))
		runs = append(runs, k.data...)
		last = i
	}
	return append(binary.AppendUvarint(b, uint64(n)), runs...)
}

// keep reads what appendKeep wrote.
func (d *decoder) keep(f *footer) {
	f.Keep = make([][]string, d.count())
	for i := range f.Keep {
		f.Keep[i] = make([]string, d.count())
		for j := range f.Keep[i] {
			f.Keep[i][j] = d.string()
		}
	}
	at := uint64(0)
	for range d.count() {
		at += d.uvarint()
		if at >= uint64(len(f.Runs)) {
			d.fail("a thinned run beyond the runs")
			return
		}
		r := &f.Runs[at]
		lines := d.uvarint()
		data := d.bytes(d.uvarint())
		if d.err != nil || r.Kept != nil || lines > maxCovered {
			d.fail("thinned run")
			return
		}
		if r.Kept, d.err = newKept(int64(lines), r.Rows, bytes.Clone(data)); d.err != nil {
			return
		}
	}
}
