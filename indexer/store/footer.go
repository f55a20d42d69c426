package store

import (
	"encoding/binary"
	"maps"
	"slices"
)

// encode appends the footer's bytes, see FORMAT.md.
func (f *footer) encode(b []byte) []byte {
	b = binary.AppendUvarint(b, f.Number)
	b = binary.AppendUvarint(b, uint64(len(f.Merged)))
	for _, n := range f.Merged {
		b = binary.AppendUvarint(b, n)
	}
	b = binary.AppendVarint(b, f.Created)
	b = binary.AppendUvarint(b, uint64(f.Rows))
	b = binary.AppendUvarint(b, uint64(f.Bytes))

	names, refs := []string{}, make(map[string]uint64)
	ref := func(s string) uint64 {
		r, ok := refs[s]
		if !ok {
			r = uint64(len(names))
			refs[s] = r
			names = append(names, s)
		}
		return r
	}
	var runs []byte
	for i := range f.Runs {
		r := &f.Runs[i]
		for _, v := range []uint64{ref(r.Source), ref(r.Host), ref(r.Path)} {
			runs = binary.AppendUvarint(runs, v)
		}
		runs = binary.LittleEndian.AppendUint64(runs, r.Generation)
		runs = binary.AppendUvarint(runs, uint64(r.Rows))
		for _, v := range []int64{
			r.FirstLine, r.FirstSeq, r.FirstOffset, r.NextOffset - r.FirstOffset,
			r.MinTime, r.MaxTime - r.MinTime, r.MaxObserved,
		} {
			runs = binary.AppendVarint(runs, v)
		}
	}
	gaps := make([]byte, 0, 32*len(f.Gaps))
	for _, g := range f.Gaps {
		gaps = binary.AppendUvarint(gaps, ref(g.Source))
		gaps = binary.LittleEndian.AppendUint64(gaps, g.Generation)
		gaps = binary.AppendVarint(gaps, g.From)
		gaps = binary.AppendVarint(gaps, g.To)
	}
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, s := range names {
		b = appendString(b, s)
	}
	b = append(binary.AppendUvarint(b, uint64(len(f.Runs))), runs...)
	b = append(binary.AppendUvarint(b, uint64(len(f.Gaps))), gaps...)

	b = binary.AppendUvarint(b, uint64(len(f.Offsets)))
	for _, p := range slices.Sorted(maps.Keys(f.Offsets)) {
		b = binary.AppendUvarint(b, uint64(p))
		b = binary.AppendVarint(b, f.Offsets[p])
	}

	b = binary.AppendUvarint(b, uint64(len(f.Blocks)))
	for i := range f.Blocks {
		k := &f.Blocks[i]
		b = binary.AppendUvarint(b, uint64(k.Rows))
		b = binary.AppendVarint(b, k.MinTime)
		b = binary.AppendVarint(b, k.MaxTime)
		for _, g := range k.Groups {
			b = binary.AppendUvarint(b, g.Offset)
			b = binary.AppendUvarint(b, uint64(g.Size))
			b = binary.AppendUvarint(b, uint64(g.Raw))
			b = binary.LittleEndian.AppendUint64(b, g.Sum)
		}
		b = k.Filter.append(b)
	}
	b = binary.AppendUvarint(b, f.FilterBase)
	b = binary.AppendUvarint(b, f.FilterSize)
	b = binary.AppendUvarint(b, uint64(len(f.FilterPageSums)))
	for _, s := range f.FilterPageSums {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return f.appendKeep(b)
}

// decode reads what encode wrote, and checks that its parts agree.
func (f *footer) decode(data []byte, version uint32) error {
	d := &decoder{b: data}
	f.Number = d.uvarint()
	if version > 1 {
		f.Merged = make([]uint64, d.count())
		for i := range f.Merged {
			f.Merged[i] = d.uvarint()
		}
	}
	f.Created = d.varint()
	f.Rows, f.Bytes = int64(d.uvarint()), int64(d.uvarint())
	names := make([]string, d.count())
	for i := range names {
		names[i] = d.string()
	}
	f.Runs = make([]Run, d.count())
	row := 0
	for i := range f.Runs {
		d.run(&f.Runs[i], names)
		f.Runs[i].FirstRow = row
		row += f.Runs[i].Rows
	}
	f.Gaps = make([]Gap, d.count())
	for i := range f.Gaps {
		f.Gaps[i] = Gap{Source: d.name(names), Generation: d.u64(), From: d.varint(), To: d.varint()}
	}
	f.Offsets = make(map[int]int64)
	for range d.count() {
		p := d.uvarint()
		f.Offsets[int(p)] = d.varint()
	}
	f.Blocks = make([]blockInfo, d.count())
	first := 0
	for i := range f.Blocks {
		d.block(&f.Blocks[i])
		f.Blocks[i].FirstRow = first
		first += f.Blocks[i].Rows
	}
	if version == 1 {
		f.Filter = d.filter()
	}
	f.FilterBase, f.FilterSize = d.uvarint(), d.uvarint()
	f.FilterPageSums = make([]uint32, d.count())
	for i := range f.FilterPageSums {
		if b := d.bytes(4); b != nil {
			f.FilterPageSums[i] = binary.LittleEndian.Uint32(b)
		}
	}
	if version > 1 && d.err == nil && d.off < len(data) {
		d.keep(f)
	}
	if d.err == nil && (int64(row) != f.Rows || int64(first) != f.Rows) {
		d.fail("runs and blocks disagree about the number of lines")
	}
	if d.err == nil && d.off != len(data) {
		d.fail("left-over bytes")
	}
	return d.err
}

func (d *decoder) name(names []string) string {
	if n := d.uvarint(); n < uint64(len(names)) {
		return names[n]
	}
	d.fail("name beyond the table")
	return ""
}

func (d *decoder) run(r *Run, names []string) {
	r.Source, r.Host, r.Path = d.name(names), d.name(names), d.name(names)
	r.Generation = d.u64()
	r.Rows = d.rows()
	for _, v := range []*int64{
		&r.FirstLine, &r.FirstSeq, &r.FirstOffset, &r.NextOffset, &r.MinTime, &r.MaxTime, &r.MaxObserved,
	} {
		*v = d.varint()
	}
	r.NextOffset += r.FirstOffset
	r.MaxTime += r.MinTime
}

func (d *decoder) rows() int {
	n := d.uvarint()
	if n > 1<<31 {
		d.fail("impossible number of lines")
		return 0
	}
	return int(n)
}

func (d *decoder) block(k *blockInfo) {
	k.Rows = d.rows()
	k.MinTime, k.MaxTime = d.varint(), d.varint()
	for g := range k.Groups {
		off, size, raw := d.uvarint(), d.uvarint(), d.uvarint()
		if size > maxGroup || raw > maxGroup {
			d.fail("impossible size of a column group")
		}
		k.Groups[g] = groupInfo{Offset: off, Size: uint32(size), Raw: uint32(raw), Sum: d.u64()}
	}
	k.Filter = d.filter()
}
