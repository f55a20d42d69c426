package checkpoint

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/shipper/identity"
)

func sample() State {
	born := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	return State{
		Epoch: 1<<64 - 1, Births: 7,
		Files: []File{
			{
				Path: "/var/log/app.log", Seen: "/var/log/app.log.1", ID: identity.ID{Dev: 1, Ino: 2},
				Generation: 1<<64 - 2, Born: born, Offset: 1234, Size: 1234, MTime: born,
				Head: identity.PrintOf(0, []byte("head")), Anchor: identity.PrintOf(1200, []byte("line")),
				Away: true, Done: true, Unseen: born,
			},
			{Path: "/var/log/app.log", Seen: "/var/log/app.log", ID: identity.ID{Dev: 1, Ino: 3}, Generation: 5, Born: born, MTime: born},
		},
	}
}

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSaveAndLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "if need be")
	s := open(t, dir)
	if _, ok, err := s.Load(); ok || err != nil {
		t.Fatalf("never saved: ok %v, error %v", ok, err)
	}
	for _, want := range []State{sample(), {Epoch: 1}} {
		if err := s.Save(&want); err != nil {
			t.Fatal(err)
		}
		have, ok, err := s.Load()
		if err != nil || !ok {
			t.Fatalf("ok %v, error %v", ok, err)
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("state (-want +have):\n%s", d)
		}
	}
}

func TestPathsThatAreNotUTF8ComeBackAsTheyWere(t *testing.T) {
	s := open(t, t.TempDir())
	want := State{Files: []File{
		{Path: "/logs/a.log", Seen: "/logs/a.log.1"},
		{Path: "/logs/caf\xe9.log", Seen: "/logs/caf\xe9.log.1"},
		{Path: "/logs/b.log", Seen: "/logs/\xff"},
	}}
	saved := State{Files: append([]File(nil), want.Files...)}
	if err := s.Save(&saved); err != nil {
		t.Fatal(err)
	}
	have, _, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("state (-want +have):\n%s", d)
	}
	if d := cmp.Diff(want, saved); d != "" {
		t.Errorf("Save changed the state (-want +have):\n%s", d)
	}
}

func TestOneFolderBelongsToOneProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := Open(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("want %v, have %v", ErrLocked, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestBadCheckpointIsAnError(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	st := sample()
	if err := s.Save(&st); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		text []byte
		want error
	}{
		{"empty", nil, ErrDamaged},
		{"cut short", good[:len(good)/2], ErrDamaged},
		{"an offset changed", bytes.Replace(good, []byte(`"offset":1234`), []byte(`"offset":1235`), 1), ErrDamaged},
		{"of a newer version", bytes.Replace(good, []byte(`"version":2`), []byte(`"version":3`), 1), ErrNewer},
		{"of no version", []byte(`{}`), ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			if bytes.Equal(c.text, good) {
				t.Fatal("nothing was changed")
			}
			if err := os.WriteFile(s.Path(), c.text, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Load(); !errors.Is(err, c.want) {
				t.Errorf("want %v, have %v", c.want, err)
			}
		})
	}
}

func TestKillWhileSavingLeavesTheOldState(t *testing.T) {
	s := open(t, t.TempDir())
	want := sample()
	if err := s.Save(&want); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Path()+".tmp", []byte(`{"version":1,"su`), 0o644); err != nil {
		t.Fatal(err)
	}
	have, ok, err := s.Load()
	if err != nil || !ok || !cmp.Equal(want, have) {
		t.Errorf("ok %v, error %v, state %+v", ok, err, have)
	}
	if err := s.Save(&want); err != nil {
		t.Errorf("save over the leftover: %v", err)
	}
}

func TestOlderVersionsStillOpen(t *testing.T) {
	packed := sample()
	packed.Files[0].Packed, packed.Files[1].Old = true, true
	for version, want := range map[string]State{"v1": sample(), "v2": packed} {
		t.Run(version, func(t *testing.T) { opens(t, version, want) })
	}
}

func opens(t *testing.T, version string, want State) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", version, "checkpoint.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, t.TempDir())
	if err := os.WriteFile(s.Path(), b, 0o644); err != nil {
		t.Fatal(err)
	}
	have, ok, err := s.Load()
	if err != nil || !ok {
		t.Fatalf("ok %v, error %v", ok, err)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("state (-want +have):\n%s", d)
	}
}
