package search

import (
	"cmp"
	"slices"
	"time"

	"foghorn/indexer/store"
)

// Coverage tells how complete the store is. It looks at what is in memory only.
func (s *Searcher) Coverage() Coverage {
	c := s.coverage(s.store.Sources())
	for _, t := range s.store.Thinned() {
		c.Thinned = append(c.Thinned, thinnedOf(t))
	}
	return c
}

// Incomplete is Coverage without the sources and partitions that are complete, and without
// what retention has thinned, which the summary of a search tells. It costs what it tells,
// however many sources there are.
func (s *Searcher) Incomplete() Coverage {
	c := s.coverage(s.store.Incomplete())
	c.Partitions = slices.DeleteFunc(c.Partitions, func(p PartitionCoverage) bool { return p.Lag <= 0 && p.RawLag <= 0 })
	return c
}

func (s *Searcher) coverage(sources []store.Source) Coverage {
	st := s.store.Stats()
	c := Coverage{
		Lines: st.Lines, Bytes: st.Bytes, DiskBytes: st.DiskBytes,
		Sources: []SourceCoverage{}, Partitions: []PartitionCoverage{}, // lists in JSON, also where they are empty
	}
	if s.deps.Progress != nil {
		var partitions []PartitionCoverage
		partitions, c.IndexedUntil = s.deps.Progress()
		c.Partitions = append(c.Partitions, partitions...)
	}
	for _, src := range sources {
		if src.Lines == 0 {
			continue
		}
		c.Sources = append(c.Sources, SourceCoverage{
			Source: src.ID, Host: src.Host, Path: src.Path, Generations: src.Generations, Generation: src.Generation,
			NextOffset: src.Next, Lines: src.Lines, LastEvent: time.Unix(0, src.LastEvent).UTC(),
			LastObserved: time.Unix(0, src.LastObserved).UTC(), Missing: src.Missing,
		})
	}
	for _, g := range s.store.Gaps() {
		c.Gaps = append(c.Gaps, Gap(g))
	}
	for _, d := range s.store.Damaged() {
		c.Damaged = append(c.Damaged, Damage(d))
	}
	for _, p := range c.Partitions {
		c.LagRecords += p.Lag + p.RawLag
	}
	// Before every partition was heard of, nothing is known to be complete.
	known := s.deps.Progress == nil || !c.IndexedUntil.IsZero()
	c.Complete = known && c.LagRecords == 0 && len(c.Gaps) == 0 && len(c.Damaged) == 0
	return c
}

func thinnedOf(t store.Thinned) Thinned {
	return Thinned{
		Source: t.Source, Query: t.Query, From: time.Unix(0, t.From).UTC(), Until: time.Unix(0, t.Until).UTC(), Lines: t.Lines,
	}
}

// thinned adds up, by query, what retention has thinned that may concern the request: all
// sources, but only those ranges that its times reach into.
func (w *work) thinned() (out []Thinned) {
	var sums []store.Thinned
	for _, t := range w.s.store.Thinned() {
		if t.Until < w.since || t.From >= w.until {
			continue
		}
		i := slices.IndexFunc(sums, func(sum store.Thinned) bool { return sum.Query == t.Query })
		if i < 0 {
			t.Source = ""
			sums = append(sums, t)
			continue
		}
		sum := &sums[i]
		sum.Lines += t.Lines
		sum.From, sum.Until = min(sum.From, t.From), max(sum.Until, t.Until)
	}
	slices.SortFunc(sums, func(a, b store.Thinned) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Query, b.Query))
	})
	for _, sum := range sums {
		out = append(out, thinnedOf(sum))
	}
	return out
}
