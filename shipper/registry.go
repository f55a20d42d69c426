package shipper

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/archive"
	"foghorn/shipper/checkpoint"
	"foghorn/shipper/discover"
	"foghorn/shipper/identity"
)

const (
	// saveEvery bounds how often the checkpoint is written; one that takes long to write is
	// written less often, so that it takes a twentieth of the time.
	saveEvery = time.Second
	// scanGap is the least time between two scans that workers ask for.
	scanGap = 50 * time.Millisecond
	// progressEvery is how often the registry looks how far a backfill is.
	progressEvery = 200 * time.Millisecond
	// forgetAfter is how long a finished generation is remembered whose file no scan meets,
	// keepUnseen how many of them a source has at most.
	forgetAfter = 24 * time.Hour
	keepUnseen  = 16
	// keepBeside is how many of them a source has at most while rotated files are beside it.
	keepBeside = 256
)

// registry knows which file is which. It is one goroutine: it scans, gives generations to
// files, finds where the content of a generation went, and saves the checkpoint.
type registry struct {
	s     *Shipper
	store *checkpoint.Store
	log   zerolog.Logger

	epoch, births uint64
	byID          map[identity.ID]*generation
	problems      map[string]string // path to what was logged about it
	unsaved       []*generation     // found, and not in the checkpoint yet
	saved         time.Time
	saveTook      time.Duration
	exams         *examiner
	first         bool // no scan was done yet
	unsure        bool // a file may be another generation's; its worker finds out
	busy          bool // with a backfill, whose progress is wanted often
}

func (s *Shipper) newRegistry(store *checkpoint.Store) (*registry, error) {
	r := &registry{
		s: s, store: store, log: s.log, byID: map[identity.ID]*generation{},
		problems: map[string]string{}, first: true,
		exams: &examiner{told: func() { s.examined.Add(1); s.kick() }, wake: make(chan struct{}, 1), known: map[identity.ID]*exam{}},
	}
	st, ok, err := store.Load()
	if err != nil {
		return nil, err
	}
	if !ok {
		r.epoch = randomEpoch()
		s.log.Info().Str("path", store.Path()).Msg("no checkpoint yet: every file is shipped from its beginning")
		return r, nil
	}
	r.epoch, r.births = st.Epoch, st.Births
	now := time.Now()
	for i := range st.Files {
		sourceOf := r.source
		if st.Files[i].Old {
			sourceOf = r.oldSource
		}
		src := sourceOf(st.Files[i].Path)
		g := restore(src, &st.Files[i], now)
		src.mu.Lock()
		src.gens = append(src.gens, g)
		src.mu.Unlock()
		if g.id != (identity.ID{}) {
			r.byID[g.id] = g
		}
	}
	return r, nil
}

// source returns the source of a path, made if need be.
func (r *registry) source(path string) *source {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	src := r.s.sources[path]
	if src == nil {
		src = r.s.newSource(path)
		r.s.sources[path] = src
	}
	return src
}

func (s *Shipper) newSource(path string) *source {
	return &source{id: pipeline.SourceID(s.cfg.Host, path), path: path, open: &s.open, wake: make(chan struct{}, 1)}
}

// all gives every source; only this goroutine changes the maps.
func (r *registry) all(yield func(src *source) bool) {
	for _, m := range []map[string]*source{r.s.sources, r.s.old} {
		for _, src := range m {
			if !yield(src) {
				return
			}
		}
	}
}

