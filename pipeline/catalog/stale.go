package catalog

import (
	"cmp"
	"slices"
	"time"
)

// crowded says whether the board has so many templates that the rarest have to go.
func (b *Board) crowded() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.templates) > b.cfg.MaxTemplates*3/4
}

// stale returns the ids of templates that can go from the topic: those first seen before a
// time that have no counts, and when the board is crowded the rarest, until half of
// Config.MaxTemplates are left. One about which people have decided something stays.
func (b *Board) stale(before time.Time) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	sums := make(map[string]Tally)
	for _, c := range b.counts {
		for _, tallies := range c.Services {
			for id, t := range tallies {
				sum := sums[id]
				sums[id] = Tally{sum.Lines + t.Lines, max(sum.Last, t.Last)}
			}
		}
	}
	var gone, rest []string
	for id, h := range b.templates {
		_, counted := sums[id]
		switch {
		case b.curations[id] != nil:
		case !counted && h.value.FirstSeen.Before(before):
			gone = append(gone, id)
		default:
			rest = append(rest, id)
		}
	}
	slices.Sort(gone)
	if len(rest) <= b.cfg.MaxTemplates*3/4 {
		return gone
	}
	slices.SortFunc(rest, func(x, y string) int {
		return cmp.Or(cmp.Compare(sums[x].Lines, sums[y].Lines), cmp.Compare(sums[x].Last, sums[y].Last), cmp.Compare(x, y))
	})
	return append(gone, rest[:len(rest)-b.cfg.MaxTemplates/2]...)
}
