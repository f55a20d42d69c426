package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"foghorn/pipeline/query"
)

// TestThinningOnAFullDiskLosesNothingAndIsTriedAgain: new lines go on to be taken and sealed,
// and no half-written file stays.
func TestThinningOnAFullDiskLosesNothingAndIsTriedAgain(t *testing.T) {
	keep := rule(t, "user3 OR level:>=error", 90*day)
	for _, step := range []int{0, 1, 4, 9, 13} {
		disk := newFaultFS()
		d := newDiary(t, 19, disk)
		d.write(150)
		d.now = d.now.Add(4 * day)
		if err := d.store.SetRetention(Retention{RetainAge: 2 * day, RetainKeep: []KeepRule{keep}}); err != nil {
			t.Fatal(err)
		}
		all := d.left(func(int) []query.Node { return nil })
		disk.set(step, syscall.ENOSPC)
		if _, err := d.store.thinNext(nil); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("step %d: error %v, want %v", step, err, syscall.ENOSPC)
		}
		if err := d.store.Ready(); err != nil {
			t.Errorf("step %d: not ready: %v", step, err)
		}
		d.check(fmt.Sprintf("full at step %d", step), all)
		disk.set(-1, nil)
		d.write(30)
		if err := d.store.Retain(); err != nil {
			t.Fatal(err)
		}
		want := d.left(func(i int) []query.Node { return [][]query.Node{{keep.Query}, nil}[i] })
		d.check(fmt.Sprintf("full at step %d, tried again", step), want)
		d.reopen()
		d.check(fmt.Sprintf("full at step %d, opened again", step), want)
		left, err := filepath.Glob(filepath.Join(d.cfg.Dir, daysDir, "*", "*"+tmpSuffix))
		if err != nil || len(left) > 0 {
			t.Errorf("step %d: left over: %v, %v", step, left, err)
		}
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThinningStopsAtOnce when it is asked to, and goes on at the next start.
func TestThinningStopsAtOnce(t *testing.T) {
	d := newDiary(t, 23, nil)
	d.write(200)
	d.now = d.now.Add(4 * day)
	keep := rule(t, "user3", 90*day)
	if err := d.store.SetRetention(Retention{RetainAge: 2 * day, RetainKeep: []KeepRule{keep}}); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	close(stop)
	if more, err := d.store.thinNext(stop); more || !errors.Is(err, errStopped) {
		t.Errorf("%t, %v, want %v", more, err, errStopped)
	}
	d.check("stopped", d.left(func(int) []query.Node { return nil }))
	d.retain(2*day, keep)
	d.check("gone on", d.left(func(int) []query.Node { return []query.Node{keep.Query} }))
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRunThinsWhileLinesComeIn, as soon as the rules are changed.
func TestRunThinsWhileLinesComeIn(t *testing.T) {
	cfg := testConfig(t.TempDir())
	var now atomic.Int64
	now.Store(epoch.UnixNano())
	removed := make(chan Removed, 100)
	s := mustOpen(t, cfg, Deps{
		Now: func() time.Time { return time.Unix(0, now.Load()) }, Failed: func(err error) { t.Error(err) },
		Removed: func(r Removed) { removed <- r },
	})
	feed := newFeeder()
	for range 10 {
		if _, err := s.Append(t.Context(), 0, feed.next, feed.record("a", 1, 40)); err != nil {
			t.Fatal(err)
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	now.Add(int64(4 * day))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	if err := s.SetRetention(Retention{RetainAge: day, RetainKeep: []KeepRule{rule(t, "user3", 90*day)}}); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := s.Append(ctx, 0, feed.next, feed.record("b", 1, 40)); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case r := <-removed:
		if r.Reason != ByQuery || r.Lines == 0 || r.Bytes == 0 || r.DiskBytes == 0 || r.Day != dayOf(epoch) {
			t.Errorf("removed %+v", r)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was thinned")
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	have := contents(t, s)
	for _, line := range have["a"] {
		if !strings.Contains(line, " user3 ") {
			t.Fatalf("%s is left", line)
		}
	}
	if len(have["a"]) == 0 || len(have["b"]) != 800 {
		t.Errorf("%d and %d lines, want some and 800", len(have["a"]), len(have["b"]))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// crammedDisk has no room at all while a file is there.
type crammedDisk struct {
	OS
	while atomic.Pointer[string]
}

func (d *crammedDisk) Create(name string) (File, error) {
	f, err := d.OS.Create(name)
	return &crammedFile{f, d}, err
}

type crammedFile struct {
	File
	disk *crammedDisk
}

func (f *crammedFile) Write(b []byte) (int, error) {
	if file := f.disk.while.Load(); file != nil {
		if _, err := os.Stat(*file); err == nil {
			return 0, syscall.ENOSPC
		}
	}
	return f.File.Write(b)
}

// TestADiskWithoutAnyRoomIsHelpedByRetention: the marks of the days that are removed have to
// be kept first, and the days' term indexes make the room for them.
func TestADiskWithoutAnyRoomIsHelpedByRetention(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.RetainAge = 2 * day
	now := epoch
	disk := &crammedDisk{}
	deps := Deps{FS: disk, Now: func() time.Time { return now }}
	s := mustOpen(t, cfg, deps)
	feed := newFeeder()
	old := feed.record("a", 1, 20)
	if _, err := s.Append(t.Context(), 0, 1, old); err != nil {
		t.Fatal(err)
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	terms := filepath.Join(s.dayDir(dayOf(now)), termDir)
	if err := os.MkdirAll(terms, 0o750); err != nil {
		t.Fatal(err)
	}
	disk.while.Store(&terms)
	now = now.Add(4 * day)
	if err := s.Retain(); err != nil {
		t.Fatal(err)
	}
	if n := len(contents(t, s)); n != 0 {
		t.Errorf("%d sources are left", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, cfg, deps)
	a, err := s.Append(t.Context(), 0, 2, old)
	if err != nil || a.Duplicates != 20 || a.Lines != 0 {
		t.Errorf("again: %+v, %v, want 20 duplicates", a, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestADayWhoseFolderIsGoneIsNoEndlessWork for merging and thinning: it is told as a failure.
func TestADayWhoseFolderIsGoneIsNoEndlessWork(t *testing.T) {
	d := newDiary(t, 29, nil)
	d.write(100)
	if err := os.RemoveAll(d.store.dayDir(dayOf(epoch))); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(4 * day)
	if err := d.store.SetRetention(Retention{RetainAge: 2 * day, RetainKeep: []KeepRule{rule(t, "user3", 90*day)}}); err != nil {
		t.Fatal(err)
	}
	if more, err := d.store.thinNext(nil); more || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("thinning: %t, %v, want %v", more, err, os.ErrNotExist)
	}
	if more, err := d.store.mergeNext(nil, true); more || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("merging: %t, %v, want %v", more, err, os.ErrNotExist)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}
