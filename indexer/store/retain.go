package store

import (
	"errors"
	"fmt"
	"maps"
	"math"
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

// Retain does what retention asks for now. First the lines that no rule keeps are taken out
// of days whose age is over. Then the days are removed of which nothing is to be kept any
// more, and the oldest ones while the store is too large; never today. The offsets and marks
// that only those days tell are first committed in a segment of today.
func (s *Store) Retain() error {
	more, err := true, error(nil)
	for more && err == nil {
		more, err = s.thinNext(nil)
	}
	s.mergeMu.Lock()
	defer s.mergeMu.Unlock()
	return errors.Join(err, s.removeOld())
}

// victim is a day that is to be removed.
type victim struct {
	reason Reason
	size   int64 // on disk
}

// removeOld removes whole days while no merge runs; the caller holds mergeMu.
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
		// A disk without any room: the days' term indexes, which are derived, make some.
		for day := range victims {
			s.dropTermIndex(day)
			if err := s.deps.FS.RemoveAll(filepath.Join(s.dayDir(day), termDir)); err != nil {
				return err
			}
		}
		if err := s.carry(now, segments, victims); err != nil {
			return err
		}
	}
	for _, day := range slices.Sorted(maps.Keys(victims)) {
		if err := s.removeDay(day, victims[day]); err != nil {
			return err
		}
	}
	return nil
}

// victims chooses the days to remove, by their folders: what cannot be read in them, or was
// left there, takes room too.
func (s *Store) victims(now time.Time) (map[string]victim, error) {
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
	defer s.mu.Unlock()
	s.termBytes = terms
	r := &s.retention
	// What no rule keeps goes first, unless that does not help: then the disk may be full.
	group, _ := s.thinnable(now)
	thinning := group != nil && s.thinFault == nil && s.fault == nil
	out := make(map[string]victim)
	for _, day := range slices.Sorted(maps.Keys(size)) {
		if day >= dayOf(now) {
			break
		}
		old := r.due(day, now) && (len(r.inForce(day, now)) == 0 || s.nothingLeft(day))
		large := r.RetainBytes > 0 && total > r.RetainBytes && !thinning
		switch {
		case old:
			out[day] = victim{ByAge, size[day]}
		case large:
			out[day] = victim{BySize, size[day]}
		default:
			continue
		}
		total -= size[day]
	}
	return out, nil
}

// nothingLeft says that no line of a day is left, nor may be in what cannot be read; the
// caller holds the lock.
func (s *Store) nothingLeft(day string) bool {
	return !slices.ContainsFunc(s.segments, func(seg *segment) bool { return seg.day == day && seg.Rows > 0 }) &&
		!slices.ContainsFunc(s.damaged, func(d Damage) bool { return filepath.Dir(d.File) == s.dayDir(day) })
}

// carry commits what only the victims tell. Everything it writes was committed before:
// marks of lines in the head are not in any segment and must not get into this one.
func (s *Store) carry(now time.Time, segments []*segment, victims map[string]victim) error {
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
			_, goes := victims[seg.day]
			marks[key{r.Source, r.Generation}] = mark{r, goes}
		}
		maps.Copy(offsets, seg.Offsets)
		_, newestGoes = victims[seg.day]
	}
	s.mu.Lock()
	for k := range marks { // older generations than those that tell lines are of no use
		if !slices.ContainsFunc(s.ledger.sources[k.source].generations, func(g generation) bool { return g.id == k.generation }) {
			delete(marks, k)
		}
	}
	keep := markAge * min(s.retention.longest(), math.MaxInt64/markAge)
	number := s.next
	s.mu.Unlock()
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
	seg, _, err := s.commit(footer{Number: number, Runs: runs, Offsets: offsets}, (&headView{}).blocksOf(nil, 1))
	if err != nil {
		return fmt.Errorf("keep marks of removed days: %w", err)
	}
	s.mu.Lock()
	s.addSegment(seg)
	s.mu.Unlock()
	return nil
}

func (s *Store) removeDay(day string, v victim) error {
	start := time.Now()
	s.mu.Lock()
	var keep []*segment
	gone := Removed{Day: day, Reason: v.reason, DiskBytes: v.size}
	for _, seg := range s.segments {
		if seg.day != day {
			keep = append(keep, seg)
			continue
		}
		seg.retired.Store(true)
		s.ledger.remove(&seg.footer)
		gone.Segments++
		gone.Lines += seg.Rows
		gone.Bytes += seg.Bytes
	}
	s.segments = keep
	s.thinned = new(thinnedList)
	s.damaged = slices.DeleteFunc(s.damaged, func(d Damage) bool { return filepath.Dir(d.File) == s.dayDir(day) })
	s.mu.Unlock()
	s.dropTermIndex(day)
	// The rename makes the removal one step: what a crash leaves is removed at the start.
	dead := s.dayDir(day) + deadDay
	if err := s.deps.FS.RemoveAll(dead); err != nil { // of a removal that failed half way
		return fmt.Errorf("remove day %s: %w", day, err)
	}
	if err := s.deps.FS.Rename(s.dayDir(day), dead); err != nil {
		return fmt.Errorf("remove day %s: %w", day, err)
	}
	if err := s.deps.FS.RemoveAll(dead); err != nil {
		return fmt.Errorf("remove day %s: %w", day, err)
	}
	if s.deps.Removed != nil {
		gone.Took = time.Since(start)
		s.deps.Removed(gone)
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
