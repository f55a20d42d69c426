package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Merging makes few large segments of many small ones: in a large one the lines of a source
// stand together, which makes them smaller, and one term index serves them all. A merged
// segment is committed as any other, and lists those that it was made of: once it is there
// they count no more, and are removed, now or, after a crash, at the next start.
//
// The number of a merged segment is that of the last one that went into it, and above it in
// the higher bits how often its lines were merged: numbers stay in the order of the lines.
const (
	levelShift = 32
	lastMask   = 1<<levelShift - 1
)

func (s *segment) last() uint64  { return s.Number & lastMask }
func (s *segment) level() uint64 { return s.Number >> levelShift }

// rowDecoded is about what is in memory of a decoded row besides its text.
const rowDecoded = 512

// mergeCheck is how often it is looked for days that have passed.
const mergeCheck = time.Minute

var errStopped = errors.New("stopped")

func (s *Store) mergeSoon() {
	select {
	case s.merging <- struct{}{}:
	default:
	}
}

// mergeLoop merges what there is to merge, and takes the lines out of days that retention
// keeps in part, until stop is closed.
func (s *Store) mergeLoop(stop <-chan struct{}) {
	tick := time.NewTicker(mergeCheck)
	defer tick.Stop()
	for {
		select {
		case <-s.merging:
		case <-tick.C:
			s.indexPassed()
		case <-stop:
			return
		}
		// A merge that fails waits for the next check, and does not hold up thinning.
		var failed error
		for more := true; more; {
			if more = false; failed == nil {
				more, failed = s.mergeNext(stop, false)
				s.workFailed(failed)
			}
			if !more {
				var err error
				more, err = s.thinNext(stop)
				s.workFailed(err)
			}
			s.retain() // when there is much to do, it is never without a merge
		}
	}
}

func (s *Store) workFailed(err error) {
	if err != nil && !errors.Is(err, errStopped) {
		s.failed(err)
	}
}

// Merge merges the small segments of every day, also where Run would wait for more, until
// there are none.
func (s *Store) Merge() error {
	for {
		if more, err := s.mergeNext(nil, true); !more || err != nil {
			return err
		}
	}
}

// mergeNext merges one group of segments and reports whether there was one.
func (s *Store) mergeNext(stop <-chan struct{}, all bool) (bool, error) {
	s.mergeMu.Lock()
	defer s.mergeMu.Unlock()
	if err := s.removeUnfinished(); err != nil {
		return false, err
	}
	s.mu.Lock()
	group := s.mergeable(all)
	s.mu.Unlock()
	if group == nil {
		return false, nil
	}
	start := time.Now()
	seg, terms, err := s.writeMerged(group, stop)
	if err != nil && slices.ContainsFunc(group, (*segment).isDamaged) {
		// The damage is reported by the segment that has it, which stays as it is.
		return true, nil
	}
	if err != nil {
		return false, err
	}
	seg.terms.Store(&memTerms{seg.Number, terms})
	err = s.replace(group, seg)
	if s.deps.Merged != nil {
		s.deps.Merged(Merged{
			Segments: len(group), Lines: seg.Rows, BytesBefore: sizeOf(group), DiskBytes: seg.size, Took: time.Since(start),
		})
	}
	return err == nil, err
}

// removeUnfinished removes the files that the merge before has left when it failed: what it
// made may be there, and what it was made of, which only that tells to be gone. Neither must
// be beside what comes now.
func (s *Store) removeUnfinished() error {
	for len(s.unfinished) > 0 {
		if err := s.deps.FS.RemoveAll(s.unfinished[0]); err != nil {
			return err
		}
		s.unfinished = s.unfinished[1:]
	}
	return nil
}

// replace puts a committed segment in the place of those that it was made of.
func (s *Store) replace(group []*segment, seg *segment) error {
	s.mu.Lock()
	at := slices.Index(s.segments, group[0])
	s.segments = slices.Concat(s.segments[:at], []*segment{seg}, s.segments[at+len(group):])
	s.ledger.replace(group, seg)
	if len(seg.Keep) > 0 {
		s.thinned = new(thinnedList)
	}
	s.mu.Unlock()
	s.terms.put(seg)
	for _, g := range group {
		// Views that have it read on from the open file.
		if f, err := os.Open(g.path); err == nil {
			g.merged.Store(f)
		}
		s.unfinished = append(s.unfinished, g.path)
	}
	return s.removeUnfinished() // they do not count; a start would remove them too
}

func sizeOf(group []*segment) (n int64) {
	for _, g := range group {
		n += g.size
	}
	return n
}

// mergeable chooses neighbours of one day and level; the caller holds the lock.
func (s *Store) mergeable(all bool) []*segment {
	today := dayOf(s.deps.Now())
	for i, first := range s.segments {
		end, memory := i, int64(0)
		for ; end < len(s.segments) && end-i < s.cfg.MergeSegments && s.fits(end-i, memory); end++ {
			seg := s.segments[end]
			if seg.day != first.day || seg.level() != first.level() || !s.small(seg) || seg.isDamaged() || !slices.EqualFunc(seg.Keep, first.Keep, slices.Equal) {
				break
			}
			memory += seg.blockMemory()
		}
		n := end - i
		if full := n == s.cfg.MergeSegments || !s.fits(n, memory); full || n > 1 && (all || first.day < today) {
			return s.segments[i:end]
		}
	}
	return nil
}

