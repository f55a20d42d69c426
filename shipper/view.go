package shipper

import (
	"os"
	"path/filepath"
	"sort"
	"time"

	"foghorn/shipper/archive"
	"foghorn/shipper/discover"
	"foghorn/shipper/identity"
)

// view is what one scan found, and the folders that it looked into for more.
type view struct {
	now     time.Time
	paths   map[string]identity.ID // of the files that the patterns name
	ids     map[identity.ID]string
	folders map[string]folder
}

// folder is one folder's names, by the path of which they may be rotated names.
type folder struct {
	mtime   int64 // from before it was read; 0 when it could not be
	rotated map[string][]string
	packed  map[string][]string // of compressed files
}

func newView(now time.Time) *view {
	return &view{
		now: now, paths: map[string]identity.ID{}, ids: map[identity.ID]string{}, folders: map[string]folder{},
	}
}

// folder returns the folder in which path is, read once per scan. One that cannot be
// read is empty: the search for patterns reports it.
func (v *view) folder(path string) folder {
	dir := filepath.Dir(path)
	f, ok := v.folders[dir]
	if ok {
		return f
	}
	f.rotated, f.packed = map[string][]string{}, map[string][]string{}
	if fi, err := os.Stat(dir); err == nil {
		f.mtime = fi.ModTime().UnixNano()
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.mtime = 0
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if plain, ok := archive.Plain(name); ok {
			for _, o := range append(identity.Originals(plain), plain) {
				f.packed[o] = append(f.packed[o], name)
			}
			continue
		}
		for _, o := range identity.Originals(name) {
			f.rotated[o] = append(f.rotated[o], name)
		}
	}
	v.folders[dir] = f
	return f
}

// strangers are the files beside that of src, under names that rotation gives to it, which
// belong to no generation; oldest first. src.mu is held.
func (r *registry) strangers(v *view, src *source) []discover.Found {
	return r.unknown(src, v.folder(src.path).rotated[src.path])
}

// unknown returns the files that belong to no generation, the oldest first. src.mu is held.
func (r *registry) unknown(src *source, names []string) []discover.Found {
	var out []discover.Found
	for _, name := range names {
		f, err := identity.Stat(name)
		if err != nil || !f.Regular || f.Size == 0 {
			continue
		}
		found := discover.Found{Path: name, File: f}
		if g := r.byID[f.ID]; g != nil && !r.reused(g, src, &found) {
			continue
		}
		out = append(out, found)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].File.MTime.Before(out[j].File.MTime) })
	return out
}

// reused says whether f is the file of g no more, though it has its inode, and holds
// something else: a newer copy was written over an older one, or the file was removed and
// another got its inode. It belongs to no generation then. src.mu is held.
func (r *registry) reused(g *generation, src *source, f *discover.Found) bool {
	if g.src != src {
		// Only this goroutine holds the mu of two sources, and so may wait for one.
		g.src.mu.Lock()
		defer g.src.mu.Unlock()
	} else if !g.done {
		return false // its worker finds out
	}
	if g.stream != nil || g.src == src && g.fault == intact && f.File.Size == g.size && f.File.MTime.Equal(g.mtime) {
		return false
	}
	if same, known := r.compare(g, f); same || !known {
		return false
	}
	switch {
	case g.done:
		g.close()
		g.id = identity.ID{}
	case g.file == nil && g.fault == intact:
		g.fault = truncated
	default: // its worker finds out
		g.check, r.unsure = true, true
		return false
	}
	delete(r.byID, f.File.ID)
	r.s.dirty.Store(true)
	return true
}
