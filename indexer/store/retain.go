package store

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"time"
)

// markAge is how long the marks of a source outlive its newest line, in retention periods
// or, without retention by age, from defaultMarkAge: they tell a line that comes again.
const (
	markAge        = 3
	defaultMarkAge = 90 * 24 * time.Hour
)

// Retain removes the days of indexing that are too old, and the oldest ones while the
// store is too large; never today. The offsets and marks that only those days tell are
// first committed in a segment of today.
func (s *Store) Retain() error {
	s.mergeMu.Lock()
	defer s.mergeMu.Unlock()
	return s.removeOld()
}

// removeOld is Retain while no merge runs; the caller holds mergeMu.
func (s *Store) removeOld() error {
	s.sealMu.Lock()
	defer s.sealMu.Unlock()
	now := s.deps.Now()
	s.mu.Lock()
	segments := s.segments
	s.mu.Unlock()
	victims, err := s.victims(now)
	if err != nil || len(victims) == 0 {
		return err
	}
	if err := s.carry(now, segments, victims); err != nil {
		return err
	}
	for _, day := range slices.Sorted(maps.Keys(victims)) {
		if err := s.removeDay(day); err != nil {
			return err
		}
	}
	return nil
}

// victims chooses the days to remove, by their folders: what cannot be read in them, or was
// left there, takes room too.
func (s *Store) victims(now time.Time) (map[string]bool, error) {
	folders, err := os.ReadDir(s.daysDir())
	if err != nil {
		return nil, fmt.Errorf("list the days: %w", err)
	}
	size := make(map[string]int64)
	var total, terms int64
	for _, f := range folders {
		day := f.Name()
		if _, err := time.Parse(time.DateOnly, day); err != nil || !f.IsDir() {
			continue
		}
		n := dirSize(filepath.Join(s.dayDir(day), termDir))
		terms += n
		size[day] = dirSize(s.dayDir(day)) + n
		total += size[day]
	}
	s.mu.Lock()
	s.termBytes = terms
	s.mu.Unlock()
	out := make(map[string]bool)
	today := dayOf(now)
	for _, day := range slices.Sorted(maps.Keys(size)) {
		if day >= today {
			break
		}
		start, err := time.Parse(time.DateOnly, day)
		if err != nil {
			continue
		}
		old := s.cfg.RetainAge > 0 && now.Sub(start.AddDate(0, 0, 1)) >= s.cfg.RetainAge
		large := s.cfg.RetainBytes > 0 && total > s.cfg.RetainBytes
		if !old && !large {
			break
		}
		out[day] = true
		total -= size[day]
	}
	return out, nil
}

// carry commits what only the victims tell. Everything it writes was committed before:
// marks of lines in the head are not in any segment and must not get into this one.
func (s *Store) carry(now time.Time, segments []*segment, victims map[string]bool) error {
	type key struct {
		source     string
		generation uint64
	}
	type mark struct {
		run    Run
		victim bool
	}
	marks := make(map[key]mark)
	offsets := make(map[int]int64)
	newestGoes := false
	for _, seg := range segments {
		for _, r := range seg.Runs {
			marks[key{r.Source, r.Generation}] = mark{r, victims[seg.day]}
		}
		maps.Copy(offsets, seg.Offsets)
		newestGoes = victims[seg.day]
	}
	keep := markAge * s.cfg.RetainAge
	if keep == 0 {
		keep = defaultMarkAge
	}
	var runs []Run
	for _, m := range marks {
		r := m.run
		if !m.victim || now.Sub(time.Unix(0, r.MaxObserved)) > keep {
			continue
		}
		r.FirstLine, r.FirstSeq = r.FirstLine+r.Covers(), r.EndSeq()
		r.FirstOffset, r.FirstRow, r.Rows, r.Kept = r.NextOffset, 0, 0, nil
		runs = append(runs, r)
	}
	if len(runs) == 0 && !newestGoes {
		return nil
	}
	// Generations of a source in the order in which they came.
	sort.Slice(runs, func(a, b int) bool {
		if runs[a].Source != runs[b].Source {
			return runs[a].Source < runs[b].Source
		}
		return runs[a].FirstSeq < runs[b].FirstSeq
	})
	s.mu.Lock()
	number := s.next
	s.mu.Unlock()
	seg, _, err := s.commit(footer{Number: number, Runs: runs, Offsets: offsets}, (&headView{}).blocksOf(nil, 1))
	if err != nil {
		return fmt.Errorf("keep marks of removed days: %w", err)
	}
	s.mu.Lock()
	s.addSegment(seg)
	s.mu.Unlock()
	return nil
}

func (s *Store) removeDay(day string) error {
	s.mu.Lock()
	var keep []*segment
	removed := 0
	for _, seg := range s.segments {
		if seg.day != day {
			keep = append(keep, seg)
			continue
		}
		seg.retired.Store(true)
		s.ledger.remove(&seg.footer)
		removed++
	}
	s.segments = keep
	s.damaged = slices.DeleteFunc(s.damaged, func(d Damage) bool { return filepath.Dir(d.File) == s.dayDir(day) })
	s.mu.Unlock()
	s.dropTermIndex(day)
	// The rename makes the removal one step: what a crash leaves is removed at the start.
	dead := s.dayDir(day) + deadDay
	if err := s.deps.FS.Rename(s.dayDir(day), dead); err != nil {
		return fmt.Errorf("remove day %s: %w", day, err)
	}
	if err := s.deps.FS.RemoveAll(dead); err != nil {
		return fmt.Errorf("remove day %s: %w", day, err)
	}
	if s.deps.Removed != nil {
		s.deps.Removed(day, removed)
	}
	return nil
}

// dirSize is what the files of a folder take; 0 for one that is not there.
func dirSize(dir string) int64 {
	files, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	var n int64
	for _, f := range files {
		if info, err := f.Info(); err == nil && !info.IsDir() {
			n += info.Size()
		}
	}
	return n
}
