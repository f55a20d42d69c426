package file_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/rules"
	"foghorn/rules/file"
)

func simple(id, match string) string {
	return "rules:\n  - {id: " + id + ", title: t, severity: low, match: '" + match + "'}\n"
}

func write(t *testing.T, path, text string) {
	t.Helper()
	hidden := filepath.Join(filepath.Dir(path), ".new")
	if err := os.WriteFile(hidden, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(hidden, path); err != nil {
		t.Fatal(err)
	}
}

func ids(s *rules.Set) (out []string) {
	for _, r := range s.Rules() {
		out = append(out, r.ID+" "+r.MatchText)
	}
	return out
}

// safe is a log that can be read while it is written.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// eventually polls until ok, or fails.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// The Watcher puts a new set in force when the files have changed; while any file has a
// fault, the rules that were in force stay, all of them, and the faults are logged once.
func TestWatcher(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yml"), simple("a", "one"))
	packed, err := file.Parse("pack.yml", []byte(simple("p", "pack")))
	if err != nil {
		t.Fatal(err)
	}
	pack, err := rules.NewSet(packed...)
	if err != nil {
		t.Fatal(err)
	}
	set, err := file.LoadSet(dir, pack)
	if err != nil {
		t.Fatal(err)
	}
	live := rules.NewLive(set)
	cfg := file.DefaultWatchConfig(dir)
	cfg.Interval = time.Millisecond
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	var log safe
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- file.NewWatcher(cfg, pack, live, zerolog.New(&log)).Run(ctx) }()

	write(t, filepath.Join(dir, "b.yaml"), simple("b", "two"))
	eventually(t, "a new file is in force", func() bool { return cmp.Equal(ids(live.Load()), []string{"a one", "b two", "p pack"}) })

	write(t, filepath.Join(dir, "c.yml"), simple("p", "mine"))
	eventually(t, "an own rule stands in for the pack's", func() bool { return cmp.Equal(ids(live.Load()), []string{"a one", "b two", "p mine"}) })

	before := live.Load()
	write(t, filepath.Join(dir, "a.yml"), simple("a", "(one"))
	eventually(t, "the fault is logged", func() bool { return strings.Contains(log.String(), "a.yml:2:") })
	if live.Load() != before {
		t.Error("a fault changed the rules in force")
	}
	write(t, filepath.Join(dir, "a.yml"), simple("b", "taken"))
	eventually(t, "a taken id is logged", func() bool { return strings.Contains(log.String(), `is taken by`) })
	if live.Load() != before {
		t.Error("a taken id changed the rules in force")
	}

	write(t, filepath.Join(dir, "a.yml"), simple("a", "three"))
	eventually(t, "the mended file is in force", func() bool { return cmp.Equal(ids(live.Load()), []string{"a three", "b two", "p mine"}) })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "have faults"); n != 2 {
		t.Errorf("faults were logged %d times, want 2:\n%s", n, log.String())
	}
}

// Files that cannot be read are an error, entries that begin with a dot are left out.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yml"), simple("a", "one"))
	write(t, filepath.Join(dir, ".hidden.yml"), "no rules")
	write(t, filepath.Join(dir, "README.md"), "no rules")
	list, err := file.Load(dir)
	if err != nil || len(list.Rules) != 1 {
		t.Errorf("have %+v, error %v, want 1 rule", list, err)
	}
	if _, err := file.Load(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there is no error")
	}
}

// Links are followed: to the folder itself, to files, and to a folder in it.
func TestLoadLinks(t *testing.T) {
	dir := t.TempDir()
	real, elsewhere := filepath.Join(dir, "real"), filepath.Join(dir, "elsewhere")
	for _, d := range []string{real, elsewhere} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(real, "a.yml"), extracts)
	write(t, filepath.Join(elsewhere, "orders.yml"), orders)
	write(t, filepath.Join(dir, "b.txt"), simple("b", "two"))
	for link, to := range map[string]string{
		"link":          real,
		"real/patterns": elsewhere,
		"real/b.yml":    filepath.Join(dir, "b.txt"),
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	have, err := file.Load(filepath.Join(dir, "link"))
	if err != nil || len(have.Rules) != 2 || have.Patterns.Names() != 1 {
		t.Errorf("have %+v, error %v, want 2 rules and 1 pattern", have, err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(elsewhere, "loop")); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Load(filepath.Join(dir, "link")); err != nil {
		t.Errorf("a link to its own folder: %v", err)
	}
}
