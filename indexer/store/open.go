package store

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	index "github.com/blevesearch/bleve_index_api"
	"github.com/gofrs/flock"
	"github.com/klauspost/compress/zstd"
)

// Names in the store's folder.
const (
	lockFile  = "LOCK"
	daysDir   = "days"
	termDir   = "terms"    // of a day
	deadDay   = ".removed" // ending of a day's folder that is being removed
	tmpSuffix = ".tmp"
	segSuffix = ".seg"
)

func (s *Store) daysDir() string          { return filepath.Join(s.cfg.Dir, daysDir) }
func (s *Store) dayDir(day string) string { return filepath.Join(s.cfg.Dir, daysDir, day) }

// Open locks the folder and reads what is committed in it. A segment that cannot be read
// is reported by Damaged and left out. Run must be started for lines to be committed, and
// Close called after Run returned.
func Open(cfg Config, deps Deps) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.FS == nil {
		deps.FS = OS{}
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	s := &Store{
		cfg: cfg, deps: deps, retention: cfg.Retention,
		ledger: newLedger(), head: newHead(), days: make(map[string]*termIndex),
		offsets: make(map[int]int64), next: 1,
		thinned: new(thinnedList), room: make(chan struct{}), wake: make(chan struct{}, 1), merging: make(chan struct{}, 1), tails: make(map[*follower]struct{}),
		terms: termQueue{wake: make(chan struct{}, 1)},
	}
	if err := os.MkdirAll(s.daysDir(), 0o750); err != nil {
		return nil, fmt.Errorf("make the store's folder: %w", err)
	}
	s.lock = flock.New(filepath.Join(cfg.Dir, lockFile))
	ok, err := s.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", s.lock.Path(), err)
	}
	if !ok {
		return nil, fmt.Errorf("open store %s: %w", cfg.Dir, ErrLocked)
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.lock.Unlock())
	}
	if s.build, err = newBuilder(deps.FS, zstd.SpeedDefault); err != nil {
		return nil, errors.Join(err, s.lock.Unlock())
	}
	s.queue = index.NewAnalysisQueue(1)
	for i := len(s.segments) - 1; i >= 0; i-- { // newest first
		s.terms.put(s.segments[i])
	}
	s.mergeSoon()
	return s, nil
}

// load opens all segments and rebuilds what they commit.
func (s *Store) load() error {
	days, err := os.ReadDir(s.daysDir())
	if err != nil {
		return fmt.Errorf("read the store's folder: %w", err)
	}
	for _, d := range days {
		dir := filepath.Join(s.daysDir(), d.Name())
		if strings.HasSuffix(d.Name(), deadDay) { // a crash came while it was removed
			if err := s.deps.FS.RemoveAll(dir); err != nil {
				return fmt.Errorf("remove old day: %w", err)
			}
			continue
		}
		if _, err := time.Parse(time.DateOnly, d.Name()); err != nil || !d.IsDir() {
			continue
		}
		if err := s.loadDay(dir, d.Name()); err != nil {
			return err
		}
	}
	slices.SortFunc(s.segments, func(a, b *segment) int {
		return cmp.Or(cmp.Compare(a.last(), b.last()), cmp.Compare(a.Number, b.Number), cmp.Compare(b.day, a.day))
	})
	if err := s.dropMerged(); err != nil {
		return err
	}
	// A commit that failed at its last step may have left its file, and was repeated on a
	// later day under its number: that one counts.
	s.segments = slices.CompactFunc(s.segments, func(a, b *segment) bool { return a.Number == b.Number })
	// Marks that retention kept are of lines before all others, and must not go for newer ones.
	for _, seg := range s.segments {
		for i := range seg.Runs {
			if r := &seg.Runs[i]; r.Covers() == 0 {
				s.ledger.restore(&footer{Runs: seg.Runs[i : i+1]})
			}
		}
	}
	for _, seg := range s.segments {
		s.ledger.restore(&seg.footer)
		for p, o := range seg.Offsets {
			s.offsets[p] = o
		}
	}
	return nil
}

func (s *Store) loadDay(dir, day string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read day %s: %w", day, err)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		switch {
		case strings.HasSuffix(f.Name(), tmpSuffix): // a crash came before its commit
			if err := s.deps.FS.RemoveAll(path); err != nil {
				return fmt.Errorf("remove uncommitted segment: %w", err)
			}
		case strings.HasSuffix(f.Name(), segSuffix):
			number, ok := numberOf(f.Name())
			if !ok {
				continue
			}
			s.next = max(s.next, number&lastMask+1)
			seg, err := openSegment(path, day)
			if err == nil && seg.Number != number {
				err = corrupt("%s says that it is segment %d", path, seg.Number)
			}
			if err != nil {
				s.damaged = append(s.damaged, Damage{File: path, Reason: err.Error()})
				continue
			}
			s.segments = append(s.segments, seg)
		}
	}
	return nil
}

// numberOf returns the number that a segment's file is named by.
func numberOf(file string) (number uint64, ok bool) {
	_, err := fmt.Sscanf(file, "%d"+segSuffix, &number)
	return number, err == nil
}

// closeWait is how long Close waits for Bleve to write; what it did not is indexed again.
const closeWait = 5 * time.Second

// Close releases the folder. What was not sealed is not kept: Run seals it before it
// returns. It must not be called while Run runs.
func (s *Store) Close() error {
	s.mu.Lock()
	days := s.days
	s.days = make(map[string]*termIndex)
	s.mu.Unlock()
	var errs []error
	for day, t := range days {
		if err := t.close(closeWait); err != nil {
			errs = append(errs, fmt.Errorf("close term index of %s: %w", day, err))
		}
	}
	s.queue.Close()
	errs = append(errs, s.lock.Unlock())
	return errors.Join(errs...)
}
