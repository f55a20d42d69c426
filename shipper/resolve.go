package shipper

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"foghorn/shipper/discover"
	"foghorn/shipper/identity"
	"foghorn/shipper/tail"
)

// check finds out, for one source, which of its files left their path, resolves faults
// that its worker met, and forgets what is over.
func (r *registry) check(ctx context.Context, src *source, v *view) {
	src.mu.Lock()
	defer src.mu.Unlock()
	rewritten := false
	for _, g := range src.gens {
		if f := g.fault; f != intact {
			if f == truncated && !g.done && g.id != (identity.ID{}) {
				r.s.metrics.truncations.Inc()
			}
			r.resolve(g, v)
			rewritten = rewritten || f == truncated
			r.s.schedule.ask(ctx, src)
		}
	}
	if rewritten && !src.old {
		r.missed(ctx, src, v)
	}
	for i, g := range src.gens {
		if g.away.IsZero() && (i < len(src.gens)-1 || r.left(g, v)) {
			if r.unresolved(ctx, src) {
				break // it was truncated before it was renamed
			}
			g.away = v.now
			r.s.dirty.Store(true)
			r.s.metrics.rotations.Inc()
			r.log.Debug().Str("path", src.path).Uint64("generation", g.number).Msg("file left its path")
			if i == len(src.gens)-1 {
				r.missed(ctx, src, v)
			}
			break // missed may have changed the list; the others are looked at next time
		}
		if !src.old && !g.away.IsZero() && !g.done && i == len(src.gens)-1 && v.paths[src.path] == g.id && g.id != (identity.ID{}) {
			g.away = time.Time{} // it came back under its name
			r.s.dirty.Store(true)
		}
	}
	if g := src.last(); !src.old && g != nil && (!g.away.IsZero() || g.fresh > 0) && v.folder(src.path).mtime != src.folder {
		r.missed(ctx, src, v)
	}
	if g := src.last(); g != nil && g.fresh > 0 && g.saved {
		g.fresh-- // what was at its path when it was listed may have been rotated before it was opened
	}
	unseen := 0
	for i, g := range src.gens {
		if !g.done && g.saved && !g.away.IsZero() {
			r.s.schedule.ask(ctx, src)
		}
		if _, ok := v.ids[g.id]; !ok {
			if g.unseen.IsZero() {
				g.unseen = v.now
			}
			if g.done && g.fault == intact && i >= len(src.gens)-2 && r.strayed(g, v) {
				g.check = true
				r.s.schedule.ask(ctx, src)
			}
		}
		if !g.unseen.IsZero() {
			unseen++
		}
	}
	r.forget(src, v, unseen)
}

// strayed says whether a finished file that no pattern names has changed since the last
// look: its writer has not noticed the rotation. src.mu is held.
func (r *registry) strayed(g *generation, v *view) bool {
	if g.packed || g.src.old || g.id == (identity.ID{}) {
		return false
	}
	f, err := identity.Stat(g.seen)
	if (err != nil || f.ID != g.id) && v.now.Sub(g.away) <= r.s.wait.lateGrace {
		for _, name := range v.folder(g.src.path).rotated[g.src.path] {
			if f, err = identity.Stat(name); err == nil && f.ID == g.id {
				g.seen = name
				r.s.dirty.Store(true)
				break
			}
		}
	}
	if err != nil || f.ID != g.id {
		return false
	}
	return f.Size != g.size || !f.MTime.Equal(g.mtime) || r.first && f.Size > g.at()
}

