package search_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
)

// TestWhatCannotBeReadIsNamed: with any byte of a segment changed, an answer is the one without
// the damage, or the file is among what is missing and nothing but lines that match is returned.
func TestWhatCannotBeReadIsNamed(t *testing.T) {
	cfg := storeConfig(t)
	w := newWriter(12, 3)
	s, _ := open(t, cfg)
	w.write(t, s, 400)
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	indexed(t, s)
	files, err := filepath.Glob(filepath.Join(cfg.Dir, "days", "*", "*.seg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("segments %v, error %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	named, unharmed := 0, 0
	for at := 8; at < len(data); at += 1 + len(data)/60 {
		bad := bytes.Clone(data)
		bad[at] ^= 0x10
		if err := os.WriteFile(files[0], bad, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, req := range []search.Request{
			{Query: parse(t, "timeout"), Order: search.ByFile},
			{Query: parse(t, `"connection refused" OR password`), Order: search.Newest},
			{Query: parse(t, "/port.*[0-9]/"), Order: search.Oldest},
		} {
			x := searcher(t, s) // with an empty cache
			want := w.model.answer(&req)
			have, sum := ask(t, x, req)
			if len(sum.Missing) == 0 {
				unharmed++
				if diff := cmp.Diff(want, have); diff != "" {
					t.Fatalf("byte %d, %s: nothing is said to be missing (-want +have)\n%.2000s", at, req.Query, diff)
				}
				continue
			}
			named++
			all := make(map[string]bool)
			for _, line := range want {
				all[line] = true
			}
			for _, line := range have {
				if !all[line] {
					t.Fatalf("byte %d, %s: %s is no match", at, req.Query, line)
				}
			}
			if sum.Missing[0].File != files[0] {
				t.Errorf("byte %d: missing %+v, want %s", at, sum.Missing, files[0])
			}
		}
	}
	if named < 20 || unharmed < 5 {
		t.Errorf("%d answers named what is missing, %d were whole: too few to tell", named, unharmed)
	}
	if err := os.WriteFile(files[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
}
