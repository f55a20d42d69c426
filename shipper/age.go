package shipper

import (
	"slices"
	"time"
)

// maxGrowths bounds what is remembered of how a file grew.
const maxGrowths = 32

// ages knows since when the bytes of a file are there.
type ages struct {
	grown []growth // rising in both
}

// growth says that the bytes up to size, from those of the growth before, were there at.
type growth struct {
	size int64
	at   time.Time
}

// grew takes note of a size. When there are many, neighbours are merged, and bytes then
// count as older than they are.
func (a *ages) grew(size int64, at time.Time) {
	if n := len(a.grown); n > 0 && size <= a.grown[n-1].size {
		return
	}
	if len(a.grown) == maxGrowths {
		kept := a.grown[:0]
		for i := 0; i < maxGrowths; i += 2 {
			kept = append(kept, growth{size: a.grown[i+1].size, at: a.grown[i].at})
		}
		a.grown = kept
	}
	a.grown = append(a.grown, growth{size: size, at: at})
}

// since returns since when the byte at offset is there; zero where there is none. What
// lies before it is forgotten.
func (a *ages) since(offset int64) time.Time {
	i := slices.IndexFunc(a.grown, func(g growth) bool { return g.size > offset })
	if i < 0 {
		a.grown = a.grown[:0]
		return time.Time{}
	}
	a.grown = slices.Delete(a.grown, 0, i)
	return a.grown[0].at
}
