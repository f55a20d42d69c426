package store

import (
	"encoding/binary"
	"io"
	"math/bits"

	"github.com/FastFilter/xorfilter"
	"github.com/cespare/xxhash/v2"
)

// The filters of a segment lie in one region of its file, one per block and one for the
// whole, each a binary fuse filter with 8-bit fingerprints (Graf and Lemire, "Binary Fuse
// Filters", 2022). A probe reads three bytes; the region is checked in pages, so that a
// probe checks what it reads without reading all.

// filterPage is the unit in which the filter region is checked.
const filterPage = 4096

// filterParams is a filter without its fingerprints, which are at Offset in the region.
type filterParams struct {
	Seed                          uint64
	SegmentLength, CountLength    uint32
	SegmentCount, Size, KeysCount uint32
	Offset                        uint64
}

// filterWriter builds filters one after the other.
type filterWriter struct {
	builder xorfilter.BinaryFuseBuilder
	region  []byte
}

func (w *filterWriter) add(keys []uint64) (filterParams, error) {
	p := filterParams{Offset: uint64(len(w.region)), KeysCount: uint32(len(keys))}
	if len(keys) == 0 {
		return p, nil
	}
	f, err := xorfilter.BuildBinaryFuse[uint8](&w.builder, keys)
	if err != nil {
		return p, err
	}
	w.region = append(w.region, f.Fingerprints...)
	p.Seed, p.SegmentLength, p.CountLength = f.Seed, f.SegmentLength, f.SegmentCountLength
	p.SegmentCount, p.Size = f.SegmentCount, uint32(len(f.Fingerprints))
	return p, nil
}

// pageSums are the checksums of the region's pages.
func pageSums(region []byte) []uint32 {
	sums := make([]uint32, 0, len(region)/filterPage+1)
	for len(region) > 0 {
		n := min(filterPage, len(region))
		sums = append(sums, uint32(xxhash.Sum64(region[:n])))
		region = region[n:]
	}
	return sums
}

func (p *filterParams) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, p.Seed)
	for _, v := range []uint32{p.SegmentLength, p.CountLength, p.SegmentCount, p.Size, p.KeysCount} {
		b = binary.AppendUvarint(b, uint64(v))
	}
	return binary.AppendUvarint(b, p.Offset)
}

func (d *decoder) filter() filterParams {
	p := filterParams{Seed: d.u64()}
	for _, v := range []*uint32{&p.SegmentLength, &p.CountLength, &p.SegmentCount, &p.Size, &p.KeysCount} {
		u := d.uvarint()
		if u > 1<<31 {
			d.fail("filter too large")
		}
		*v = uint32(u)
	}
	p.Offset = d.uvarint()
	if p.KeysCount > 0 && uint64(p.Size) < uint64(p.CountLength)+2*uint64(p.SegmentLength) {
		d.fail("filter too short")
	}
	return p
}

// has says whether the filter may hold key. The region is read from r.
func (p *filterParams) has(r *filterReader, key uint64) (bool, error) {
	if p.KeysCount == 0 {
		return false, nil
	}
	hash := mix(key + p.Seed)
	f := byte(hash ^ hash>>32)
	for _, at := range p.places(hash) {
		v, err := r.at(p.Offset + uint64(at))
		if err != nil {
			return false, err
		}
		f ^= v
	}
	return f == 0, nil
}

// filterReader reads single bytes of a filter region through its checked pages.
type filterReader struct {
	file    io.ReaderAt
	base    uint64 // of the region in the file
	size    uint64
	sums    []uint32
	page    [filterPage]byte
	current int64 // number of the page held, plus 1
}

func (r *filterReader) at(off uint64) (byte, error) {
	if off >= r.size {
		return 0, corrupt("filter beyond its region")
	}
	n := off / filterPage
	if r.current != int64(n)+1 {
		r.current = 0
		page := r.page[:min(filterPage, r.size-n*filterPage)]
		if _, err := r.file.ReadAt(page, int64(r.base+n*filterPage)); err != nil {
			return 0, err
		}
		if n >= uint64(len(r.sums)) || uint32(xxhash.Sum64(page)) != r.sums[n] {
			return 0, corrupt("filter page %d: checksum", n)
		}
		r.current = int64(n) + 1
	}
	return r.page[off%filterPage], nil
}

// places are the three fingerprints of a hash.
func (p *filterParams) places(hash uint64) [3]uint32 {
	hi, _ := bits.Mul64(hash, uint64(p.CountLength))
	mask := p.SegmentLength - 1
	first := uint32(hi)
	return [3]uint32{
		first,
		(first + p.SegmentLength) ^ (uint32(hash>>18) & mask),
		(first + 2*p.SegmentLength) ^ (uint32(hash) & mask),
	}
}

// mix is the finalizer of MurmurHash3, with which the filters spread their keys.
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
