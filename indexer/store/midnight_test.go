package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// failingSync is a disk whose folders cannot be synced while it is set.
type failingSync struct {
	OS
	fail bool
}

func (f *failingSync) SyncDir(name string) error {
	if f.fail {
		return errors.New("input/output error")
	}
	return f.OS.SyncDir(name)
}

// TestACommitRepeatedAfterMidnightIsInTheStoreOnce: what failed at its last step may be
// on the disk already, in the folder of the day before.
func TestACommitRepeatedAfterMidnightIsInTheStoreOnce(t *testing.T) {
	cfg := testConfig(t.TempDir())
	now := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	disk := &failingSync{}
	s := mustOpen(t, cfg, Deps{FS: disk, Now: func() time.Time { return now }})
	feed := newFeeder()
	lines := feed.record("a", 1, 25)
	if _, err := s.Append(t.Context(), 0, 1, lines[:5]); err != nil {
		t.Fatal(err)
	}
	if err := s.Seal(); err != nil { // the day's folder is there
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), 0, 2, lines[5:]); err != nil {
		t.Fatal(err)
	}
	disk.fail = true
	if err := s.Seal(); err == nil {
		t.Fatal("no error of the disk")
	}
	disk.fail, now = false, now.Add(2*time.Second)
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // as it is, and after a restart
		if diff := cmp.Diff(map[string][]string{"a": linesOf(lines)}, contents(t, s)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if n := s.Sources()[0].Lines; n != 25 {
			t.Errorf("%d lines, want 25", n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, cfg, Deps{})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
