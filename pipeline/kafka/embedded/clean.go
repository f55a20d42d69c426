package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// compactEvery says at how many cleanings compaction runs once: it rewrites a topic.
const compactEvery = 30

// clean calls retention and, less often, compaction until the broker stops. Faults are
// those of the disk; the next round tries again, and Close reports what lasts.
func (b *Broker) clean(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for round := 1; ; round++ {
		select {
		case <-b.stop:
			return
		case <-ticker.C:
		}
		if b.noteEnds() != nil {
			continue // removing records without a note of their offsets could lose the place
		}
		b.cluster.ApplyRetention()
		if round%compactEvery == 0 {
			_ = b.compact()
		}
	}
}

// compact runs compaction so that a kill in the middle loses nothing. kfake removes the
// old segments before it writes the new ones, so the old ones get a second name (a hard
// link) for that time, and undoCompaction goes back to them when they reach further.
func (b *Broker) compact() error {
	var topics topicsNote
	if err := readJSON(filepath.Join(b.dir, "topics.json"), &topics); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	var kept []string
	for _, t := range topics.Topics {
		if !strings.Contains(t.Configs["cleanup.policy"], "compact") {
			continue
		}
		for p := range t.Partitions {
			keep := keepDir(b.dir, t.Name, p)
			kept = append(kept, keep)
			err := os.RemoveAll(keep) // links to files of an earlier time
			if err == nil {
				err = linkFiles(partitionDir(b.dir, t.Name, p), keep)
			}
			if err != nil {
				return errors.Join(fmt.Errorf("compact %s/%d: %w", t.Name, p, err), removeAll(kept))
			}
		}
	}
	if len(kept) == 0 {
		return nil
	}
	b.cluster.Compact()
	return removeAll(kept)
}

// undoCompaction ends a compaction that was cut off. Compaction never drops the last
// batch and writes it last: when the new segments end before the old ones did, they are
// incomplete and the old ones come back.
func undoCompaction(dir, topic string, partition int) error {
	keep, pdir := keepDir(dir, topic, partition), partitionDir(dir, topic, partition)
	if _, err := os.Stat(keep); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	before, err := segments(keep)
	if err != nil {
		return err
	}
	after, err := segments(pdir)
	if err != nil {
		return err
	}
	if lastOffset(after) < lastOffset(before) {
		if err := removeSegments(pdir); err != nil {
			return err
		}
		if err := linkFiles(keep, pdir); err != nil {
			return err
		}
	}
	return os.RemoveAll(keep)
}

func lastOffset(segs []segment) (next int64) {
	for _, s := range segs {
		next = max(next, s.next)
	}
	return next
}

func keepDir(dir, topic string, partition int) string {
	return filepath.Join(dir, "compacting", filepath.Base(partitionDir(dir, topic, partition)))
}

// linkFiles gives the segment and index files of one folder a second name in another,
// the newest segment last: where that one is, all are.
func linkFiles(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	segs, err := segments(from)
	if err != nil {
		return err
	}
	for _, s := range segs {
		for _, ext := range []string{".idx", ".dat"} {
			name := strconv.FormatInt(s.base, 10) + ext
			err := os.Link(filepath.Join(from, name), filepath.Join(to, name))
			if err != nil && !errors.Is(err, os.ErrExist) && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return syncDir(to)
}

func removeSegments(dir string) error {
	segs, err := segments(dir)
	if err != nil {
		return err
	}
	for _, s := range segs {
		for _, ext := range []string{".dat", ".idx"} {
			err := os.Remove(filepath.Join(dir, strconv.FormatInt(s.base, 10)+ext))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

func removeAll(dirs []string) (err error) {
	for _, d := range dirs {
		err = errors.Join(err, os.RemoveAll(d))
	}
	return err
}
