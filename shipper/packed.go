package shipper

import (
	"context"
	"errors"
	"strings"
	"time"

	"foghorn/shipper/archive"
	"foghorn/shipper/discover"
	"foghorn/shipper/identity"
	"foghorn/shipper/tail"
)

// archives are the compressed files beside that of src, under names that rotation gives
// to it, which belong to no generation; oldest first. src.mu is held.
func (r *registry) archives(v *view, src *source) []discover.Found {
	return r.unknown(src, v.folder(src.path).packed[src.path])
}

// lives are the generations of which an archive beside src may be. src.mu is held.
func (r *registry) lives(src *source) []archive.Life {
	out := make([]archive.Life, 0, len(src.gens))
	for _, g := range src.gens {
		l := g.life()
		switch {
		case !g.packed && g.fault == intact && r.there(g):
			l.Live, l.Anchor, l.At, l.Trail = g.seen, identity.Print{}, 0, nil
		case !g.done && g.fault == intact:
			l.Moving = true // all is asked again when it was read
		}
		out = append(out, l)
	}
	return out
}

// over says that no more is read of the file of g as it is.
func (g *generation) over() bool { return g.done || g.packed || g.fault != intact }

func (g *generation) life() archive.Life {
	return archive.Life{Number: g.number, Head: g.head, First: g.first, Trail: g.trail.Last(len(g.trail)), Anchor: g.anchor, At: g.at()}
}

// look says what is known about an archive; nil if it cannot be read. ok is false as long
// as that is not settled: it is being looked into (then e is nil), or still being written.
func (r *registry) look(f *discover.Found, lives []archive.Life, now time.Time) (e *exam, ok bool) {
	e = r.exams.ask(f, lives, now)
	switch {
	case e == nil:
		return nil, false
	case errors.Is(e.err, errReplaced):
		r.exams.drop(f.File.ID)
		r.s.kick()
		return nil, false // it is found under its new name
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
	for _, f := range r.archives(newView(now), g.src) {
		e, settled := r.look(&f, []archive.Life{g.life()}, now)
		if !settled {
			pending = true
			continue
		}
		if e == nil {
			continue
		}
		m, is := e.facts.Of[g.number]
		if !is || m.Short && !m.Sure && g.fault == gone && e.facts.Damage == nil {
			continue // or it only begins alike
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
// compressed, since the newest generation was found. It returns false, and has taken in
// nothing, as long as not all is known about them. src.mu is held.
func (r *registry) missedArchives(ctx context.Context, src *source, v *view) (settled bool) {
	type one struct {
		discover.Found
		*exam
		held holding
	}
	var list []one
	r.unsure = false
	found := r.archives(v, src)
	settled = !r.unsure
	for _, f := range found {
		plain, _ := archive.Plain(f.Path)
		if r.s.leavesOut(f.Path) || !r.recent(src, &f) {
			continue
		}
		if _, err := identity.Stat(plain); err == nil && plain != src.path {
			continue // it is being compressed, or was kept: the plain file counts
		}
		e, ok := r.look(&f, r.lives(src), v.now)
		switch {
		case !ok:
			src.folder = 0 // the next scan asks again
			settled = settled && e != nil
		case e != nil && e.facts.Head.Len > 0:
			list = append(list, one{f, e, r.heldBy(src, e)})
			settled = settled && !list[len(list)-1].held.wait
		}
	}
	if !settled {
		src.folder = 0
		return false
	}
	for _, f := range list {
		switch g := f.held.by; {
		case f.held.copy:
			if !g.over() && !r.there(g) {
				src.folder = 0 // it takes the place of the open file once that was read
			}
		case g != nil:
			r.pack(g, &f.Found, f.held.more)
			r.s.schedule.ask(ctx, src)
		default:
			since := r.since(src)
			g = r.birth(src, &f.Found, f.facts.Head, v.now, r.place(src, &f.Found))
			g.away, g.packed, g.born = v.now, true, since
			g.size, g.mtime = f.File.Size, f.File.MTime
		}
	}
	return true
}

// there says whether the file of g is where it was seen last, and holds what it held.
func (r *registry) there(g *generation) bool {
	st, err := identity.Stat(g.seen)
	switch {
	case err != nil || st.ID != g.id:
		return false
	case st.Size == g.size && st.MTime.Equal(g.mtime):
		return true
	case g.packed:
		return false
	}
	return r.copied(g, &discover.Found{Path: g.seen, File: st}) // its inode may be another file's by now
}

// holding says whose content an archive has.
type holding struct {
	by   *generation // nil: of none that is known
	more bool        // it has bytes behind what was read of that
	copy bool        // the generation's own file is there besides
	wait bool        // it may be one that is still being read
}

// heldBy finds out which generation of src an archive is.
func (r *registry) heldBy(src *source, e *exam) (h holding) {
	damaged := e.facts.Damage != nil
	for _, g := range src.gens {
		x, ok := e.facts.Of[g.number]
		if !ok {
			continue
		}
		there := g.fault == intact && r.there(g)
		switch {
		case !g.packed && there:
			return holding{by: g, copy: true}
		case !g.done && g.fault == intact && x.Sure && !g.packed: // its file was removed and is still open
			return holding{by: g, copy: true}
		case !g.done && g.fault == intact:
			h.wait = true
		case x.Short && !x.Sure && !damaged && g.fault != truncated: // it only begins alike
		case there && (x.More || x.Short || g.at() == 0): // likewise
		case there:
			return holding{by: g, copy: true}
		case h.by == nil || nearer(g.mtime, h.by.mtime, e.found.File.MTime):
			h.by, h.more = g, x.More || damaged
		}
	}
	h.wait = h.wait && h.by == nil
	return h
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

// besideFor is how long the answer of beside holds.
const besideFor = time.Minute

// beside says whether the folder of src holds files that its finished generations may be:
// as long as it does, they are remembered. src.mu is held.
func (r *registry) beside(src *source, v *view) bool {
	if v.now.Sub(src.beside) > besideFor {
		f := v.folder(src.path)
		if len(f.rotated[src.path])+len(f.packed[src.path]) == 0 {
			return false
		}
		src.beside = v.now
	}
	return true
}
