package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// pickyDisk refuses what refuse says.
type pickyDisk struct {
	OS
	refuse atomic.Pointer[func(what, name string) bool]
}

var errRefused = errors.New("input/output error")

func (d *pickyDisk) set(refuse func(what, name string) bool) { d.refuse.Store(&refuse) }

func (d *pickyDisk) ask(what, name string) error {
	if f := d.refuse.Load(); f != nil && (*f)(what, name) {
		return errRefused
	}
	return nil
}

func (d *pickyDisk) Create(name string) (File, error) {
	if err := d.ask("create", name); err != nil {
		return nil, err
	}
	return d.OS.Create(name)
}

func (d *pickyDisk) SyncDir(name string) error {
	if err := d.ask("sync", name); err != nil {
		return err
	}
	return d.OS.SyncDir(name)
}

func (d *pickyDisk) RemoveAll(name string) error {
	if err := d.ask("remove", name); err != nil {
		return err
	}
	return d.OS.RemoveAll(name)
}

func refuseNothing(string, string) bool { return false }

// TestSegmentsThatCouldNotBeRemovedDoNotComeBack after what took their place was itself
// merged or thinned.
func TestSegmentsThatCouldNotBeRemovedDoNotComeBack(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(d *diary) (keep []query.Node)
	}{
		{"thinned", func(d *diary) []query.Node {
			keep := rule(d.t, "level:>=error", 90*day)
			d.retain(2*day, keep)
			return []query.Node{keep.Query}
		}},
		{"merged", func(d *diary) []query.Node {
			if err := d.store.Merge(); err != nil {
				d.t.Fatal(err)
			}
			return nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := &pickyDisk{}
			d := newDiary(t, 31, disk)
			d.cfg.MergeSegments = 2
			d.reopen()
			d.write(150)
			d.now = d.now.Add(4 * day)
			disk.set(func(what, name string) bool { return what == "remove" && strings.HasSuffix(name, segSuffix) })
			if err := d.store.Merge(); !errors.Is(err, errRefused) {
				t.Fatalf("error %v, want %v", err, errRefused)
			}
			if more, err := d.store.thinNext(nil); more || err != nil && !errors.Is(err, errRefused) {
				t.Fatalf("%t, %v", more, err)
			}
			d.check("not removed", d.left(func(int) []query.Node { return nil }))
			disk.set(refuseNothing)
			keep := c.then(d)
			want := d.left(func(int) []query.Node { return keep })
			d.check(c.name, want)
			d.reopen()
			d.check("opened again", want)
			if have := len(segmentFiles(t, d.cfg.Dir)); have != len(d.store.segments) {
				t.Errorf("%d files, want %d", have, len(d.store.segments))
			}
			if err := d.store.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestACommitRepeatedAfterMidnightDoesNotComeBack: what failed at its last step, and is in
// the folder of the day before, does not count once the commit that does was merged or
// thinned.
func TestACommitRepeatedAfterMidnightDoesNotComeBack(t *testing.T) {
	disk := &pickyDisk{}
	d := newDiary(t, 37, disk)
	d.now = time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	r := d.feed.record("a", 1, 25)
	add := func(from, to int) {
		t.Helper()
		if _, err := d.store.Append(t.Context(), 0, d.feed.next, r[from:to]); err != nil {
			t.Fatal(err)
		}
	}
	add(0, 5)
	if err := d.store.Seal(); err != nil { // the day's folder is there
		t.Fatal(err)
	}
	add(5, 15)
	disk.set(func(what, _ string) bool { return what == "sync" })
	if err := d.store.Seal(); !errors.Is(err, errRefused) {
		t.Fatalf("error %v, want %v", err, errRefused)
	}
	disk.set(refuseNothing)
	d.now = d.now.Add(2 * time.Second)
	if err := d.store.Seal(); err != nil {
		t.Fatal(err)
	}
	add(15, 25)
	if err := d.store.Seal(); err != nil {
		t.Fatal(err)
	}
	if n := len(segmentFiles(t, d.cfg.Dir)); n != 4 {
		t.Fatalf("%d files, want 4", n)
	}
	if err := d.store.Merge(); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"merged", "opened again"} {
		if diff := cmp.Diff(map[string][]string{"a": linesOf(r)}, contents(t, d.store)); diff != "" {
			t.Errorf("%s: (-want +have)\n%s", where, diff)
		}
		d.reopen()
	}
	if n := len(segmentFiles(t, d.cfg.Dir)); n != 2 {
		t.Errorf("%d files, want 2", n)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAClockThatWasAheadKeepsNoDayFromBeingThinned: its segments stay until their day is
// over, those that came before and after do not wait for that.
func TestAClockThatWasAheadKeepsNoDayFromBeingThinned(t *testing.T) {
	d := newDiary(t, 41, nil)
	d.now = epoch.Add(1000 * day)
	d.write(60)
	d.now = epoch
	d.write(100)
	d.now = epoch.Add(day)
	d.write(100)
	d.now = epoch.Add(5 * day)
	keep := rule(t, "level:>=error", 90*day)
	d.retain(2*day, keep)
	d.check("thinned", d.left(func(i int) []query.Node { return [][]query.Node{nil, {keep.Query}, {keep.Query}}[i] }))
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAMergeThatFailsDoesNotKeepDaysFromBeingThinned, nor the store above its size.
func TestAMergeThatFailsDoesNotKeepDaysFromBeingThinned(t *testing.T) {
	disk := &pickyDisk{}
	var now, failed atomic.Int64
	now.Store(epoch.UnixNano())
	removed := make(chan Removed, 100)
	s := mustOpen(t, testConfig(t.TempDir()), Deps{
		FS: disk, Now: func() time.Time { return time.Unix(0, now.Load()) },
		Failed: func(error) { failed.Add(1) }, Removed: func(r Removed) { removed <- r },
	})
	feed := newFeeder()
	for range 2 {
		for range 3 {
			if _, err := s.Append(t.Context(), 0, feed.next, feed.record("a", 1, 20)); err != nil {
				t.Fatal(err)
			}
			if err := s.Seal(); err != nil {
				t.Fatal(err)
			}
		}
		now.Add(int64(2 * day))
	}
	merged := s.dayDir(dayOf(epoch.Add(2 * day)))
	disk.set(func(what, name string) bool { return what == "create" && filepath.Dir(name) == merged })
	if err := s.SetRetention(Retention{RetainAge: 3 * day, RetainKeep: []KeepRule{rule(t, "user3", 90*day)}}); err != nil {
		t.Fatal(err)
	}
	// The first day goes through both; of the second, which is not due, the merge fails.
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	now.Add(int64(day) / 4)
	select {
	case r := <-removed:
		if r.Reason != ByQuery || r.Day != dayOf(epoch) {
			t.Errorf("removed %+v", r)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing was thinned")
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if failed.Load() == 0 {
		t.Error("the merge did not fail")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestMarksOutliveDaysHoweverLongTheAgesAre.
func TestMarksOutliveDaysHoweverLongTheAgesAre(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.RetainAge, cfg.RetainBytes = 36500*day, 1
	now := epoch
	deps := Deps{Now: func() time.Time { return now }}
	s := mustOpen(t, cfg, deps)
	old := newFeeder().record("a", 1, 20)
	if _, err := s.Append(t.Context(), 0, 1, old); err != nil {
		t.Fatal(err)
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * day)
	if err := s.Retain(); err != nil {
		t.Fatal(err)
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

// TestRulesThatComeAndGoRewriteADayOnce each: what is left matches them still.
func TestRulesThatComeAndGoRewriteADayOnce(t *testing.T) {
	d := newDiary(t, 43, nil)
	d.write(150)
	d.now = d.now.Add(4 * day)
	one, two := rule(t, "level:>=warn", 90*day), rule(t, "user3", 90*day)
	for range 3 {
		d.retain(2*day, one)
		d.retain(2*day, two)
		d.retain(2*day, one, two)
	}
	d.check("thinned", d.left(func(int) []query.Node { return []query.Node{one.Query, two.Query} }))
	var lines int64
	for _, r := range d.gone {
		if lines += r.Lines; r.Lines == 0 {
			t.Errorf("rewritten for nothing: %+v", r)
		}
	}
	if len(d.gone) < 2 || lines == 0 {
		t.Errorf("removed %+v", d.gone)
	}
	for _, seg := range d.store.segments {
		if len(seg.Keep) > 2 {
			t.Errorf("kept: %q", seg.Keep)
		}
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestADayThatComesBackIsRemovedAgain: a removal that failed half way is repeated.
func TestADayThatComesBackIsRemovedAgain(t *testing.T) {
	disk := &pickyDisk{}
	d := newDiary(t, 47, disk)
	d.write(60)
	folder := d.store.dayDir(dayOf(epoch))
	disk.set(func(what, name string) bool { return what == "remove" && strings.HasSuffix(name, deadDay) })
	d.now = d.now.Add(4 * day)
	if err := d.store.SetRetention(Retention{RetainAge: day}); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Retain(); !errors.Is(err, errRefused) {
		t.Fatalf("error %v, want %v", err, errRefused)
	}
	disk.set(refuseNothing)
	now := d.now
	d.now = epoch // the clock goes back into that day
	d.write(60)
	d.now = now
	if err := d.store.Retain(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{folder, folder + deadDay} {
		if _, err := os.Stat(f); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v, want it gone", f, err)
		}
	}
	d.check("removed", map[string][]string{})
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRulesThatAreSetWhileADayIsThinnedKeepItsLines.
func TestRulesThatAreSetWhileADayIsThinnedKeepItsLines(t *testing.T) {
	disk := &pickyDisk{}
	d := newDiary(t, 53, disk)
	d.write(150)
	d.now = d.now.Add(4 * day)
	one, two := rule(t, "level:>=error", 90*day), rule(t, "user3", 90*day)
	changed := false
	disk.set(func(what, _ string) bool {
		if what == "create" && !changed {
			changed = true
			if err := d.store.SetRetention(Retention{RetainAge: 2 * day, RetainKeep: []KeepRule{one, two}}); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	d.retain(2*day, one)
	d.check("thinned", d.left(func(int) []query.Node { return []query.Node{query.Or{Nodes: []query.Node{one.Query, two.Query}}} }))
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOldDaysDoNotWaitUntilAllOthersAreThinned.
func TestOldDaysDoNotWaitUntilAllOthersAreThinned(t *testing.T) {
	d := newDiary(t, 59, nil)
	for range 4 {
		d.write(60)
		d.now = d.now.Add(day)
	}
	d.now = epoch.Add(9 * day)
	removed := make(chan Removed, 100)
	d.deps.Removed = func(r Removed) { removed <- r }
	d.reopen()
	if err := d.store.SetRetention(Retention{RetainAge: day, RetainKeep: []KeepRule{rule(t, "user3", 8*day)}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.store.Run(ctx) }()
	have := make(map[Reason]int)
	for have[ByQuery] < 3 {
		select {
		case r := <-removed:
			if have[r.Reason]++; have[ByAge] == 0 && have[ByQuery] == 3 {
				t.Error("the oldest day is still there")
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("removed: %v", have)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestMarksOfOldGenerationsDoNotReplaceThoseOfNewOnes: of a file that is rotated often the
// lines of the newest generations are known, and have their numbers, after a restart.
func TestMarksOfOldGenerationsDoNotReplaceThoseOfNewOnes(t *testing.T) {
	d := newDiary(t, 61, nil)
	newest := make(map[uint64][]pipeline.Event)
	write := func(from, to uint64) {
		t.Helper()
		for g := from; g < to; g++ {
			r := d.feed.record("a", g, 2)
			if newest[g] = r; g >= maxGenerations {
				delete(newest, g-maxGenerations)
			}
			if _, err := d.store.Append(t.Context(), 0, d.feed.next, r); err != nil {
				t.Fatal(err)
			}
			if err := d.store.Seal(); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(1, 101)
	d.now = d.now.Add(day)
	write(101, 165)
	d.now = d.now.Add(3 * day)
	d.retain(3 * day)
	carried := 0
	for _, seg := range d.store.segments {
		for _, r := range seg.Runs {
			if r.Rows == 0 {
				carried++
			}
		}
	}
	if carried > 0 {
		t.Errorf("marks of %d generations are kept, of which nothing is known any more", carried)
	}
	write(165, 170)
	d.reopen()
	for g := uint64(170 - maxGenerations); g < 170; g++ {
		a, err := d.store.Append(t.Context(), 0, d.feed.next, newest[g])
		if err != nil || a.Duplicates != 2 || a.Lines != 0 {
			t.Fatalf("generation %d again: %+v, %v, want 2 duplicates", g, a, err)
		}
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestMarksAreRestoredBeforeTheLinesThatCameAfterThem, though they were kept later.
func TestMarksAreRestoredBeforeTheLinesThatCameAfterThem(t *testing.T) {
	d := newDiary(t, 67, nil)
	var last []pipeline.Event
	write := func(from, to uint64) {
		t.Helper()
		for g := from; g < to; g++ {
			last = d.feed.record("a", g, 2)
			if _, err := d.store.Append(t.Context(), 0, d.feed.next, last); err != nil {
				t.Fatal(err)
			}
			if err := d.store.Seal(); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(1, 41)
	d.now = d.now.Add(day)
	write(41, 51)
	ten := last
	d.now = d.now.Add(3 * day)
	d.retain(3 * day)
	d.reopen()
	write(51, 51+maxGenerations-10)
	a, err := d.store.Append(t.Context(), 0, d.feed.next, ten)
	if err != nil || a.Duplicates != 2 || a.Lines != 0 {
		t.Errorf("generation 50 again: %+v, %v, want 2 duplicates", a, err)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}
