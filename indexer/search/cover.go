package search

import "time"

// Coverage tells how complete the store is. It looks at what is in memory only.
func (s *Searcher) Coverage() Coverage {
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
	for _, src := range s.store.Sources() {
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
