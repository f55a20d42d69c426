package shipper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"foghorn/shipper/archive"
	"foghorn/shipper/discover"
	"foghorn/shipper/identity"
)

// Progress is how far a backfill is.
type Progress struct {
	// Files is how many files its patterns name; of these, Already were shipped before it
	// began, and Done are by now, those included.
	Files   int `json:"files"`
	Already int `json:"already"`
	Done    int `json:"done"`
	// Bytes is what it has to ship, Acked how much of that was acknowledged. As long as
	// compressed files are not read to their end, Bytes is an estimate.
	Bytes int64 `json:"bytes"`
	Acked int64 `json:"acked"`
	// Lines is how many lines were acknowledged.
	Lines int64 `json:"lines"`
	// Finished says that all that can be shipped is acknowledged.
	Finished bool `json:"finished"`
	// Problems are the files and folders that could not be read, and why.
	Problems []string `json:"problems,omitempty"`
}

// backfill is a request to ship what patterns name.
type backfill struct {
	id    int
	globs []string

	// Of the registry; guarded by Shipper.mu.
	listed   bool
	files    []*wanted
	problems []string
	progress Progress
}

// wanted is one of its files.
type wanted struct {
	discover.Found
	gen     *generation // nil until it is known
	settled bool        // nothing is to be found out any more
	done    bool
	copy    bool  // it is a copy of a file that is shipped
	from    int64 // what was acknowledged of it when it was found
	lines   int64 // likewise
	end     int64 // how far it is shipped, where it has no end of its own
}

// maxBackfills bounds how many finished backfills are remembered.
const maxBackfills = 64

// Backfill ships what the files hold that patterns name (see package discover), compressed
// ones too, with the identity under which they are or would be shipped otherwise: what was
// shipped already is not sent again, and what is sent now is not sent later. Exclusions of
// the configuration that are about names of compressed files do not count. A file is
// shipped as far as it reached when it was found, its unterminated last line too once the
// file is quiet. Backfill returns at once; BackfillProgress tells how far it is. After a
// restart the files that were begun are read on, and asking again finds them.
func (s *Shipper) Backfill(globs []string) (id int, err error) {
	if len(globs) == 0 {
		return 0, errors.New("backfill: want at least one path or pattern")
	}
	for _, g := range globs {
		if err := discover.Check(g); err != nil {
			return 0, fmt.Errorf("backfill: %w", err)
		}
	}
	s.mu.Lock()
	s.backfillID++
	id = s.backfillID
	for len(s.backfills) >= maxBackfills {
		i := slices.IndexFunc(s.backfills, func(b *backfill) bool { return b.progress.Finished })
		if i < 0 {
			s.mu.Unlock()
			return 0, fmt.Errorf("backfill: %d are going on already", maxBackfills)
		}
		s.backfills = slices.Delete(s.backfills, i, i+1)
	}
	s.backfills = append(s.backfills, &backfill{id: id, globs: slices.Clone(globs)})
	s.mu.Unlock()
	s.kick()
	return id, nil
}

// BackfillProgress tells how far a backfill is; ok is false for one that is not known.
func (s *Shipper) BackfillProgress(id int) (p Progress, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.backfills {
		if b.id == id {
			p = b.progress
			p.Problems = slices.Clone(p.Problems)
			return p, true
		}
	}
	return Progress{}, false
}

// backfill goes on with all that was asked for.
func (r *registry) backfill(ctx context.Context, v *view) (busy bool) {
	r.s.mu.Lock()
	list := slices.Clone(r.s.backfills)
	r.s.mu.Unlock()
	for _, b := range list {
		if b.progress.Finished { // only this goroutine sets it
			continue
		}
		busy = true
		if !b.listed {
			r.list(b)
		}
		waiting := map[string]bool{} // origins of which an older file is not settled yet
		for _, f := range b.files {
			if f.settled {
				continue
			}
			plain, packed := archive.Plain(f.Path)
			origin := r.origin(plain)
			if waiting[origin] {
				if packed {
					r.examine(f, r.related(plain), v.now) // its turn comes
				}
				continue
			}
			if err := r.settle(ctx, f, v); err != nil {
				f.settled, f.done = true, true
				b.problems = append(b.problems, fmt.Sprintf("%s: %v", f.Path, err))
			}
			waiting[origin] = !f.settled
		}
		p := b.tell()
		r.s.mu.Lock()
		b.progress = p
		r.s.mu.Unlock()
	}
	return busy
}

// list finds the files of b, the oldest first.
func (r *registry) list(b *backfill) {
	exclude := slices.DeleteFunc(slices.Clone(r.s.cfg.Exclude), func(x string) bool {
		_, packed := archive.Plain(x)
		return packed
	})
	found, problems := discover.Scan(b.globs, exclude)
	for _, p := range problems {
		b.problems = append(b.problems, fmt.Sprintf("%s: %v", p.Path, p.Err))
	}
	seen := map[identity.ID]bool{}
	for _, f := range found {
		if !seen[f.File.ID] && !r.own(f.Path) {
			seen[f.File.ID] = true
			b.files = append(b.files, &wanted{Found: f})
		}
	}
	slices.SortStableFunc(b.files, func(x, y *wanted) int { return x.File.MTime.Compare(y.File.MTime) })
	b.listed = true
}