// left says whether the newest file of a source is no longer at the source's path. A
// path that cannot be looked at tells nothing.
func (r *registry) left(g *generation, v *view) bool {
	if id, ok := v.paths[g.src.path]; ok {
		return id != g.id
	}
	f, err := identity.Stat(g.src.path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return f.ID != g.id
}

// forget drops finished generations whose files are gone for long, or deleted for sure,
// unless rotated files beside them can be theirs. The newest one is kept for long in any
// case: files that were at its path and were renamed before they were seen are known by it.
func (r *registry) forget(src *source, v *view, unseen int) {
	newest, kept := src.last(), src.gens[:0]
	for _, g := range src.gens {
		over := g.done && g.file == nil && g.stream == nil && g.acked.Load().offset >= g.at() && !g.unseen.IsZero()
		old := v.now.Sub(g.unseen) > forgetAfter
		over = over && (old || g != newest && (g.id == identity.ID{} || unseen > keepUnseen)) &&
			(g != newest && unseen > keepBeside || !r.beside(src, v))
		if !over {
			kept = append(kept, g)
			continue
		}
		unseen--
		if r.byID[g.id] == g {
			delete(r.byID, g.id)
		}
		r.s.dirty.Store(true)
	}
	clear(src.gens[len(kept):])
	src.gens = kept
	if len(kept) == 0 {
		r.s.mu.Lock()
		if src.old {
			delete(r.s.old, src.path)
		} else {
			delete(r.s.sources, src.path)
		}
		r.s.mu.Unlock()
	}
}

// resolve finds where the content of g went: into a copy, or nowhere. src.mu is held.
func (r *registry) resolve(g *generation, v *view) {
	now := v.now
	was := g.fault
	g.fault, g.check = intact, false
	if path, ok := v.ids[g.id]; ok && was == gone {
		g.seen = path // it was renamed while it was looked for
		return
	}
	g.close()
	if r.byID[g.id] == g {
		delete(r.byID, g.id)
	}
	g.id = identity.ID{}
	r.s.dirty.Store(true)
	if g.away.IsZero() {
		g.away = now
	}
	if g.done {
		return
	}
	log := r.log.With().Str("path", g.src.path).Uint64("generation", g.number).Int64("offset", g.at()).Logger()
	r.unsure = false
	if c, ok := r.copyOf(g); ok {
		g.id, g.seen, g.grew = c.File.ID, c.Path, earlier(c.File.MTime, now)
		g.size, g.mtime, g.listed = 0, time.Time{}, c.File.Size
		g.unseen, g.cur = time.Time{}, tail.At(g.at())
		g.done = c.File.Size <= g.at()
		g.packed = false
		r.byID[g.id] = g
		log.Info().Str("copy", c.Path).Int64("rest", max(0, c.File.Size-g.at())).Msg("file was truncated, its rest is read from the copy")
		return
	}
	g.fault = was
	c, more, ok, pending := r.archiveOf(g, now)
	if pending || !ok && (r.unsure || r.stirs(g, now)) {
		return // the next scan asks again
	}
	g.fault, g.sought = intact, time.Time{}
	switch {
	case ok:
		r.pack(g, &c, more)
		log.Info().Str("archive", c.Path).Bool("more", more).Msg("file was compressed, its rest is read from the archive")
		return
	}
	g.done, g.packed = true, false
	if n := g.held - g.at(); n > 0 {
		r.s.metrics.lostBytes.Add(float64(n))
		log.Warn().Int64("bytes", n).Bool("truncated", was == truncated).Msg("file was truncated or removed before it was read to its end, lines are lost")
	} else {
		log.Info().Bool("truncated", was == truncated).Msg("file was truncated or removed")
	}
	// What may follow a half line or lie behind the mark is gone: nothing is owed.
	g.listed = g.at()
}

// stirFor bounds how long a folder that changes all the time is searched again.
const stirFor = 3 * time.Second

// stirs says whether names in the folder of g's source have changed just now: what was
// sought there may have been renamed, or compressed, while it was sought.
func (r *registry) stirs(g *generation, now time.Time) bool {
	if g.sought.IsZero() {
		g.sought = now
	}
	fi, err := os.Stat(filepath.Dir(g.src.path))
	if err != nil || time.Since(fi.ModTime()) > bornSlack || now.Sub(g.sought) > stirFor {
		return false
	}
	r.s.kick()
	return true
}

// copyOf finds the copy of what g held before it was truncated.
func (r *registry) copyOf(g *generation) (best discover.Found, ok bool) {
	for _, f := range r.strangers(newView(time.Now()), g.src) { // a fresh look: copies are sought once
		if r.copied(g, &f) && (!ok || f.File.Size > best.File.Size) {
			best, ok = f, true
		}
	}
	return best, ok
}

// copied says whether f holds what g held: see the package comment.
func (r *registry) copied(g *generation, f *discover.Found) bool {
	same, known := r.compare(g, f)
	return same && known
}

// compare says whether f holds what g held; known is false when f cannot be read now.
func (r *registry) compare(g *generation, f *discover.Found) (same, known bool) {
	file, ok := r.openFound(f)
	if !ok {
		return false, false
	}
	defer file.Close()
	if g.head.Len == 0 {
		return false, true
	}
	if n := f.File.Size; n < g.head.Len && n <= int64(len(g.first)) {
		b := make([]byte, n)
		_, err := file.ReadAt(b, 0)
		return string(b) == string(g.first[:n]), err == nil
	}
	ok, err := g.head.Holds(file)
	if err != nil || !ok {
		return false, err == nil
	}
	p := g.anchor
	if f.File.Size < p.End() {
		p = g.trail.UpTo(f.File.Size) // none: its beginning has to do
	}
	ok, err = p.Holds(file)
	return ok, err == nil
}
