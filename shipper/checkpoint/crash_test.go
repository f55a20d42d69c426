package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errCut = errors.New("the power is cut")

// cutDisk is a disk that is cut at a step. It knows what of it survives.
type cutDisk struct {
	step, cut int // the cut comes at this step, which is done in part

	names map[string]*content // in memory
	saved map[string]*content // on the disk
}

// content is what a file holds, and what of it is on the disk for sure.
type content struct {
	b      []byte
	synced bool
}

func (d *cutDisk) next() (cut bool) {
	d.step++
	return d.step >= d.cut
}

func (d *cutDisk) create(path string) (file, error) {
	if d.next() {
		return nil, errCut
	}
	f := &content{}
	d.names[path] = f
	return cutFile{f, d}, nil
}

type cutFile struct {
	*content
	disk *cutDisk
}

func (f cutFile) Write(b []byte) (int, error) {
	if f.disk.next() {
		f.b = b[:len(b)/2]
		return len(f.b), errCut
	}
	f.b = b
	return len(b), nil
}

func (f cutFile) Sync() error {
	if f.disk.next() {
		return errCut
	}
	f.synced = true
	return nil
}

func (cutFile) Close() error { return nil }

func (d *cutDisk) rename(from, to string) error {
	if d.next() {
		return errCut
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *cutDisk) syncFolder(string) error {
	if d.next() {
		return errCut
	}
	d.saved = map[string]*content{}
	for name, f := range d.names {
		d.saved[name] = f
	}
	return nil
}

// outcomes are the folders that a machine can find after the cut: names as they were in
// memory, which is what a kill leaves, or as the folder was synced last, and of files that
// were not synced all bytes, some or none.
func (d *cutDisk) outcomes() []map[string][]byte {
	var out []map[string][]byte
	for _, names := range []map[string]*content{d.names, d.saved} {
		for _, part := range []int{0, 1, 2} {
			files := map[string][]byte{}
			for name, f := range names {
				files[name] = f.b
				if !f.synced {
					files[name] = f.b[:len(f.b)*part/2]
				}
			}
			out = append(out, files)
		}
	}
	return out
}

// TestAfterAKillOrAPowerCutAtAnyMomentLoadReturnsAStateThatWasSavedWhole cuts at every step
// of Save; once Save has returned, that State or a newer one is there.
func TestAfterAKillOrAPowerCutAtAnyMomentLoadReturnsAStateThatWasSavedWhole(t *testing.T) {
	before, after := sample(), sample()
	after.Births = 8
	after.Files[0].Offset = 99999
	done := false
	for cut := 1; !done; cut++ {
		dir := t.TempDir()
		d := &cutDisk{cut: 1000, names: map[string]*content{}, saved: map[string]*content{}}
		s := &Store{dir: dir, disk: d}
		if err := s.Save(&before); err != nil {
			t.Fatal(err)
		}
		d.step, d.cut = 0, cut
		err := s.Save(&after)
		if err != nil && !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		done = err == nil
		for i, files := range d.outcomes() {
			t.Run(fmt.Sprintf("cut at step %d, outcome %d", cut, i), func(t *testing.T) {
				folder := t.TempDir()
				for name, b := range files {
					if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), b, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				opened := open(t, folder)
				have, ok, err := opened.Load()
				if err != nil || !ok {
					t.Fatalf("ok %v, error %v", ok, err)
				}
				if !cmp.Equal(have, after) && (done || !cmp.Equal(have, before)) {
					t.Errorf("Save had returned: %v; state %+v", done, have)
				}
				if err := opened.Save(&after); err != nil {
					t.Errorf("save over what is left: %v", err)
				}
			})
		}
	}
}

// TestACutThatLeavesHalfACheckpointWouldBeSeen makes sure of the test above: without the
// sync of the file's bytes, or with the file written in place, some outcome is damaged.
func TestACutThatLeavesHalfACheckpointWouldBeSeen(t *testing.T) {
	st := sample()
	for name, broken := range map[string]func(d *cutDisk) disk{
		"bytes not synced": func(d *cutDisk) disk { return noSync{d} },
		"written in place": func(d *cutDisk) disk { return inPlace{d} },
	} {
		damaged := 0
		for cut := 1; cut <= 5; cut++ {
			d := &cutDisk{cut: 1000, names: map[string]*content{}, saved: map[string]*content{}}
			s := &Store{dir: "/d", disk: d}
			if err := s.Save(&st); err != nil {
				t.Fatal(err)
			}
			d.step, d.cut, s.disk = 0, cut, broken(d)
			if err := s.Save(&st); err != nil && !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			for _, files := range d.outcomes() {
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, fileName), files[s.Path()], 0o644); err != nil {
					t.Fatal(err)
				}
				if _, err := Read(dir); errors.Is(err, ErrDamaged) {
					damaged++
				}
			}
		}
		if damaged == 0 {
			t.Errorf("%s: no cut damages the checkpoint", name)
		}
	}
}

type noSync struct{ *cutDisk }

func (d noSync) create(path string) (file, error) {
	f, err := d.cutDisk.create(path)
	return unsynced{f}, err
}

type unsynced struct{ file }

func (unsynced) Sync() error  { return nil }
func (unsynced) Close() error { return nil }

type inPlace struct{ *cutDisk }

func (d inPlace) create(path string) (file, error) {
	return d.cutDisk.create(strings.TrimSuffix(path, ".tmp"))
}
func (inPlace) rename(_, _ string) error { return nil }