// settle finds out which generation f is, and makes it one if it is none. An error says
// why it cannot be shipped.
func (r *registry) settle(ctx context.Context, f *wanted, v *view) error {
	if f.File.Size == 0 {
		f.settled, f.done = true, true
		return nil
	}
	if g := r.byID[f.File.ID]; g != nil && r.knows(ctx, g, &f.Found, v.now) {
		f.assign(g)
		return nil
	}
	if !f.relocate() {
		return errReplaced
	}
	if _, packed := archive.Plain(f.Path); packed {
		return r.settlePacked(ctx, f, v)
	}
	return r.settlePlain(ctx, f, v)
}

// relocate finds the name of f if it was renamed since it was found.
func (f *wanted) relocate() bool {
	if st, err := identity.Stat(f.Path); err == nil && st.ID == f.File.ID {
		return true
	}
	dir := filepath.Dir(f.Path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		st, err := identity.Stat(name)
		if err == nil && st.ID == f.File.ID && st.Size == f.File.Size && st.MTime.Equal(f.File.MTime) {
			f.Path = name
			return true
		}
	}
	return false
}

// assign says that f is g.
func (f *wanted) assign(g *generation) {
	f.settled, f.gen = true, g
	g.src.mu.Lock()
	defer g.src.mu.Unlock()
	f.from, f.lines = g.acked.Load().offset, g.lines.Load()
	if !g.packed {
		f.end = f.File.Size
	}
	f.done = f.finished()
}

// finished says that f was shipped as far as it is to be. Its source's mu is held.
func (f *wanted) finished() bool {
	g := f.gen
	at, acked := g.at(), g.acked.Load().offset
	switch {
	case acked < at:
		return false
	case g.done:
		return true
	}
	return !g.packed && (at >= f.end || g.fault == intact && g.size >= f.end && g.searched == g.size && !g.src.old)
}

// knows says whether f is still the content of g, whose file it is, and has g read on
// if it has grown.
func (r *registry) knows(ctx context.Context, g *generation, f *discover.Found, now time.Time) bool {
	if !g.src.old {
		r.met(ctx, g, f, now)
		return r.byID[f.File.ID] == g
	}
	src := g.src
	src.mu.Lock()
	defer src.mu.Unlock()
	same := f.File.Size == g.size && f.File.MTime.Equal(g.mtime)
	switch {
	case same || g.stream != nil || g.file != nil:
	case g.packed || f.File.Size < g.at() || !r.copied(g, f):
		r.replaced(g) // its inode was given to another file
		return false
	case g.done && f.File.Size > g.at():
		g.done, g.listed, g.held, g.grew = false, f.File.Size, f.File.Size, earlier(f.File.MTime, now)
		r.s.schedule.ask(ctx, src)
	default:
		g.size, g.mtime = f.File.Size, f.File.MTime
	}
	return true
}

// related are the sources that can have a generation that f is: f's name may be one that
// rotation gives to their path.
func (r *registry) related(plain string) []*source {
	var out []*source
	for _, path := range append(identity.Originals(plain), plain) {
		for _, m := range []map[string]*source{r.s.sources, r.s.old} {
			if src := m[path]; src != nil {
				out = append(out, src)
			}
		}
	}
	return out
}

func (r *registry) settlePacked(ctx context.Context, f *wanted, v *view) error {
	plain, _ := archive.Plain(f.Path)
	sources := r.related(plain)
	e, ok := r.examine(f, sources, v.now)
	switch {
	case !ok:
		return nil // the next scan asks again
	case e == nil:
		return errors.New(r.problems[f.Path])
	case e.facts.Head.Len == 0:
		f.settled, f.done = true, true // there is nothing in it
		return nil
	}
	for _, src := range sources {
		src.mu.Lock()
		h := r.heldBy(src, e)
		if h.by != nil && !h.copy {
			r.pack(h.by, &f.Found, h.more)
			r.s.schedule.ask(ctx, src)
		}
		src.mu.Unlock()
		switch {
		case h.wait:
			return nil // first that is read to its end
		case h.copy:
			f.settled, f.done, f.copy = true, true, true
			return nil
		case h.by != nil:
			f.assign(h.by)
			return nil
		}
	}
	src := r.oldSource(r.origin(plain))
	src.mu.Lock()
	g := r.birth(src, &f.Found, e.facts.Head, v.now, r.place(src, &f.Found))
	g.away, g.packed = v.now, true
	g.size, g.mtime = f.File.Size, f.File.MTime
	src.mu.Unlock()
	f.assign(g)
	return nil
}

func (r *registry) examine(f *wanted, sources []*source, now time.Time) (e *exam, ok bool) {
	var lives []archive.Life
	for _, src := range sources {
		src.mu.Lock()
		lives = append(lives, r.lives(src)...)
		src.mu.Unlock()
	}
	return r.look(&f.Found, lives, now)
}

