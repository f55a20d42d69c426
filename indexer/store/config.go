package store

import (
	"errors"
	"fmt"
	"time"
)

// Config says where the store is and how large its pieces are.
type Config struct {
	// Dir is the folder of the store. It is made if it is not there, and locked.
	Dir string
	// BlockLines is how many lines are compressed and indexed together.
	BlockLines int
	// A head is sealed when it has SegmentLines lines or takes SegmentBytes of memory, or
	// when its first line is SegmentAge old. Up to two heads are in memory at a time.
	SegmentLines int
	SegmentBytes int64
	SegmentAge   time.Duration
	// IndexDelay is how long a segment that is not merged any more may wait for others before
	// its words are indexed together with theirs; till then they are in memory.
	IndexDelay time.Duration
	// MergeSegments is how many small segments of a day are merged into one; small are those
	// of less than MergeLines lines that have less than MergeBytes bytes. What is left of a
	// day is merged when it has passed.
	// Fewer are merged at once where the blocks of more, of which a merge has one of each
	// segment in memory, would take more than about MergeMemory bytes there.
	MergeSegments int
	MergeLines    int
	MergeBytes    int64
	MergeMemory   int64
	Retention
	// Retry is the pause between attempts to seal while the disk does not take it.
	Retry time.Duration
}

// DefaultConfig returns the configuration for a store in dir.
func DefaultConfig(dir string) Config {
	return Config{
		Dir:           dir,
		BlockLines:    8192,
		SegmentLines:  131072,
		SegmentBytes:  48 << 20,
		SegmentAge:    5 * time.Minute,
		MergeSegments: 16,
		MergeLines:    65536,
		MergeBytes:    16 << 20,
		MergeMemory:   32 << 20,
		IndexDelay:    2 * time.Second,
		Retention:     Retention{RetainAge: 30 * 24 * time.Hour},
		Retry:         time.Second,
	}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	var errs []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.Dir != "", "store: dir is empty")
	bad(c.BlockLines >= 1 && c.BlockLines <= 1<<20, "store: block lines: %d is not within 1 and %d", c.BlockLines, 1<<20)
	bad(c.SegmentLines >= 1 && c.SegmentLines <= 1<<24, "store: segment lines: %d is not within 1 and %d", c.SegmentLines, 1<<24)
	bad(c.SegmentBytes >= 1 && c.SegmentBytes <= 1<<30, "store: segment bytes: %d is not within 1 and %d", c.SegmentBytes, 1<<30)
	bad(c.SegmentAge > 0, "store: segment age: %s is not positive", c.SegmentAge)
	bad(c.IndexDelay >= 0, "store: index delay: %s is negative", c.IndexDelay)
	bad(c.MergeSegments >= 2 && c.MergeSegments <= 256, "store: merge segments: %d is not within 2 and 256", c.MergeSegments)
	bad(c.MergeLines >= 0, "store: merge lines: %d is negative", c.MergeLines)
	bad(c.MergeBytes >= 0, "store: merge bytes: %d is negative", c.MergeBytes)
	bad(c.MergeMemory >= 0, "store: merge memory: %d is negative", c.MergeMemory)
	errs = append(errs, c.Retention.faults()...)
	bad(c.Retry > 0, "store: retry: %s is not positive", c.Retry)
	return errors.Join(errs...)
}

// Deps are what the store uses; the zero value is the machine's.
type Deps struct {
	FS  FS
	Now func() time.Time
	// Sealed is called after each commit, Merged after each merge, Failed when one did not succeed (it is tried
	// again), Removed when retention has removed lines. They may be nil, and must not call
	// the store.
	Sealed  func(Sealed)
	Merged  func(Merged)
	Failed  func(error)
	Removed func(Removed)
}

// Sealed describes one commit.
type Sealed struct {
	Segment   uint64
	Lines     int64
	DiskBytes int64
	Took      time.Duration
}

// Merged describes one merge.
type Merged struct {
	Segments               int
	Lines                  int64
	BytesBefore, DiskBytes int64
	Took                   time.Duration
}