// fits says that one more segment may be merged with n whose blocks take so much memory.
func (s *Store) fits(n int, memory int64) bool { return n < 2 || memory < s.cfg.MergeMemory }

// blockMemory is about what a block of the segment takes in memory, all decoded: its text, which
// fields and rows refer to, and what is kept of each row.
func (s *segment) blockMemory() int64 {
	rows := int64(0)
	for i := range s.Blocks {
		rows = max(rows, int64(s.Blocks[i].Rows))
	}
	return rows * (rowDecoded + 3*s.Bytes/max(s.Rows, 1))
}

func (s *Store) small(seg *segment) bool {
	return seg.version > 1 && // in the same order
		seg.Rows < int64(s.cfg.MergeLines) && seg.Bytes < s.cfg.MergeBytes
}

// waits says that a segment will soon be merged: till then its terms stay in memory.
func (s *Store) waits(seg *segment) bool {
	return seg.level() == 0 && s.small(seg) && seg.day >= dayOf(s.deps.Now())
}

// indexPassed has the terms indexed of what waited to be merged when its day has passed.
func (s *Store) indexPassed() {
	s.mu.Lock()
	segments := s.segments
	s.mu.Unlock()
	for _, seg := range segments {
		if seg.terms.Load() != nil && !s.waits(seg) {
			s.terms.put(seg)
		}
	}
}

func (s *segment) isDamaged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.damaged) > 0
}

// writeMerged commits the segment that takes the place of a group.
func (s *Store) writeMerged(group []*segment, stop <-chan struct{}) (*segment, []blockTerms, error) {
	f := mergedFooter(group)
	m := newMerger(group, s.cfg.BlockLines)
	f.Runs = m.joined()
	return s.rewrite(group[0].day, &f, func(put func(*row)) (int, error) {
		if err := s.giveWay(stop); err != nil {
			return 0, err
		}
		return m.next(put)
	})
}

// mergedFooter is what a segment takes over from those that it is made of, but for its runs.
func mergedFooter(group []*segment) footer {
	newest := group[len(group)-1]
	f := footer{Created: newest.Created, Offsets: make(map[int]int64), Keep: newest.Keep}
	level := uint64(0)
	for _, seg := range group {
		level = max(level, seg.level()+1)
		f.Merged = append(f.Merged, seg.Number)
		f.Rows += seg.Rows
		f.Bytes += seg.Bytes
		f.Gaps = append(f.Gaps, seg.Gaps...)
		maps.Copy(f.Offsets, seg.Offsets)
	}
	f.Number = level<<levelShift | newest.last()
	return f
}

// rewrite commits a segment of lines that others have.
func (s *Store) rewrite(day string, f *footer, rows rowSource) (*segment, []blockTerms, error) {
	if s.rebuild == nil {
		var err error
		if s.rebuild, err = newBuilder(s.deps.FS, zstd.SpeedBetterCompression); err != nil {
			return nil, nil, err
		}
	}
	dir := s.dayDir(day)
	seg, terms, err := s.rebuild.write(dir, day, f, rows)
	if err != nil {
		path := segmentPath(dir, f.Number)
		s.unfinished = append(s.unfinished, path)
		// The room that it takes is given back; a start would do it too.
		return nil, nil, errors.Join(err, s.deps.FS.RemoveAll(path+tmpSuffix))
	}
	return seg, terms, nil
}

// giveWay waits while lines wait for room in the head, and fails when stop is closed.
func (s *Store) giveWay(stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return errStopped
		default:
		}
		s.mu.Lock()
		room, waiting := s.room, s.waiting > 0 && s.fault == nil
		s.mu.Unlock()
		if !waiting {
			return nil
		}
		select {
		case <-stop:
			return errStopped
		case <-room:
		}
	}
}

// dropMerged leaves out the segments that were merged into others, and removes what a crash
// has left of them; also of a commit that failed at its last step and was repeated on a later
// day: it was merged there.
func (s *Store) dropMerged() error {
	gone := make(map[uint64]string) // the folder of what takes their place
	for _, seg := range s.segments {
		for _, n := range seg.Merged {
			gone[n] = filepath.Dir(seg.path)
		}
	}
	left := make(map[string]string)
	drop := func(path string, number uint64) bool {
		dir, ok := gone[number]
		if ok {
			left[path] = dir
		}
		return ok
	}
	s.damaged = slices.DeleteFunc(s.damaged, func(d Damage) bool {
		n, ok := numberOf(filepath.Base(d.File))
		return ok && drop(d.File, n)
	})
	s.segments = slices.DeleteFunc(s.segments, func(seg *segment) bool { return drop(seg.path, seg.Number) })
	for path, dir := range left {
		// That which takes its place was found, which does not say that it is durable.
		if err := s.deps.FS.SyncDir(dir); err != nil {
			return fmt.Errorf("remove merged segment: %w", err)
		}
		if err := s.deps.FS.RemoveAll(path); err != nil {
			return fmt.Errorf("remove merged segment: %w", err)
		}
	}
	return nil
}
