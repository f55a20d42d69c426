package shipper

import (
	"context"
	"os"
	"slices"
	"strings"
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
func (r *registry) classify(ctx context.Context, f *discover.Found, v *view) (held bool) {
	if r.moved(f) {
		return false
	}
	for _, path := range identity.Originals(f.Path) {
		if parent := r.s.sources[path]; parent != nil {
			if held, ok := r.rotated(ctx, parent, f, v); ok {
				return held
			}
			break
		}
	}
	src := r.source(f.Path)
	src.mu.Lock()
	defer src.mu.Unlock()
	if r.unresolved(ctx, src) {
		return false // the next scan decides
	}
	if !r.missed(ctx, src, v) {
		return false // it is newer than they are
	}
	if g := r.register(src, f, v.now, len(src.gens)); g != nil {
		g.fresh = 2
	}
	return false
}

// rotated decides about a file with a rotated name of parent; ok is false when it is a
// source of its own.
func (r *registry) rotated(ctx context.Context, parent *source, f *discover.Found, v *view) (held, ok bool) {
	parent.mu.Lock()
	defer parent.mu.Unlock()
	g := parent.last()
	if g == nil {
		return false, false
	}
	if r.unresolved(ctx, parent) {
		return true, true // it may be a copy
	}
	if r.byID[g.id] == g && g.away.IsZero() && r.agrees(g, f) {
		return true, true
	}
	if at, err := identity.Stat(parent.path); g.away.IsZero() && err == nil && at.ID == g.id || !r.recent(parent, f) {
		return false, false // the newest life is still at its path: f was never there
	}
	if !r.missedArchives(ctx, parent, v) {
		return true, true // they may be older
	}
	r.adopt(parent, f, v.now)
	return false, true
}

// recent says whether f was written after src's newest generation was found, by an
// earlier scan.
func (r *registry) recent(src *source, f *discover.Found) bool {
	since := r.since(src)
	return !since.IsZero() && f.File.MTime.Add(bornSlack).After(since)
}

// since is when the newest generation of src was found that was at its path then, by an
// earlier scan; zero where there is none.
func (r *registry) since(src *source) time.Time {
	for i := len(src.gens) - 1; i >= 0; i-- {
		if src.gens[i].saved {
			return src.gens[i].born
		}
	}
	return time.Time{}
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
	if g.first == nil {
		g.first, _ = g.head.Bytes(g.file) // without them a short copy is not told from a new file
	}
	return st.Size, true
}

// unresolved says whether src waits for the resolution of a fault, or would if its worker
// had looked: nothing can be said about files beside it, or in its place, until then.
// src.mu is held.
func (r *registry) unresolved(ctx context.Context, src *source) bool {
	for _, g := range src.gens {
		if g.fault != intact {
			return true
		}
		if g.done || g.packed || r.byID[g.id] != g {
			continue
		}
		if _, whole := r.whole(g); !whole {
			g.check = true
			r.s.schedule.ask(ctx, src)
			r.s.kick()
			return true
		}
	}
	return false
}

// agrees says whether f is as the file of g, as far as the shorter of them reaches.
func (r *registry) agrees(g *generation, f *discover.Found) bool {
	size, _ := r.whole(g)
	other, ok := r.openFound(f)
	if !ok {
		return false
	}
	defer other.Close()
	if g.file == nil {
		return false
	}
	same, err := identity.SamePrefix(g.file, other, size, f.File.Size)
	if err != nil {
		r.problem(f.Path, err)
	}
	return same && err == nil
}

// openFound opens a file that a scan found; ok is false when another one has its name
// by now, which the next scan sees.
func (r *registry) openFound(f *discover.Found) (file *os.File, ok bool) {
	file, _, err := openID(f.Path, f.File.ID)
	if err != nil {
		r.problem(f.Path, err)
	}
	return file, file != nil
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
		if g.id.Ino != f.File.ID.Ino || g.packed || g.unseen.IsZero() || g.file != nil || f.File.Size < g.at() || !r.copied(g, f) {
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
// generation was found; a resolution to come asks again. It returns false, and has
// taken in nothing, when not all are known yet. src.mu is held.
func (r *registry) missed(ctx context.Context, src *source, v *view) (settled bool) {
	if r.unresolved(ctx, src) {
		return true // one of them may be a copy
	}
	src.folder = v.folder(src.path).mtime
	if v.now.UnixNano()-src.folder < int64(bornSlack) {
		src.folder = 0 // more names can come within the same tick of the file system's clock
	}
	if !r.missedArchives(ctx, src, v) {
		return false // the order of all of them is not known yet
	}
	r.unsure = false
	strangers := r.strangers(v, src)
	if r.unsure {
		src.folder = 0
		return false
	}
	for _, f := range strangers {
		excluded := slices.ContainsFunc(r.s.cfg.Exclude, func(x string) bool { return discover.Match(x, f.Path) })
		if excluded || !r.recent(src, &f) {
			continue
		}
		if g := src.last(); g != nil && g.away.IsZero() && (!strings.HasPrefix(f.Path, src.path) || r.agrees(g, &f)) {
			continue // a new file beside it, or a copy of it
		}
		if !r.adopt(src, &f, v.now) {
			src.folder = 0
			return false // it was renamed just now
		}
	}
	return true
}

// adopt registers f as a life of src that is over; ok is false if another file has its
// name by now. src.mu is held.
func (r *registry) adopt(src *source, f *discover.Found, now time.Time) (ok bool) {
	if r.copying(src, f) {
		return true
	}
	since := r.since(src)
	g := r.register(src, f, now, r.place(src, f))
	if g != nil {
		g.away, g.born = now, since // lives before it may be found after it
		return true
	}
	st, err := identity.Stat(f.Path)
	return err == nil && st.ID == f.File.ID
}

// place is where among the generations of src a life belongs that is over: before the
// file that is at src's path, and in the order of time among those that were found with it.
func (r *registry) place(src *source, f *discover.Found) int {
	at := len(src.gens)
	if g := src.last(); g != nil && g.away.IsZero() {
		at--
	}
	for at > 0 && !src.gens[at-1].saved && src.gens[at-1].grew.After(f.File.MTime) {
		at--
	}
	return at
}

// copying says that f agrees with the file at src's path, which has no generation yet: it
// is being copied, and will be found as the copy of that generation.
func (r *registry) copying(src *source, f *discover.Found) bool {
	st, err := identity.Stat(src.path)
	if err != nil || r.byID[st.ID] != nil {
		return false
	}
	orig, st, _ := openID(src.path, st.ID)
	if orig == nil {
		return false
	}
	defer orig.Close()
	other, ok := r.openFound(f)
	if !ok {
		return false
	}
	defer other.Close()
	same, err := identity.SamePrefix(orig, other, st.Size, f.File.Size)
	return err == nil && same
}

// register gives f a generation of src, at a place among the others. It is read once
// release has saved it. src.mu is held.
func (r *registry) register(src *source, f *discover.Found, now time.Time, at int) *generation {
	file, ok := r.openFound(f)
	if !ok {
		return nil
	}
	head, err := identity.Head(file)
	var first []byte
	if err == nil {
		first, err = head.Bytes(file)
	}
	if err != nil || head.Len == 0 {
		if err != nil {
			r.problem(f.Path, err)
		}
		file.Close()
		return nil
	}
	g := r.birth(src, f, head, now, at)
	g.first = first
	if r.s.open.Load() < int64(r.s.cfg.MaxOpen) {
		g.file = file // it can be read even if it is removed before its turn comes
		src.opened(1)
	} else {
		file.Close()
	}
	return g
}

// birth makes a new generation of src. src.mu is held.
func (r *registry) birth(src *source, f *discover.Found, head identity.Print, now time.Time, at int) *generation {
	r.births++
	g := &generation{
		src: src, number: generationNumber(r.epoch, r.births, f.File.ID, head), born: now,
		id: f.File.ID, seen: f.Path, head: head, cur: tail.At(0),
		listed: f.File.Size, held: f.File.Size, grew: earlier(f.File.MTime, now),
	}
	g.acked.Store(&mark{})
	g.ages.grew(g.listed, g.grew)
	src.gens = slices.Insert(src.gens, at, g)
	r.byID[g.id] = g
	r.unsaved = append(r.unsaved, g)
	r.log.Debug().Str("path", f.Path).Str("source", src.path).Uint64("generation", g.number).Msg("file found")
	return g
}
