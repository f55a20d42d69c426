package catalog

import (
	"cmp"
	"slices"
)

// rarest returns the ids of the templates that have to go when there are more than three
// quarters of Config.MaxTemplates: those with the fewest lines, of these the longest unseen,
// until half is left. One about which people have decided something stays.
func (b *Board) rarest() []string {
	if b.Stats().Templates <= b.cfg.MaxTemplates*3/4 {
		return nil
	}
	sums, _, _ := b.sums(Query{})
	lines := func(id string) Tally {
		if s := sums[id]; s != nil {
			return s.Tally
		}
		return Tally{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for id := range b.templates {
		if b.curations[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(x, y string) int {
		a, b := lines(x), lines(y)
		return cmp.Or(cmp.Compare(a.Lines, b.Lines), cmp.Compare(a.Last, b.Last), cmp.Compare(x, y))
	})
	return ids[:max(0, min(len(ids), len(b.templates)-b.cfg.MaxTemplates/2))]
}
