package store

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"foghorn/pipeline/query"
)

// Thinning takes the lines that no rule keeps out of the segments of a day whose age is
// over. It is done as a merge is, and at the same place: the segments of a group are judged
// block by block, and then one takes their place that has the lines which are left, lists
// those that it was made of and says in its footer what was kept. Before its commit they
// count, after it they do not. What is left has the offsets and numbers that it had.
//
// A segment with a block that cannot be read stays as it is, until its day goes whole.

// Removed describes lines that retention has removed.
type Removed struct {
	Day    string
	Reason Reason
	// Segments are those that were removed, or were thinned.
	Segments int
	// Lines and Bytes count raw lines; of files that could not be read they are not known.
	Lines, Bytes int64
	// DiskBytes is the room that was won.
	DiskBytes int64
	Took      time.Duration
}

// Reason is why retention removed lines.
type Reason string

// The reasons of retention.
const (
	// ByAge is for days whose ages are all over.
	ByAge Reason = "age"
	// BySize is for days that went because the store was too large.
	BySize Reason = "size"
	// ByQuery is for the lines of a day that no rule keeps.
	ByQuery Reason = "query"
)

// Bounds of what is thinned at a time, besides the number of segments that is merged.
const (
	thinLines = 1 << 20
	// maxLevel is bounded by the ids of the term index.
	maxLevel = 255
)

// errChanged says that other rules were set, which may keep more.
var errChanged = errors.New("retention was changed")

// thinNext thins one group of segments and reports whether there was one.
func (s *Store) thinNext(stop <-chan struct{}) (bool, error) {
	s.mergeMu.Lock()
	defer s.mergeMu.Unlock()
	err := s.removeUnfinished()
	var group []*segment
	if err == nil {
		var rules []KeepRule
		s.mu.Lock()
		changes := s.changes
		if group, rules = s.thinnable(s.deps.Now()); group == nil {
			s.thinFault = nil
		}
		s.mu.Unlock()
		if group == nil {
			return false, nil
		}
		err = s.thin(group, rules, func() error {
			if err := s.giveWay(stop); err != nil {
				return err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.changes != changes {
				return errChanged
			}
			return nil
		})
	}
	if errors.Is(err, errChanged) {
		return true, nil
	}
	if err != nil && slices.ContainsFunc(group, (*segment).unreadable) {
		// The damage is reported by the segment that has it, which is left out from now on.
		return true, nil
	}
	if errors.Is(err, errStopped) {
		return false, err
	}
	s.mu.Lock()
	s.thinFault = err
	s.mu.Unlock()
	return err == nil, err
}

// thinnable chooses neighbours of one day in which lines are left that no rule keeps; the
// caller holds the lock.
func (s *Store) thinnable(now time.Time) ([]*segment, []KeepRule) {
	if len(s.retention.RetainKeep) == 0 {
		return nil, nil
	}
	today := dayOf(now)
	for i := 0; i < len(s.segments); {
		first := s.segments[i]
		var rules []KeepRule
		if first.day < today && s.retention.due(first.day, now) {
			rules = s.retention.inForce(first.day, now)
		}
		texts := textsOf(rules)
		for ; i < len(s.segments) && s.segments[i].day == first.day; i++ {
			if len(rules) == 0 { // the day stays, or goes whole
				continue
			}
			end, lines, memory := i, int64(0), int64(0)
			for ; end < len(s.segments) && end-i < s.cfg.MergeSegments && s.fits(end-i, memory); end++ {
				seg := s.segments[end]
				lines += seg.Rows
				memory += seg.blockMemory()
				if seg.day != first.day || seg.keptBy(texts) || seg.unreadable() || seg.level() >= maxLevel ||
					end > i && (lines > thinLines || !slices.EqualFunc(seg.Keep, s.segments[i].Keep, slices.Equal)) {
					break
				}
			}
			if end > i {
				return s.segments[i:end], rules
			}
		}
	}
	return nil, nil
}

// unreadable says that a block is known to be damaged.
func (s *segment) unreadable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.damaged {
		if i >= 0 {
			return true
		}
	}
	return false
}

// thin puts one segment with the lines that rules keep in the place of a group.
func (s *Store) thin(group []*segment, rules []KeepRule, pause func() error) error {
	start := time.Now()
	nodes := make([]query.Node, 0, len(rules))
	for _, r := range rules {
		nodes = append(nodes, r.Query)
	}
	group, err := s.withRoom(group)
	if err != nil {
		return fmt.Errorf("thin day %s: %w", group[0].day, err)
	}
	t := newThinner(group, s.cfg.BlockLines, pause)
	t.match = query.Compile(query.Or{Nodes: nodes})
	before := mergedFooter(group)
	f := before
	f.Keep = thinnedTo(f.Keep, textsOf(rules))
	seg, terms, err := s.rewrite(group[0].day, &f, func(put func(*row)) (int, error) {
		n, err := t.next(put)
		if n == 0 && err == nil { // the footer is written next
			f.Runs, f.Rows, f.Bytes = t.runs, t.rows, t.bytes
		}
		return n, err
	})
	if err != nil {
		return err
	}
	if len(seg.Blocks) > 0 {
		seg.terms.Store(&memTerms{seg.Number, terms})
	}
	err = s.replace(group, seg)
	if s.deps.Removed != nil {
		s.deps.Removed(Removed{
			Day: seg.day, Reason: ByQuery, Segments: len(group), Lines: before.Rows - f.Rows, Bytes: before.Bytes - f.Bytes,
			DiskBytes: sizeOf(group) - seg.size, Took: time.Since(start),
		})
	}
	return err
}

// withRoom returns as many of a group's first segments as the disk has room for, if all of
// their lines were left, beside the next segment of new lines, which goes before. It fails
// when not even one of them has room.
func (s *Store) withRoom(group []*segment) ([]*segment, error) {
	free, err := s.deps.FS.Free(s.daysDir())
	if err != nil {
		return group, fmt.Errorf("ask for the room on the disk: %w", err)
	}
	for len(group) > 1 && free < s.cfg.SegmentBytes+sizeOf(group) {
		group = group[:len(group)-1]
	}
	if want := s.cfg.SegmentBytes + sizeOf(group); free < want {
		return group, fmt.Errorf("%d bytes are free on the disk, want %d", free, want)
	}
	return group, nil
}
