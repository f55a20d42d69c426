package store

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// TestAfterAnyCrashEachLineIsInTheStoreOnce: lines, offsets and marks appear by one
// rename. A crash is tried at every step of the disk; the records after the committed
// offset are read again, as from Kafka.
func TestAfterAnyCrashEachLineIsInTheStoreOnce(t *testing.T) {
	feed := newFeeder()
	var records [][]pipeline.Event
	want := make(map[string][]string)
	for i := range 30 {
		source := fmt.Sprintf("s%d", i%3)
		records = append(records, join(feed.record(source, uint64(1+i/15), 1+i%9), 1+i%4))
		want[source] = append(want[source], linesOf(rowsOf(records[i]))...)
	}
	crashes := 0
	for step := 0; ; step++ {
		cfg := testConfig(t.TempDir())
		disk := newFaultFS()
		disk.set(step, errCut)
		s := mustOpen(t, cfg, Deps{FS: disk})
		crashed := false
		for i := 0; i < len(records); {
			if _, err := s.Append(t.Context(), 0, int64(i+1), records[i]); err != nil {
				t.Fatal(err)
			}
			i++
			if s.sealing == nil {
				continue
			}
			if err := s.seal(); err != nil {
				crashed = true
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				disk.powerCut(t, step%2 == 0)
				disk.set(-1, nil)
				s = mustOpen(t, cfg, Deps{FS: disk})
				i = int(s.Offsets()[0])
			}
		}
		if err := s.Seal(); err != nil {
			crashed = true
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			disk.powerCut(t, step%2 == 0)
			disk.set(-1, nil)
			s = mustOpen(t, cfg, Deps{FS: disk})
			for i := int(s.Offsets()[0]); i < len(records); i++ {
				if _, err := s.Append(t.Context(), 0, int64(i+1), records[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Seal(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, cfg, Deps{})
		if got := s.Offsets()[0]; got != int64(len(records)) {
			t.Errorf("crash at step %d: offset %d, want %d", step, got, len(records))
		}
		if diff := cmp.Diff(want, contents(t, s)); diff != "" {
			t.Fatalf("crash at step %d (-want +got)\n%s", step, diff)
		}
		if g := s.Gaps(); len(g) > 0 {
			t.Errorf("crash at step %d: gaps %v", step, g)
		}
		if d := s.Damaged(); len(d) > 0 {
			t.Errorf("crash at step %d: damage %v", step, d)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !crashed {
			break
		}
		crashes++
	}
	if crashes < 40 {
		t.Errorf("only %d steps were tried", crashes)
	}
}

// TestReplayedLinesAreDropped: a line that comes again is known by its identity, also
// after a restart.
func TestReplayedLinesAreDropped(t *testing.T) {
	cfg := testConfig(t.TempDir())
	feed := newFeeder()
	a := feed.record("a", 5, 30)
	s := mustOpen(t, cfg, Deps{})
	for round := range 3 {
		got, err := s.Append(t.Context(), 0, int64(round+1), a)
		if err != nil {
			t.Fatal(err)
		}
		want := Appended{Duplicates: 30}
		if round == 0 {
			want = Appended{Lines: 30, Bytes: got.Bytes}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d (-want +got)\n%s", round, diff)
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, cfg, Deps{})
	}
	defer s.Close()
	if diff := cmp.Diff(map[string][]string{"a": linesOf(a)}, contents(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestGapsAreFoundAndKept over a restart.
func TestGapsAreFoundAndKept(t *testing.T) {
	cfg := testConfig(t.TempDir())
	feed := newFeeder()
	lines := feed.record("a", 5, 30)
	s := mustOpen(t, cfg, Deps{})
	if _, err := s.Append(t.Context(), 0, 1, lines[:10]); err != nil {
		t.Fatal(err)
	}
	got, err := s.Append(t.Context(), 0, 2, lines[20:])
	if err != nil {
		t.Fatal(err)
	}
	want := []Gap{{"a", 5, lines[10].ID.Offset, lines[20].ID.Offset}}
	if diff := cmp.Diff(want, got.Gaps); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.Lost(3, 17, 19)
	want = append(want, Gap{Source: "logs.events/3", From: 17, To: 19})
	for range 2 {
		if diff := cmp.Diff(want, s.Gaps()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if got := s.Sources()[0].Missing; got != lines[20].ID.Offset-lines[10].ID.Offset {
			t.Errorf("missing %d bytes, want %d", got, lines[20].ID.Offset-lines[10].ID.Offset)
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
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