// run scans until ctx ends: every ScanInterval, and soon after a worker asked for it.
func (r *registry) run(ctx context.Context) {
	r.exams.turn = func() (func(), error) {
		reader, ok := r.s.reader(ctx)
		if !ok {
			return nil, ctx.Err()
		}
		return func() { r.s.readers <- reader }, nil
	}
	var wg sync.WaitGroup
	wg.Go(func() { r.exams.run(ctx) })
	defer wg.Wait()
	for ctx.Err() == nil {
		start := time.Now()
		r.scan(ctx, start)
		took := time.Since(start)
		if r.s.dirty.Load() && time.Since(r.saved) >= max(saveEvery, 20*r.saveTook) {
			r.keep()
		}
		// However many files there are, scanning takes a sixteenth of the time, and a fifth
		// at most while workers ask for it.
		if !pause(ctx, max(scanGap, 4*took)) {
			return
		}
		every := r.s.cfg.ScanInterval
		if r.busy {
			every = min(every, progressEvery)
		}
		timer := time.NewTimer(max(0, max(every, 16*took)-time.Since(start)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.s.kicks:
		}
		timer.Stop()
	}
}

// keep saves and logs when that fails; shipping of known files goes on meanwhile, new
// files wait.
func (r *registry) keep() bool {
	failed := r.s.unable.Load() != nil
	if err := r.save(); err != nil {
		r.s.metrics.errors.Inc()
		r.s.unable.Store(&err)
		if !failed {
			r.log.Error().Err(err).Msg("checkpoint cannot be saved, trying again; new files wait")
		}
		return false
	}
	r.s.unable.Store(nil)
	if failed {
		r.log.Info().Msg("checkpoint is saved again")
	}
	return true
}

// save writes the checkpoint.
func (r *registry) save() error {
	r.s.dirty.Store(false)
	st := checkpoint.State{Epoch: r.epoch, Births: r.births}
	for src := range r.all {
		src.mu.Lock()
		for _, g := range src.gens {
			st.Files = append(st.Files, g.snapshot())
		}
		src.mu.Unlock()
	}
	r.saved = time.Now()
	err := r.store.Save(&st)
	r.saveTook = time.Since(r.saved)
	if err != nil {
		r.s.dirty.Store(true)
	}
	return err
}

// close closes all files.
func (r *registry) close() {
	for src := range r.all {
		src.mu.Lock()
		for _, g := range src.gens {
			g.close()
			if g.stream != nil {
				g.closeStream()
			}
		}
		src.mu.Unlock()
	}
}

// scan looks at everything once.
func (r *registry) scan(ctx context.Context, now time.Time) {
	var found []discover.Found
	if !r.s.only {
		var problems []discover.Problem
		found, problems = discover.Scan(r.s.cfg.Paths, r.s.cfg.Exclude)
		found = r.s.chosen(found)
		r.report(problems)
	}
	v := newView(now)
	for i := range found {
		f := &found[i]
		v.paths[f.Path] = f.File.ID
		if _, ok := v.ids[f.File.ID]; !ok {
			v.ids[f.File.ID] = f.Path
		}
	}
	for i := range found {
		if g := r.byID[found[i].File.ID]; g != nil {
			r.met(ctx, g, &found[i], now)
		}
	}
	for src := range r.all {
		r.check(ctx, src, v)
	}
	held := 0
	for i := range found {
		f := &found[i]
		if _, packed := archive.Plain(f.Path); packed {
			continue // it belongs to the file that it was, see missedArchives
		}
		if f.File.Size > 0 && r.byID[f.File.ID] == nil && !r.own(f.Path) {
			if r.classify(ctx, f, v) {
				held++
			}
		}
	}
	r.s.mu.Lock()
	r.s.held = held
	r.s.mu.Unlock()
	r.busy = r.backfill(ctx, v)
	r.release(ctx)
	r.first = false
}

// met takes note of a file that is known, and calls for a worker when it has changed.
func (r *registry) met(ctx context.Context, g *generation, f *discover.Found, now time.Time) {
	if g.src.old {
		if f.Path != g.src.path || g.packed {
			r.knows(ctx, g, f, now)
			return
		}
		if !r.promote(g, f) {
			return
		}
	}
	src := g.src
	src.mu.Lock()
	if g.packed {
		if plain, ok := archive.Plain(f.Path); !ok || plain == f.Path || f.File.Size != g.size && g.stream == nil {
			r.replaced(g)
			r.s.schedule.ask(ctx, src)
		}
		src.mu.Unlock()
		return
	}
	changed := f.File.Size != g.size || !f.File.MTime.Equal(g.mtime)
	call := !g.done && (changed || src.failure != "" || r.first && f.File.Size != g.at())
	if g.done && g.fault == intact && (changed || r.first && f.File.Size > g.at()) {
		g.check, call = true, true
	}
	if !g.done {
		g.listed = f.File.Size
		g.ages.grew(f.File.Size, earlier(f.File.MTime, now))
	}
	if g.seen != f.Path && g.seen != "" {
		if st, err := identity.Stat(g.seen); err != nil || st.ID != g.id {
			g.seen = f.Path
			r.s.dirty.Store(true)
		}
	}
	if !g.unseen.IsZero() {
		g.unseen = time.Time{}
		r.s.dirty.Store(true)
	}
	src.mu.Unlock()
	if call {
		r.s.schedule.ask(ctx, src)
	}
}

// replaced says that the file of g, an archive, is something else by now. src.mu is held.
func (r *registry) replaced(g *generation) {
	delete(r.byID, g.id)
	g.id = identity.ID{}
	if !g.done {
		g.fault = gone
	}
	r.s.dirty.Store(true)
}

// own says that a file is the shipper's.
func (r *registry) own(path string) bool {
	return filepath.Dir(path) == filepath.Clean(r.s.cfg.DataDir)
}

// report logs what could not be looked at, once per path and reason.
func (r *registry) report(problems []discover.Problem) {
	seen := make(map[string]bool, len(problems))
	for _, p := range problems {
		seen[p.Path] = true
		r.problem(p.Path, p.Err)
	}
	for path := range r.problems {
		if !seen[path] {
			if f, err := identity.Stat(path); err != nil || r.byID[f.ID] != nil {
				delete(r.problems, path)
			}
		}
	}
}

func (r *registry) problem(path string, err error) {
	if r.problems[path] == err.Error() {
		return
	}
	r.problems[path] = err.Error()
	r.s.metrics.errors.Inc()
	r.log.Warn().Str("path", path).Err(err).Msg("file or folder cannot be read, trying again")
}

// release saves what was found, and only then lets it be read: the generation of a line
// is on disk before the line is produced.
func (r *registry) release(ctx context.Context) {
	if len(r.unsaved) == 0 || !r.keep() {
		return
	}
	for _, g := range r.unsaved {
		g.src.mu.Lock()
		g.saved = true
		g.src.mu.Unlock()
	}
	for _, g := range r.unsaved {
		r.s.schedule.ask(ctx, g.src)
	}
	r.unsaved = nil
}
