package store

import "math/bits"

// Bits is a set of a part's blocks.
type Bits []uint64

func allBits(n int) Bits {
	b := make(Bits, (n+63)/64)
	for i := range n {
		b[i/64] |= 1 << (i % 64)
	}
	return b
}

// Has says whether block i is in.
func (b Bits) Has(i int) bool { return i/64 < len(b) && b[i/64]>>(i%64)&1 != 0 }

func (b Bits) empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

func (b Bits) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b Bits) and(o []uint64) Bits {
	out := make(Bits, len(b))
	for i := range out {
		if i < len(o) {
			out[i] = b[i] & o[i]
		}
	}
	return out
}

func (b Bits) or(o []uint64) Bits {
	out := append(Bits(nil), b...)
	for i := range out {
		if i < len(o) {
			out[i] |= o[i]
		}
	}
	return out
}
