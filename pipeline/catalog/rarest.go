package catalog

import (
	"cmp"
	"slices"
)

// rarest returns the ids of the templates that have to go when there are more than three
// quarters of Config.MaxTemplates: those with the fewest lines, of these the longest unseen,
// until half is left. One about which people have decided something stays.
func (b *Board) rarest() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.templates) <= b.cfg.MaxTemplates*3/4 {
		return nil
	}
	sums := make(map[string]Tally)
	for _, c := range b.counts {
		for _, tallies := range c.Services {
			for id, t := range tallies {
				sum := sums[id]
				sums[id] = Tally{sum.Lines + t.Lines, max(sum.Last, t.Last)}
			}
		}
	}
	var ids []string
	for id := range b.templates {
		if b.curations[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(x, y string) int {
		return cmp.Or(cmp.Compare(sums[x].Lines, sums[y].Lines), cmp.Compare(sums[x].Last, sums[y].Last), cmp.Compare(x, y))
	})
	return ids[:min(len(ids), len(b.templates)-b.cfg.MaxTemplates/2)]
}
