package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// manySegments appends records of three sources, some of joined lines and of a second
// generation, and seals each: n segments. It returns the lines by source.
func manySegments(t testing.TB, s *Store, n int) map[string][]string {
	t.Helper()
	feed := newFeeder()
	want := make(map[string][]string)
	for i := range n {
		for _, source := range []string{"a:/x", "b:/w", "c:/x"} {
			record := join(feed.record(source, uint64(1+2*i/n), 3+i%5), 1+i%3)
			if _, err := s.Append(t.Context(), i%2, feed.next, record); err != nil {
				t.Fatal(err)
			}
			want[source] = append(want[source], linesOf(rowsOf(record))...)
		}
		if i%4 == 1 {
			s.Lost(1, int64(10*i), int64(10*i+2))
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

// TestAfterACrashOfAMergeEachLineIsInTheStoreOnce: either the merged segment counts or
// those that it was made of. A crash is tried at every step of the disk.
func TestAfterACrashOfAMergeEachLineIsInTheStoreOnce(t *testing.T) {
	crashes := 0
	for step := 0; ; step++ {
		cfg := testConfig(t.TempDir())
		disk := newFaultFS()
		s := mustOpen(t, cfg, Deps{FS: disk})
		want := manySegments(t, s, 5)
		offsets, sources, gaps := s.Offsets(), s.Sources(), s.Gaps()
		check := func(when string, segments int) {
			t.Helper()
			if diff := cmp.Diff(want, contents(t, s)); diff != "" {
				t.Fatalf("crash at step %d, %s (-want +got)\n%s", step, when, diff)
			}
			if diff := cmp.Diff(offsets, s.Offsets()) + cmp.Diff(sources, s.Sources()) + cmp.Diff(gaps, s.Gaps()); diff != "" {
				t.Errorf("crash at step %d, %s (-want +got)\n%s", step, when, diff)
			}
			if d := s.Damaged(); len(d) > 0 {
				t.Errorf("crash at step %d, %s: damage %v", step, when, d)
			}
			if n := s.Stats().Segments; segments > 0 && n != segments {
				t.Errorf("crash at step %d, %s: %d segments, want %d", step, when, n, segments)
			}
		}
		disk.set(step, errCut)
		crashed := s.Merge() != nil
		check("before it", 0)
		reopen := func() {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			disk.powerCut(t, step%2 == 0)
			disk.set(-1, nil)
			s = mustOpen(t, cfg, Deps{FS: disk})
		}
		reopen()
		check("after it", 0)
		if err := s.Merge(); err != nil {
			t.Fatal(err)
		}
		check("merged again", 1)
		reopen()
		check("opened again", 1)
		if names := segmentFiles(t, cfg.Dir); len(names) != 1 {
			t.Errorf("crash at step %d: files %v, want one", step, names)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !crashed {
			break
		}
		crashes++
	}
	if crashes < 12 {
		t.Errorf("only %d steps were tried", crashes)
	}
}

// TestAFailedMergeIsNotBesideTheNext: its file may be there although its last step failed.
func TestAFailedMergeIsNotBesideTheNext(t *testing.T) {
	cfg := testConfig(t.TempDir())
	disk := &failingSync{}
	s := mustOpen(t, cfg, Deps{FS: disk})
	want := manySegments(t, s, 3)
	disk.fail = true
	if err := s.Merge(); err == nil {
		t.Fatal("no error of the disk")
	}
	disk.fail = false
	more := newFeeder().record("d:/y", 1, 4)
	if _, err := s.Append(t.Context(), 0, 100, more); err != nil {
		t.Fatal(err)
	}
	want["d:/y"] = linesOf(more)
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	if err := s.Merge(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, cfg, Deps{})
	if diff := cmp.Diff(want, contents(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAViewReadsOnWhatWasMerged: a search that began before sees the same lines.
func TestAViewReadsOnWhatWasMerged(t *testing.T) {
	s := mustOpen(t, testConfig(t.TempDir()), Deps{})
	want := manySegments(t, s, 4)
	v := s.View()
	cand := v.Candidates(CondWord{Whole, "line"})
	defer cand.Close()
	if err := s.Merge(); err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]string)
	for _, p := range v.Parts {
		bits, err := cand.Of(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Blocks() {
			b, err := p.Read(i, false)
			if err != nil {
				t.Fatal(err)
			}
			if b, err = p.WithFields(i, b); err != nil {
				t.Fatal(err)
			}
			if !bits.Has(i) {
				t.Errorf("%s: block %d is left out", p.File(), i)
			}
			var e pipeline.Event
			for r := range b.Len() {
				b.Event(r, &e)
				got[e.ID.Source] = append(got[e.ID.Source], linesOf([]pipeline.Event{e})...)
			}
		}
	}
	if len(v.Parts) != 4 || len(s.View().Parts) != 1 {
		t.Errorf("%d parts before, %d after; want 4 and 1", len(v.Parts), len(s.View().Parts))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestADamagedSegmentIsNotMerged: what is damaged stays isolated and reported, and the
// segments around it are merged.
func TestADamagedSegmentIsNotMerged(t *testing.T) {
	cfg := testConfig(t.TempDir())
	s := mustOpen(t, cfg, Deps{})
	manySegments(t, s, 5)
	hurt := segmentFiles(t, cfg.Dir)[2]
	data, err := os.ReadFile(hurt)
	if err != nil {
		t.Fatal(err)
	}
	data[len(segmentMagic)+3] ^= 1
	if err := os.WriteFile(hurt, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Merge(); err != nil {
		t.Fatal(err)
	}
	if d := s.Damaged(); len(d) != 1 || d[0].File != hurt {
		t.Errorf("reported %+v, want %s", d, hurt)
	}
	lines, read := int64(0), int64(0)
	for _, p := range s.View().Parts {
		for i := range p.Blocks() {
			_, n := p.Rows(i)
			lines += int64(n)
			if b, err := p.Read(i, true); err == nil {
				read += int64(b.Len())
			}
		}
	}
	if got := s.Stats(); got.Segments != 3 || got.Lines != lines || read < lines-40 || read == lines {
		t.Errorf("%+v, %d of %d lines can be read; want 3 segments", got, read, lines)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestNoBitOfAMergedSegmentChangesUnseen: a line is read as it was, or not at all and
// reported.
func TestNoBitOfAMergedSegmentChangesUnseen(t *testing.T) {
	cfg := testConfig(t.TempDir())
	s := mustOpen(t, cfg, Deps{})
	want := manySegments(t, s, 3)
	if err := s.Merge(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, lines := range want {
		for _, l := range lines {
			known[l] = true
		}
	}
	file := segmentFiles(t, cfg.Dir)[0]
	clean, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for bit := 0; bit < len(clean)*8; bit += 37 {
		data := append([]byte(nil), clean...)
		data[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, cfg, Deps{})
		v := s.View()
		cand := v.Candidates(CondWord{Whole, "20"}) // asks the filters
		read := 0
		for _, p := range v.Parts {
			if _, err := cand.Of(t.Context(), p); err != nil && len(s.Damaged()) == 0 {
				t.Fatalf("bit %d: %v is not reported", bit, err)
			}
			for i := range p.Blocks() {
				b, err := p.Read(i, true)
				if err != nil {
					continue
				}
				var e pipeline.Event
				for r := range b.Len() {
					b.Event(r, &e)
					if l := linesOf([]pipeline.Event{e})[0]; !known[l] {
						t.Fatalf("bit %d: line %q was never written", bit, l)
					}
					read++
				}
			}
		}
		cand.Close()
		if read < len(known) && len(s.Damaged()) == 0 {
			t.Fatalf("bit %d: %d of %d lines and nothing reported", bit, read, len(known))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRunMergesSmallSegments when there are enough of them, and what is left of a day when
// it has passed, and indexes their words.
func TestRunMergesSmallSegments(t *testing.T) {
	now := epoch
	cfg := testConfig(t.TempDir())
	cfg.MergeSegments = 4
	merged := make(chan Merged, 10)
	s := mustOpen(t, cfg, Deps{
		Now: func() time.Time { return now }, Failed: func(err error) { t.Error(err) },
		Merged: func(m Merged) { merged <- m },
	})
	want := manySegments(t, s, 6)
	run := func(rounds int) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		for range rounds {
			<-merged
		}
		for deadline := time.Now().Add(20 * time.Second); s.Stats().Unindexed > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("not indexed")
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	run(1)
	if n := s.Stats().Segments; n != 3 {
		t.Errorf("%d segments, want 3", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(24 * time.Hour)
	s = mustOpen(t, cfg, Deps{
		Now: func() time.Time { return now }, Failed: func(err error) { t.Error(err) },
		Merged: func(m Merged) { merged <- m },
	})
	run(2)
	if n := s.Stats().Segments; n != 1 {
		t.Errorf("%d segments, want 1", n)
	}
	if diff := cmp.Diff(want, contents(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	v := s.View()
	for _, word := range []string{"svc", "line", "at", fmt.Sprintf("user%d", 0)} {
		cand := v.Candidates(CondWord{Whole, word})
		for _, p := range v.Parts {
			bits, err := cand.Of(t.Context(), p)
			if err != nil {
				t.Error(err)
			}
			for i := range p.Blocks() {
				if got, want := bits.Has(i), word != "svc"; got != want && word != "user0" || word == "user0" && !got {
					t.Errorf("%q, segment %d, block %d: %v", word, p.Segment(), i, got)
				}
			}
		}
		cand.Close()
	}
	if terms, err := filepath.Glob(filepath.Join(cfg.Dir, daysDir, "*", termDir)); err != nil || len(terms) != 1 {
		t.Errorf("term indexes %v, error %v", terms, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSealingGoesOnWhileAMergeRuns: a merge gives way to lines that wait for room, so that
// sealing must not wait for the merge.
func TestSealingGoesOnWhileAMergeRuns(t *testing.T) {
	s := mustOpen(t, testConfig(t.TempDir()), Deps{Failed: func(err error) { t.Error(err) }})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	s.mergeMu.Lock() // as a merge does
	go func() { done <- s.Run(ctx) }()
	feed := newFeeder()
	for i := range 10 {
		if _, err := s.Append(ctx, 0, int64(i+1), feed.record("a", 1, 40)); err != nil {
			t.Fatal(err)
		}
	}
	s.mergeMu.Unlock()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := s.Stats().Lines; n != 400 {
		t.Errorf("%d lines, want 400", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