func (r *registry) settlePlain(ctx context.Context, f *wanted, v *view) error {
	for _, src := range r.related(f.Path) {
		src.mu.Lock()
		g := r.same(src, &f.Found)
		goesOn := g != nil && g.packed && f.File.Size > g.at() // what was compressed is its beginning
		if goesOn && !g.done && g.fault == intact {
			src.mu.Unlock()
			return nil // the archive is read to its end first
		}
		if g != nil && g.over() && (goesOn || !r.there(g)) { // it was restored, or decompressed again
			g.close()
			delete(r.byID, g.id)
			g.id, g.seen, g.packed, g.unseen = f.File.ID, f.Path, false, time.Time{}
			g.size, g.mtime, g.listed = 0, time.Time{}, f.File.Size
			g.done = f.File.Size <= g.at()
			r.byID[g.id] = g
			r.s.dirty.Store(true)
			r.s.schedule.ask(ctx, src)
		}
		src.mu.Unlock()
		if g != nil {
			f.assign(g)
			return nil
		}
	}
	if r.s.entry(f.Path) != nil && !r.s.excluded(f.Path) { // it is shipped anyway
		if r.classify(ctx, &f.Found, v) {
			f.settled, f.done, f.copy = true, true, true
		}
		if g := r.byID[f.File.ID]; g != nil {
			f.assign(g)
		}
		return nil
	}
	src := r.oldSource(r.origin(f.Path))
	src.mu.Lock()
	g := r.register(src, &f.Found, v.now, r.place(src, &f.Found))
	if g != nil {
		g.away = v.now
	}
	src.mu.Unlock()
	if g == nil {
		if text := r.problems[f.Path]; text != "" {
			return errors.New(text)
		}
		return nil // it was renamed meanwhile
	}
	f.assign(g)
	return nil
}

// same returns the generation of src that f is another file of. src.mu is held.
func (r *registry) same(src *source, f *discover.Found) *generation {
	for _, g := range src.gens {
		if g.over() && r.copied(g, f) || !g.over() && r.agrees(g, f) {
			return g
		}
	}
	return nil
}

// origin is the path of the source to which a file belongs by its name: the one that it
// had before its rotation, if that is known, there, or plain to see.
func (r *registry) origin(plain string) string {
	originals := identity.Originals(plain)
	for _, path := range originals {
		if r.s.sources[path] != nil || r.s.old[path] != nil {
			return path
		}
	}
	for _, path := range originals {
		if _, err := identity.Stat(path); err == nil {
			return path
		}
	}
	base := plain
	for _, path := range originals {
		if strings.HasPrefix(plain, path) { // what rotation added stands at the end
			base = path
		}
	}
	return base
}

// excluded says whether the configuration leaves a path out.
func (s *Shipper) excluded(path string) bool {
	return slices.ContainsFunc(s.cfg.Exclude, func(x string) bool { return discover.Match(x, path) })
}

// tell computes the progress.
func (b *backfill) tell() Progress {
	p := Progress{Files: len(b.files), Problems: slices.Clone(b.problems), Finished: b.listed}
	for _, f := range b.files {
		if f.gen == nil {
			if f.done {
				p.Done++
				if f.copy {
					p.Already++
				}
			}
			p.Finished = p.Finished && f.done
			if !f.settled {
				p.Bytes += f.File.Size
			}
			continue
		}
		f.gen.src.mu.Lock()
		before := f.done && f.gen.acked.Load().offset == f.from
		f.done = f.done || f.finished()
		end := cmp.Or(f.end, f.gen.listed)
		if f.done {
			end = f.gen.acked.Load().offset
		}
		if before {
			p.Already++
		} else {
			p.Bytes += max(0, end-f.from)
			p.Acked += max(0, min(end, f.gen.acked.Load().offset)-f.from)
			p.Lines += f.gen.lines.Load() - f.lines
		}
		f.gen.src.mu.Unlock()
		if f.done {
			p.Done++
		}
		p.Finished = p.Finished && f.done
	}
	return p
}

// oldSource returns the source of old files that belong to path, made if need be.
func (r *registry) oldSource(path string) *source {
	path = filepath.Clean(path)
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	src := r.s.old[path]
	if src == nil {
		src = r.s.newSource(path)
		src.old = true
		r.s.old[path] = src
	}
	return src
}

// promote makes the generation of an old file one of the live source: the file is there
// still, and its path is among those that are shipped. It returns false as long as lines of
// it are on their way.
func (r *registry) promote(g *generation, f *discover.Found) bool {
	old := g.src
	old.mu.Lock()
	if g.file == nil && (f.File.Size < g.at() || !r.copied(g, f)) {
		r.replaced(g) // its inode was given to another file
	}
	if r.byID[g.id] != g || g.acked.Load().offset != g.at() || g.file != nil {
		old.mu.Unlock()
		return false
	}
	old.gens = slices.DeleteFunc(old.gens, func(x *generation) bool { return x == g })
	old.mu.Unlock()
	src := r.source(old.path)
	src.mu.Lock()
	defer src.mu.Unlock()
	g.src = src
	g.away, g.done, g.unseen = time.Time{}, false, time.Time{}
	src.gens = append(src.gens, g)
	r.s.dirty.Store(true)
	return true
}
