package identity

import (
	"math"
	"slices"
)

// trailMax is how many Prints a Trail keeps.
const trailMax = 32

// Trail is Prints of lines of one content, in the order of their offsets: by them a copy
// is known that ends before what was read. It keeps a few, the newer the denser.
type Trail []Print

// Add takes the Print of a line behind all others.
func (t *Trail) Add(p Print) {
	if n := len(*t); p.Len == 0 || n > 0 && p.Offset < (*t)[n-1].End() {
		return
	}
	if len(*t) == trailMax {
		i := t.dispensable(p)
		*t = slices.Delete(*t, i, i+1)
	}
	*t = append(*t, p)
}

// dispensable is the Print that leaves the smallest gap, in proportion to its distance to
// the newest one.
func (t Trail) dispensable(newest Print) (best int) {
	least := math.Inf(1)
	for i := 1; i < len(t)-1; i++ {
		gap := float64(t[i+1].Offset-t[i-1].Offset) / float64(newest.Offset-t[i].Offset)
		if gap < least {
			best, least = i, gap
		}
	}
	return best
}

// Last returns the newest n.
func (t Trail) Last(n int) Trail { return slices.Clone(t[max(0, len(t)-n):]) }

// UpTo returns the newest Print that lies in the first size bytes; the zero Print where
// none does.
func (t Trail) UpTo(size int64) Print {
	for i := len(t) - 1; i >= 0; i-- {
		if t[i].End() <= size {
			return t[i]
		}
	}
	return Print{}
}
