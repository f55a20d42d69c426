package store

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync/atomic"
)

// blockNumbers is the core column group of a block.
type blockNumbers struct {
	times, observed, offsets, sizes []int64
	flags, severity                 []byte
	service                         stringRefs
	several                         bool          // there are events of several rows
	resolved                        []atomic.Bool // by source: offsets and sizes are what they are
}

func (c *blockNumbers) bytes() int64 {
	return int64(len(c.times)*34 + len(c.service.refs)*4 + len(c.service.dict)*16)
}

// decodeCore reads the core column group.
func (b *Block) decodeCore(data []byte) error {
	d := &decoder{b: data}
	var c blockNumbers
	c.start(d, b.n)
	c.service = decodeStrings(d, b.n)
	return b.keepCore(c, d)
}

// keepCore makes c the block's if it was read to its end.
func (b *Block) keepCore(c blockNumbers, d *decoder) error {
	if d.err == nil && d.off != len(d.b) {
		d.fail("left-over bytes")
	}
	if d.err != nil {
		return d.err
	}
	for _, f := range c.flags {
		c.several = c.several || f&flagContinues != 0
	}
	c.resolved = make([]atomic.Bool, len(b.sources))
	b.sealed.blockNumbers = c
	b.sealed.ready.Store(true)
	if b.sealed.seg == nil { // all lines are there
		return b.resolveAll()
	}
	return nil
}

// start reads all columns of n rows up to the severity.
func (c *blockNumbers) start(d *decoder, n int) {
	all := make([]int64, 4*n)
	c.times, c.observed, c.offsets, c.sizes = all[:n:n], all[n:2*n:2*n], all[2*n:3*n:3*n], all[3*n:]
	d.times(c.times)
	d.times(c.observed)
	d.varints(c.offsets)
	d.varints(c.sizes)
	c.flags, c.severity = d.bytes(uint64(n)), d.bytes(uint64(n))
}

// times reads times as differences in one unit.
func (d *decoder) times(t []int64) {
	unit := int64(d.uvarint())
	d.varints(t)
	last := int64(0)
	for i := range t {
		last += t[i]
		t[i] = last * unit
	}
}

// varints fills v.
func (d *decoder) varints(v []int64) {
	b, at := d.b, d.off
	for i := range v {
		if at < len(b) && b[at] < 0x80 {
			u := uint64(b[at])
			v[i] = int64(u>>1) ^ -int64(u&1)
			at++
			continue
		}
		d.off = at
		v[i] = d.varint()
		at = d.off
	}
	d.off = at
}

// events counts the events of block i.
func (s *segment) events(i int) (int, error) {
	f, err := s.open()
	if err != nil {
		return 0, s.damage(i, err)
	}
	defer f.Close()
	g, n := s.Blocks[i].Groups[groupCore], s.Blocks[i].Rows
	data, err := readGroup(f, g)
	d := &decoder{b: data}
	for _, columns := range []int{1, 1, 2} { // times and observed times, each behind its unit; offsets and sizes
		if columns == 1 {
			d.uvarint()
		}
		d.skipVarints(columns * n)
	}
	flags := d.bytes(uint64(n))
	if err == nil {
		err = d.err
	}
	if err != nil {
		return 0, s.damage(i, fmt.Errorf("numbers at byte %d: %w", g.Offset, err))
	}
	events := n
	for row, flag := range flags {
		if row > 0 && flag&flagContinues != 0 {
			events--
		}
	}
	return events, nil
}

// skipVarints goes behind the next n varints, each of which ends with a byte below 0x80.
func (d *decoder) skipVarints(n int) {
	for ; n >= 8 && len(d.b)-d.off >= 8; d.off += 8 {
		more := binary.LittleEndian.Uint64(d.b[d.off:]) & 0x8080808080808080
		n -= 8 - bits.OnesCount64(more)
	}
	for ; n > 0 && d.off < len(d.b); d.off++ {
		if d.b[d.off] < 0x80 {
			n--
		}
	}
	if n > 0 {
		d.fail("short data")
	}
}
