package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"
)

// filled makes a store with three sealed segments of one source each, indexed and closed.
func filled(t *testing.T, merge bool) (Config, []pipeline.Event) {
	t.Helper()
	cfg := testConfig(t.TempDir())
	s := mustOpen(t, cfg, Deps{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	feed := newFeeder()
	var all []pipeline.Event
	for _, src := range []string{"a", "b", "c"} {
		r := feed.record(src, 1, 30)
		all = append(all, r...)
		if _, err := s.Append(ctx, 0, feed.next, r); err != nil {
			t.Fatal(err)
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	if merge {
		if err := s.Merge(); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := s.Stats().Unindexed; n != 0 {
		t.Fatalf("%d segments are not indexed", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return cfg, all
}

// TestAFlippedBitAnywhereIsIsolatedAndReported: no bit of a segment's file can change
// without the change being found, and what is not hit by it is still read.
func TestAFlippedBitAnywhereIsIsolatedAndReported(t *testing.T) {
	cfg, all := filled(t, false)
	file := segmentFiles(t, cfg.Dir)[1]
	clean, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, l := range linesOf(all) {
		known[l] = true
	}
	for bit := 0; bit < len(clean)*8; bit += 97 {
		if bit/8 < len(segmentMagic) {
			continue // names the format to people; nothing reads it
		}
		data := append([]byte(nil), clean...)
		data[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, cfg, Deps{})
		got := 0
		var e pipeline.Event
		v := s.View()
		for _, p := range v.Parts {
			for b := range p.Blocks() {
				blk, err := p.Read(b, true)
				if err != nil {
					if !strings.Contains(err.Error(), file) {
						t.Fatalf("bit %d: error does not name the file: %v", bit, err)
					}
					continue
				}
				for i := range blk.Len() {
					blk.Event(i, &e)
					if !known[linesOf([]pipeline.Event{e})[0]] {
						t.Fatalf("bit %d: a line that was not written: %q", bit, e.Body)
					}
					got++
				}
			}
		}
		// The filters are read by searches for words with digits.
		cand := v.Candidates(CondAny{CondWord{Whole, "id1"}, CondWord{Whole, string(wordWithDigit(all[40].Body))}})
		for _, p := range v.Parts {
			bits, err := cand.Of(t.Context(), p)
			if p.Runs()[0].Source == "b" && err == nil && !bits.Has(1) {
				t.Fatalf("bit %d: a filter leaves out a block that holds the word", bit)
			}
		}
		cand.Close()
		filterHit := false
		for _, d := range s.Damaged() {
			if d.File != file || d.Reason == "" {
				t.Fatalf("bit %d: reported %+v", bit, d)
			}
			filterHit = filterHit || strings.Contains(d.Reason, "filter")
		}
		reported := len(s.Damaged()) > 0
		inFilter := bit/8 >= filterStart(t, clean)
		if got < 60 || got == 90 != (!reported || filterHit) || (!reported && !inFilter) {
			t.Fatalf("bit %d: %d lines, reported %v", bit, got, s.Damaged())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// filterStart is where the filters of a segment begin: a bit in a page that no probe of
// the test reads is not found.
func filterStart(t *testing.T, data []byte) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.seg")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	seg, err := openSegment(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return int(seg.FilterBase)
}

func wordWithDigit(body []byte) []byte {
	s := string(body)
	i := strings.Index(s, "id=") + 3
	w, _, _ := strings.Cut(s[i:], " ")
	return []byte(w)
}

// TestADamagedTermIndexIsMadeAnew: it is derived from the segments.
func TestADamagedTermIndexIsMadeAnew(t *testing.T) {
	for _, kind := range []string{"first *.zap", "last *.zap", "first root.bolt"} {
		for _, hurt := range []string{"flip", "cut", "gone"} {
			t.Run(kind+" "+hurt, func(t *testing.T) {
				cfg, _ := filled(t, true)
				which, pattern, _ := strings.Cut(kind, " ")
				files, err := filepath.Glob(filepath.Join(cfg.Dir, daysDir, "*", termDir, pattern))
				if err != nil || len(files) == 0 {
					t.Fatal(files, err)
				}
				name := files[0]
				if which == "last" {
					name = files[len(files)-1]
				}
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				switch hurt {
				case "flip":
					data[len(data)/3] ^= 4
				case "cut":
					data = data[:len(data)/2]
				}
				if err := os.WriteFile(name, data, 0o600); err != nil {
					t.Fatal(err)
				}
				if hurt == "gone" {
					if err := os.Remove(name); err != nil {
						t.Fatal(err)
					}
				}
				s := mustOpen(t, cfg, Deps{})
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan error, 1)
				go func() { done <- s.Run(ctx) }()
				for deadline := time.Now().Add(20 * time.Second); s.Stats().Unindexed > 0; time.Sleep(time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatal("the index is not made anew")
					}
				}
				v := s.View()
				cand := v.Candidates(CondWord{Whole, "svc"})
				full := v.Candidates(CondWord{Whole, "line"})
				for _, p := range v.Parts {
					none, err1 := cand.Of(ctx, p)
					every, err2 := full.Of(ctx, p)
					if err1 != nil || err2 != nil || !none.empty() || !every.Has(0) || !every.Has(p.Blocks()-1) {
						t.Errorf("segment %d: none %b, all %b, %v %v", p.Segment(), none, every, err1, err2)
					}
				}
				cand.Close()
				full.Close()
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestNoBitOfBlevesFilesChangesUnseen: Bleve does not look at its checksums.
func TestNoBitOfBlevesFilesChangesUnseen(t *testing.T) {
	cfg, _ := filled(t, true)
	zaps, err := filepath.Glob(filepath.Join(cfg.Dir, daysDir, "*", termDir, "*.zap"))
	if err != nil || len(zaps) == 0 {
		t.Fatal(zaps, err)
	}
	dir := filepath.Dir(zaps[0])
	if err := checkZaps(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range zaps {
		clean, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for bit := 0; bit < len(clean)*8; bit += 131 {
			data := append([]byte(nil), clean...)
			data[bit/8] ^= 1 << (bit % 8)
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := checkZaps(dir); !errors.Is(err, errIndexDamaged) {
				t.Fatalf("%s, bit %d: %v", name, bit, err)
			}
		}
		if err := os.WriteFile(name, clean, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDiskFull: the store stops taking lines, says so, and goes on when there is room;
// nothing is lost.
func TestDiskFull(t *testing.T) {
	cfg := testConfig(t.TempDir())
	disk := newFaultFS()
	full := errors.New("no space left on device")
	disk.set(0, full)
	s := mustOpen(t, cfg, Deps{FS: disk})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	feed := newFeeder()
	var want []string
	blocked := make(chan struct{})
	fed := make(chan error, 1)
	go func() {
		for i := range 20 {
			r := feed.record("a", 1, 10)
			want = append(want, linesOf(r)...)
			if i == 8 { // two heads are full: this one has to wait
				close(blocked)
			}
			if _, err := s.Append(ctx, 0, feed.next, r); err != nil {
				fed <- err
				return
			}
		}
		fed <- nil
	}()
	<-blocked
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if err := s.Ready(); err != nil {
			if !strings.Contains(err.Error(), full.Error()) {
				t.Errorf("not ready because of %v, want %v", err, full)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the store says that it is ready")
		}
	}
	if n := s.Stats().Lines; n > 90 {
		t.Errorf("%d lines were taken while the disk is full", n)
	}
	disk.set(-1, nil)
	if err := <-fed; err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(); err != nil {
		t.Errorf("still not ready: %v", err)
	}
	got := contents(t, s)["a"]
	if len(got) != len(want) || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%d lines, want %d in order", len(got), len(want))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
