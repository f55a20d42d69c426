package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRetentionRemovesWholeDays by age and by size, never today, and keeps offsets and
// marks: no line comes again and no false gap appears.
func TestRetentionRemovesWholeDays(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Config)
		want []string // sources left after the sixth day
	}{
		{"by age", func(c *Config) { c.RetainAge = 48 * time.Hour }, []string{"day3", "day4", "day5"}},
		{"by size", func(c *Config) { c.RetainAge, c.RetainBytes = 0, 1 }, []string{"day5"}},
		{"unbounded", func(c *Config) { c.RetainAge = 0 }, []string{"day0", "day1", "day2", "day3", "day4", "day5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(t.TempDir())
			c.set(&cfg)
			now := epoch
			clock := Deps{Now: func() time.Time { return now }}
			s := mustOpen(t, cfg, clock)
			feed := newFeeder()
			for d := range 6 {
				now = epoch.AddDate(0, 0, d)
				r := feed.record(fmt.Sprintf("day%d", d), 1, 20)
				for i := range r {
					r[i].Observed += int64(d) * int64(24*time.Hour)
				}
				if _, err := s.Append(t.Context(), d, 100+int64(d), r); err != nil {
					t.Fatal(err)
				}
				if err := s.Seal(); err != nil {
					t.Fatal(err)
				}
				if err := s.Retain(); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // as it is, and after a restart
				var got []string
				for src := range contents(t, s) {
					got = append(got, src)
				}
				if diff := cmp.Diff(setOf(c.want), setOf(got)); diff != "" {
					t.Errorf("sources (-want +got)\n%s", diff)
				}
				if diff := cmp.Diff(map[int]int64{0: 100, 1: 101, 2: 102, 3: 103, 4: 104, 5: 105}, s.Offsets()); diff != "" {
					t.Errorf("offsets (-want +got)\n%s", diff)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = mustOpen(t, cfg, clock)
			}
			// The lines of a removed day are still known, and the next one fits.
			again := newFeeder()
			old := again.record("day0", 1, 20)
			next := again.record("day0", 1, 1)
			a, err := s.Append(t.Context(), 0, 200, append(old, next...))
			if err != nil {
				t.Fatal(err)
			}
			if a.Duplicates != 20 || a.Lines != 1 || len(a.Gaps) != 0 {
				t.Errorf("again: %+v, want 20 duplicates, 1 line and no gap", a)
			}
			p := s.View().Parts
			if r := p[len(p)-1].Runs()[0]; r.FirstLine != 20 || r.FirstSeq != 20 {
				t.Errorf("the line after them has number %d and place %d, want 20", r.FirstLine, r.FirstSeq)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func setOf(names []string) map[string]bool {
	m := make(map[string]bool)
	for _, n := range names {
		m[n] = true
	}
	return m
}

// TestRetentionNeverCommitsMarksOfLinesInMemory: after a crash they are read again and
// must not count as known.
func TestRetentionNeverCommitsMarksOfLinesInMemory(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.RetainAge = 24 * time.Hour
	now := epoch
	clock := Deps{Now: func() time.Time { return now }}
	s := mustOpen(t, cfg, clock)
	feed := newFeeder()
	if _, err := s.Append(t.Context(), 0, 1, feed.record("a", 1, 20)); err != nil {
		t.Fatal(err)
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	now = epoch.AddDate(0, 0, 3)
	unsealed := feed.record("a", 1, 10)
	if _, err := s.Append(t.Context(), 0, 2, unsealed); err != nil {
		t.Fatal(err)
	}
	if err := s.Retain(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // a crash: the head is not sealed
		t.Fatal(err)
	}
	s = mustOpen(t, cfg, clock)
	defer s.Close()
	if got := s.Offsets()[0]; got != 1 {
		t.Errorf("offset %d, want 1", got)
	}
	a, err := s.Append(t.Context(), 0, 2, unsealed)
	if err != nil {
		t.Fatal(err)
	}
	if a.Lines != 10 || len(a.Gaps) != 0 {
		t.Errorf("%+v, want 10 fresh lines and no gap", a)
	}
}

// TestSegmentsGoIntoTheFolderOfTheDay on which they are sealed.
func TestSegmentsGoIntoTheFolderOfTheDay(t *testing.T) {
	cfg := testConfig(t.TempDir())
	now := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	s := mustOpen(t, cfg, Deps{Now: func() time.Time { return now }})
	feed := newFeeder()
	for range 2 {
		if _, err := s.Append(t.Context(), 0, feed.next, feed.record("a", 1, 5)); err != nil {
			t.Fatal(err)
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * time.Second)
	}
	want := []string{
		segmentPath(s.dayDir("2026-03-01"), 1),
		segmentPath(s.dayDir("2026-03-02"), 2),
	}
	if diff := cmp.Diff(want, segmentFiles(t, cfg.Dir)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestASecondOpenIsRefused while the folder is in use.
func TestASecondOpenIsRefused(t *testing.T) {
	cfg := testConfig(t.TempDir())
	s := mustOpen(t, cfg, Deps{})
	if _, err := Open(cfg, Deps{}); !errors.Is(err, ErrLocked) {
		t.Errorf("error %v, want %v", err, ErrLocked)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, cfg, Deps{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestConfigFaultsAreAllReported at once.
func TestConfigFaultsAreAllReported(t *testing.T) {
	var cfg Config
	cfg.RetainAge = -1
	err := cfg.Validate()
	if err == nil || len(err.(interface{ Unwrap() []error }).Unwrap()) != 8 {
		t.Errorf("%v, want eight faults", err)
	}
	cfg = DefaultConfig("x")
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}
