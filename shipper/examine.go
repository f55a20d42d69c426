package shipper

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"foghorn/shipper/archive"
	"foghorn/shipper/discover"
	"foghorn/shipper/identity"
)

// maxExams bounds how much is remembered about archives.
const maxExams = 4096

// exam is what is known, or asked, about one archive.
type exam struct {
	found discover.Found
	lives []archive.Life
	since time.Time // when it was first met with this size and time

	// Set when done.
	done  bool
	facts archive.Facts
	err   error
}

// examiner looks into archives beside the registry, which does not wait for it: it asks
// again with the next scan.
type examiner struct {
	turn func() (done func(), err error)
	told func()        // of each archive that was looked into
	wake chan struct{} // capacity 1

	mu    sync.Mutex
	known map[identity.ID]*exam
	queue []*exam
}

// ask returns what is known about an archive with respect to lives; nil when that is
// not known yet, and will be.
func (x *examiner) ask(f *discover.Found, lives []archive.Life, now time.Time) *exam {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.known[f.File.ID]
	same := e != nil && e.found.File.Size == f.File.Size && e.found.File.MTime.Equal(f.File.MTime)
	if same && e.covers(lives) {
		if !e.done {
			return nil
		}
		return e
	}
	if len(x.known) >= maxExams {
		clear(x.known)
		x.queue = nil
	}
	fresh := &exam{found: *f, lives: lives, since: now}
	if same { // who asked before asks again
		fresh.since = e.since
		for _, l := range e.lives {
			if !slices.ContainsFunc(lives, func(x archive.Life) bool { return x.Number == l.Number }) {
				fresh.lives = append(fresh.lives, l)
			}
		}
	}
	x.known[f.File.ID] = fresh
	x.queue = append(x.queue, fresh)
	select {
	case x.wake <- struct{}{}:
	default:
	}
	return nil
}

func (e *exam) covers(lives []archive.Life) bool {
	have := make(map[uint64]*archive.Life, len(e.lives))
	for i := range e.lives {
		have[e.lives[i].Number] = &e.lives[i]
	}
	for i := range lives {
		l := &lives[i]
		h := have[l.Number]
		if h == nil && e.done && e.err == nil && !l.Begins(e.facts.First) {
			continue // that is all there is to find out
		}
		if h == nil || h.Head != l.Head || h.Live != l.Live || h.Moving != l.Moving ||
			!l.Moving && (h.Anchor != l.Anchor || h.At != l.At) {
			return false
		}
	}
	return true
}

// drop forgets what is known about an archive.
func (x *examiner) drop(id identity.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.known, id)
}

// run examines until ctx ends.
func (x *examiner) run(ctx context.Context) {
	for {
		x.mu.Lock()
		var e *exam
		if len(x.queue) > 0 {
			e = x.queue[0]
			x.queue = x.queue[1:]
		}
		x.mu.Unlock()
		if e == nil {
			select {
			case <-ctx.Done():
				return
			case <-x.wake:
			}
			continue
		}
		facts, err := x.examine(e)
		if ctx.Err() != nil {
			return
		}
		x.mu.Lock()
		e.facts, e.err, e.done = facts, err, true
		x.mu.Unlock()
		x.told()
	}
}

var errReplaced = errors.New("it was removed or replaced meanwhile")

func (x *examiner) examine(e *exam) (archive.Facts, error) {
	f, _, err := openID(e.found.Path, e.found.File.ID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return archive.Facts{}, err
	}
	if f == nil {
		return archive.Facts{}, errReplaced
	}
	defer f.Close()
	return archive.Examine(f, e.lives, x.turn)
}
