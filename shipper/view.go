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

// strangers are the files beside path, under names that rotation gives to it, which
// belong to no generation; oldest first. The mu of path's source is held.
func (r *registry) strangers(v *view, path string) []discover.Found {
	var out []discover.Found
	for _, name := range v.folder(path).rotated[path] {
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

// reused says whether f is the file of a finished generation of path, and holds something
// else by now: a newer copy was written over an older one, or got its inode. It belongs to
// no generation then.
func (r *registry) reused(g *generation, path string, f *discover.Found) bool {
	if g.src.path != path || !g.done || f.File.Size == g.size && f.File.MTime.Equal(g.mtime) || r.copied(g, f) {
		return false
	}
	g.close()
	delete(r.byID, g.id)
	g.id = identity.ID{}
	r.s.dirty.Store(true)
	return true
}
