package shipper

import (
	"context"
	"os"
	"slices"
	"time"

	"foghorn/shipper/discover"
	"foghorn/shipper/identity"
	"foghorn/shipper/tail"
)

// bornSlack is how much older than the newest known generation a rotated file may seem
// and still have been written after it: file times are coarse, and two clocks are at work.
const bornSlack = 100 * time.Millisecond

// classify decides what a file is that belongs to no generation: a known one under a new
// device number, a copy of a known one (then held is true: it waits), a life of a known
// source that came and went between two scans, or a new file.
func (r *registry) classify(ctx context.Context, f *discover.Found, now time.Time) (held bool) {
	if r.moved(f) {
		return false
	}
	for _, path := range identity.Originals(f.Path) {
		if parent := r.s.sources[path]; parent != nil {
			if held, ok := r.rotated(ctx, parent, f, now); ok {
				return held
			}
			break
		}
	}
	src := r.source(f.Path)
	src.mu.Lock()
	defer src.mu.Unlock()
	r.missed(src, now)
	r.register(src, f, now, len(src.gens))
	return false
}

// rotated decides about a file with a rotated name of parent; ok is false when it is a
// source of its own.
func (r *registry) rotated(ctx context.Context, parent *source, f *discover.Found, now time.Time) (held, ok bool) {
	parent.mu.Lock()
	defer parent.mu.Unlock()
	g := parent.last()
	if g == nil {
		return false, false
	}
	if r.byID[g.id] == g && !g.done {
		size, whole := r.whole(g)
		if !whole {
			// It was truncated: its worker has to see that first, and the next scan
			// resolves it, maybe with this file.
			g.check = true
			r.s.schedule.ask(ctx, parent)
			return true, true
		}
		if g.file != nil && g.away.IsZero() && r.agrees(g.file, size, f) {
			return true, true
		}
	}
	if !r.recent(parent, f) {
		return false, false
	}
	r.adopt(parent, f, now)
	return false, true
}

// recent says whether f was written after src's newest generation was found, by an
// earlier scan.
func (r *registry) recent(src *source, f *discover.Found) bool {
	for i := len(src.gens) - 1; i >= 0; i-- {
		if src.gens[i].saved {
			return f.File.MTime.Add(bornSlack).After(src.gens[i].born)
		}
	}
	return false
}

// whole says whether the file of g still holds what was read from it. It is true as well
// when the file cannot be opened: then nothing is known against it.
func (r *registry) whole(g *generation) (size int64, whole bool) {
	if err := g.open(); err != nil {
		return 0, true
	}
	st, err := identity.StatFile(g.file)
	if err != nil {
		return 0, true
	}
	if st.Size < g.cur.Reached() {
		return st.Size, false
	}
	for _, p := range []identity.Print{g.head, g.anchor} {
		if ok, err := p.Holds(g.file); err == nil && !ok {
			return st.Size, false
		}
	}
	return st.Size, true
}

// agrees says whether f is as orig, as far as the shorter of them reaches.
func (r *registry) agrees(orig *os.File, size int64, f *discover.Found) bool {
	other, ok := r.openFound(f)
	if !ok {
		return false
	}
	defer other.Close()
	same, err := identity.SamePrefix(orig, other, size, f.File.Size)
	if err != nil {
		r.problem(f.Path, err)
	}
	return same && err == nil
}

// openFound opens a file that a scan found; ok is false when another one has its name
// by now, which the next scan sees.
func (r *registry) openFound(f *discover.Found) (file *os.File, ok bool) {
	file, err := os.Open(f.Path)
	if err != nil {
		r.problem(f.Path, err)
		return nil, false
	}
	if st, err := identity.StatFile(file); err != nil || st.ID != f.File.ID {
		file.Close()
		return nil, false
	}
	return file, true
}

// moved finds the generation that f is when only its device number has changed, as it can
// with a reboot.
func (r *registry) moved(f *discover.Found) bool {
	for _, path := range append(identity.Originals(f.Path), f.Path) {
		src := r.s.sources[path]
		if src != nil && r.movedFrom(src, f) {
			return true
		}
	}
	return false
}

func (r *registry) movedFrom(src *source, f *discover.Found) bool {
	src.mu.Lock()
	defer src.mu.Unlock()
	for _, g := range src.gens {
		if g.id.Ino != f.File.ID.Ino || g.unseen.IsZero() || g.file != nil || f.File.Size < g.at() || !r.copied(g, f) {
			continue
		}
		delete(r.byID, g.id)
		g.id, g.seen, g.unseen, g.fault = f.File.ID, f.Path, time.Time{}, intact
		if g == src.last() && src.path == f.Path {
			g.away = time.Time{}
		}
		r.byID[g.id] = g
		r.s.dirty.Store(true)
		return true
	}
	return false
}

// missed takes in the files that were at src's path, and were renamed, since the newest
// generation was found. src.mu is held.
func (r *registry) missed(src *source, now time.Time) {
	for _, f := range r.strangers(src.path) {
		excluded := slices.ContainsFunc(r.s.cfg.Exclude, func(x string) bool { return discover.Match(x, f.Path) })
		if !excluded && r.recent(src, &f) {
			r.adopt(src, &f, now)
		}
	}
}

// adopt registers f as a life of src that is over: before the file that is at src's path,
// and among others that were adopted with it in the order of time. src.mu is held.
func (r *registry) adopt(src *source, f *discover.Found, now time.Time) {
	at := len(src.gens)
	if g := src.last(); g != nil && g.away.IsZero() {
		at--
	}
	for at > 0 && !src.gens[at-1].saved && src.gens[at-1].grew.After(f.File.MTime) {
		at--
	}
	if g := r.register(src, f, now, at); g != nil {
		g.away = now
	}
}

// register gives f a generation of src, at a place among the others. It is read once
// release has saved it. src.mu is held.
func (r *registry) register(src *source, f *discover.Found, now time.Time, at int) *generation {
	file, ok := r.openFound(f)
	if !ok {
		return nil
	}
	head, err := identity.Head(file)
	if err != nil || head.Len == 0 {
		if err != nil {
			r.problem(f.Path, err)
		}
		file.Close()
		return nil
	}
	r.births++
	g := &generation{
		src: src, number: generationNumber(r.epoch, r.births, f.File.ID, head), born: now,
		id: f.File.ID, seen: f.Path, head: head, cur: tail.At(0),
		listed: f.File.Size, grew: earlier(f.File.MTime, now),
	}
	g.acked.Store(&mark{})
	if r.s.open.Load() < int64(r.s.cfg.MaxOpen) {
		g.file = file // it can be read even if it is removed before its turn comes
		src.opened(1)
	} else {
		file.Close()
	}
	src.gens = slices.Insert(src.gens, at, g)
	r.byID[g.id] = g
	r.unsaved = append(r.unsaved, g)
	r.log.Debug().Str("path", f.Path).Str("source", src.path).Uint64("generation", g.number).Msg("file found")
	return g
}
