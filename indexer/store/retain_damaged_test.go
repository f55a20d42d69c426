package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestRetentionRemovesDaysThatCannotBeRead, by age and by size: their files take room too.
func TestRetentionRemovesDaysThatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Config)
	}{
		{"by age", func(c *Config) { c.RetainAge = 48 * time.Hour }},
		{"by size", func(c *Config) { c.RetainAge, c.RetainBytes = 0, 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(t.TempDir())
			c.set(&cfg)
			now := epoch
			clock := Deps{Now: func() time.Time { return now }}
			s := mustOpen(t, cfg, clock)
			if _, err := s.Append(t.Context(), 0, 1, newFeeder().record("a", 1, 5)); err != nil {
				t.Fatal(err)
			}
			if err := s.Seal(); err != nil {
				t.Fatal(err)
			}
			dir, file := s.dayDir(dayOf(now)), s.segments[0].path
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("no segment"), 0o600); err != nil {
				t.Fatal(err)
			}
			left := filepath.Join(s.daysDir(), "2026-03-02") // an index that came too late
			if err := os.MkdirAll(filepath.Join(left, termDir), 0o750); err != nil {
				t.Fatal(err)
			}
			now = now.AddDate(0, 0, 10)
			s = mustOpen(t, cfg, clock)
			if len(s.Damaged()) != 1 {
				t.Fatalf("damage %v, want one file", s.Damaged())
			}
			if err := s.Retain(); err != nil {
				t.Fatal(err)
			}
			gone := []string{dir}
			if cfg.RetainAge > 0 {
				gone = append(gone, left)
			}
			for _, dir := range gone {
				if _, err := os.Stat(dir); !os.IsNotExist(err) {
					t.Errorf("%s: %v, want it gone", dir, err)
				}
			}
			if d := s.Damaged(); len(d) > 0 {
				t.Errorf("damage %v of a day that is gone", d)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
