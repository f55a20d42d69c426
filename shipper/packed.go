package shipper

import (
	"context"
	"errors"
	"sort"
	"strings"
	"time"

	"foghorn/shipper/archive"
	"foghorn/shipper/discover"
	"foghorn/shipper/identity"
	"foghorn/shipper/tail"
)

// archives are the compressed files beside path, under names that rotation gives to it,
// which belong to no generation; oldest first. The mu of path's source is held.
func (r *registry) archives(v *view, path string) []discover.Found {
	var out []discover.Found
	for _, name := range v.folder(path).packed[path] {
		f, err := identity.Stat(name)
		if err != nil || !f.Regular || f.Size == 0 {
			continue
		}
		found := discover.Found{Path: name, File: f}
		if g := r.byID[f.ID]; g != nil && !r.reused(g, path, &found) {
			continue
		}
		out = append(out, found)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].File.MTime.Before(out[j].File.MTime) })
	return out
}

// lives are the generations of which an archive beside src may be. src.mu is held.
func (r *registry) lives(src *source) []archive.Life {
	out := make([]archive.Life, 0, len(src.gens))
	for _, g := range src.gens {
		l := g.life()
		if !g.over() {
			l.Live, l.Anchor, l.At = g.seen, identity.Print{}, 0
		}
		out = append(out, l)
	}
	return out
}

// over says that no more is read of the file of g as it is.
func (g *generation) over() bool { return g.done || g.packed || g.fault != intact }

func (g *generation) life() archive.Life {
	return archive.Life{Number: g.number, Head: g.head, First: g.first, Anchor: g.anchor, At: g.at()}
}

// look says what is known about an archive; nil if it cannot be read. ok is false as long
// as that is not settled: it is being looked into (then e is nil), or still being written.
func (r *registry) look(f *discover.Found, lives []archive.Life, now time.Time) (e *exam, ok bool) {
	e = r.exams.ask(f, lives, now)
	switch {
	case e == nil:
		return nil, false
	case errors.Is(e.err, errReplaced):
		return nil, true
	case e.err != nil:
		r.problem(f.Path, e.err)
		return nil, true
	case errors.Is(e.facts.Damage, archive.ErrShort) && now.Sub(e.since) < r.s.wait.grace:
		return e, false
	case e.facts.Damage != nil && e.facts.Head.Len == 0:
		r.problem(f.Path, e.facts.Damage)
		return nil, true
	}
	return e, true
}

// archiveOf finds the archive that holds the content of g, whose file is gone; pending says
// to ask again. src.mu is held.
func (r *registry) archiveOf(g *generation, now time.Time) (best discover.Found, more, ok, pending bool) {
	for _, f := range r.archives(newView(now), g.src.path) {
		e, settled := r.look(&f, []archive.Life{g.life()}, now)
		if !settled {
			pending = true
			continue
		}
		if e == nil {
			continue
		}
		m, is := e.facts.Of[g.number]
		if !is {
			continue
		}
		if !ok || nearer(f.File.MTime, best.File.MTime, g.mtime) {
			best, more, ok = f, m.More || e.facts.Damage != nil, true
		}
	}
	return best, more, ok, pending && !ok
}

// nearer says whether a is nearer to t than b: compressing keeps the file's time.
func nearer(a, b, t time.Time) bool { return a.Sub(t).Abs() < b.Sub(t).Abs() }

// pack makes an archive the file of g. src.mu is held.
func (r *registry) pack(g *generation, f *discover.Found, more bool) {
	g.close()
	if r.byID[g.id] == g {
		delete(r.byID, g.id)
	}
	g.id, g.seen, g.packed = f.File.ID, f.Path, true
	g.size, g.mtime, g.listed = f.File.Size, f.File.MTime, g.at()
	if more {
		g.listed = max(g.at(), f.File.Size)
	}
	g.fault, g.check, g.unseen, g.cur = intact, false, time.Time{}, tail.At(g.at())
	g.done = !more
	r.byID[g.id] = g
	r.s.dirty.Store(true)
}

// missedArchives takes in the files that were at src's path, and were renamed and
// compressed, since the newest generation was found. It returns false when some are being
// looked into: the next scan tells. src.mu is held.
func (r *registry) missedArchives(ctx context.Context, src *source, v *view) (settled bool) {
	for _, g := range src.gens {
		if !g.over() && !g.there() {
			src.folder = 0
			return true // one of them may be its own: first it is read to its end
		}
	}
	settled = true
	for _, f := range r.archives(v, src.path) {
		plain, _ := archive.Plain(f.Path)
		if r.s.leavesOut(f.Path) || !r.recent(src, &f) {
			continue
		}
		if _, err := identity.Stat(plain); err == nil && plain != src.path {
			continue // it is being compressed, or was kept: the plain file counts
		}
		e, ok := r.look(&f, r.lives(src), v.now)
		if !ok {
			src.folder = 0 // the next scan asks again
			settled = settled && e != nil
			continue
		}
		if e == nil || e.facts.Head.Len == 0 {
			continue
		}
		if g, m := heldBy(src, e); g != nil {
			if g.over() && !g.packed && !g.there() { // or it is a second copy
				r.pack(g, &f, m.More)
				r.s.schedule.ask(ctx, src)
			}
			continue
		}
		at := r.place(src, &f)
		g := r.birth(src, &f, e.facts.Head, v.now, at)
		g.away, g.packed = v.now, true
		g.size, g.mtime = f.File.Size, f.File.MTime
	}
	return settled
}

// there says whether the file of g is where it was seen last.
func (g *generation) there() bool {
	st, err := identity.Stat(g.seen)
	return err == nil && st.ID == g.id
}

// heldBy returns the generation of src whose content an archive has.
func heldBy(src *source, e *exam) (best *generation, m archive.Match) {
	for _, g := range src.gens {
		x, ok := e.facts.Of[g.number]
		if ok && (best == nil || m.Short && !x.Short || m.Short == x.Short && nearer(g.mtime, best.mtime, e.found.File.MTime)) {
			best, m = g, x
		}
	}
	return best, m
}

// leavesOut says whether the configuration excludes a compressed file, other than by the
// way in which it is compressed.
func (s *Shipper) leavesOut(path string) bool {
	plain, _ := archive.Plain(path)
	ext := strings.TrimPrefix(path, plain)
	for _, x := range s.cfg.Exclude {
		if x != "*"+ext && (discover.Match(x, path) || discover.Match(x, plain)) {
			return true
		}
	}
	return false
}

// beside says whether the folder of src holds files that its finished generations may be:
// as long as it does, they are remembered.
func (v *view) beside(src *source) bool {
	f := v.folder(src.path)
	return len(f.rotated[src.path])+len(f.packed[src.path]) > 0
}
