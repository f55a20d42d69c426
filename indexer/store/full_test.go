package store

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// fullDisk has room for small files only, while the folder old is there.
type fullDisk struct {
	OS
	old atomic.Pointer[string]
}

func (d *fullDisk) Create(name string) (File, error) {
	f, err := d.OS.Create(name)
	return &fullFile{File: f, disk: d}, err
}

type fullFile struct {
	File
	disk *fullDisk
	size int
}

func (f *fullFile) Write(b []byte) (int, error) {
	if f.size += len(b); f.size > 600 {
		if old := f.disk.old.Load(); old != nil {
			if _, err := os.Stat(*old); err == nil {
				return 0, syscall.ENOSPC
			}
		}
	}
	return f.File.Write(b)
}

// TestAFullDiskIsHelpedByRetention: the writer resumes when there is room, and old days are
// removed while it waits for that.
func TestAFullDiskIsHelpedByRetention(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.RetainAge = 24 * time.Hour
	var now atomic.Int64
	now.Store(epoch.UnixNano())
	disk := &fullDisk{}
	failed := make(chan error, 1)
	s := mustOpen(t, cfg, Deps{FS: disk, Now: func() time.Time { return time.Unix(0, now.Load()) }, Failed: func(err error) {
		select {
		case failed <- err:
		default:
		}
	}})
	feed := newFeeder()
	if _, err := s.Append(t.Context(), 0, 1, feed.record("a", 1, 5)); err != nil {
		t.Fatal(err)
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	old := s.dayDir(dayOf(epoch))
	disk.old.Store(&old)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	if _, err := s.Append(t.Context(), 0, 2, feed.record("b", 1, cfg.SegmentLines)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-failed:
	case <-time.After(20 * time.Second):
		t.Fatal("the disk was not full")
	}
	now.Add(int64(10 * 24 * time.Hour))
	for deadline := time.Now().Add(10 * time.Second); s.Stats().HeadLines > 0; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing was removed: %v", s.Ready())
		}
	}
	if err := s.Ready(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
