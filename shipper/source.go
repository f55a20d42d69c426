package shipper

import (
	"sync"
	"sync/atomic"
	"time"
)

// source is one path, with the generations that were found under it, oldest first. They
// are shipped in that order.
type source struct {
	id, path string
	old      bool          // of files that were asked for once, see backfill
	open     *atomic.Int64 // the shipper's count of open files
	wake     chan struct{} // capacity 1
	set      *settings     // set by its first worker

	mu      sync.Mutex
	gens    []*generation
	folder  int64     // the folder's time when it was last searched for missed lives
	beside  time.Time // when rotated files were last seen beside it
	failure string    // why the file cannot be read; logged when it changes

	// Guarded by scheduler.mu.
	turn  turn
	again bool
}

func (src *source) opened(n int64) { src.open.Add(n) }

// nudge wakes the worker, if there is one.
func (src *source) nudge() {
	select {
	case src.wake <- struct{}{}:
	default:
	}
}

// first returns the generation that is to be read next, or nil.
func (src *source) first() *generation {
	for _, g := range src.gens {
		if !g.done {
			return g
		}
	}
	return nil
}

func (src *source) last() *generation {
	if len(src.gens) == 0 {
		return nil
	}
	return src.gens[len(src.gens)-1]
}

// newerThan says whether a generation came after g.
func (src *source) newerThan(g *generation) bool { return src.last() != g }
