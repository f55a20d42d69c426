package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// copyTo copies the files of a queue's folder, as a power cut would leave them.
func copyTo(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// A power cut at any byte of the tail loses whole batches that were not on disk yet, and
// nothing else.
func TestAPowerCutAtAnyByteOfTheTail(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	q := open(t, cfg)
	var ends []int64
	var texts []string
	for i := range 3 {
		texts = append(texts, fmt.Sprint(i, "a"), fmt.Sprint(i, "b"))
		add(t, q, &Batch{Key: [16]byte{byte(i + 1)}, Name: "n", Mark: fmt.Sprint(i), Lines: lines("h:/a", texts[2*i:]...)})
		ends = append(ends, q.segments[0].end)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(segmentPath(cfg.Dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, garbage := range []bool{false, true} {
		for cut := range whole {
			dir := filepath.Join(t.TempDir(), "cut")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			torn := append([]byte(nil), whole[:cut]...)
			if garbage { // the file's length is on disk before its bytes
				torn = append(torn, make([]byte, len(whole)-cut)...)
			}
			if err := os.WriteFile(segmentPath(dir, 1), torn, 0o600); err != nil {
				t.Fatal(err)
			}
			kept := 0
			for kept < len(ends) && ends[kept] <= int64(cut) {
				kept++
			}
			if garbage && cut%3 != 0 {
				continue
			}
			cfg := DefaultConfig(dir)
			cfg.Linger, cfg.Sync = 0, false
			q, err := Open(cfg)
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			mark := ""
			if kept > 0 {
				mark = fmt.Sprint(kept - 1)
			}
			if have := q.Mark("n"); have != mark {
				t.Fatalf("cut at %d: mark %q, want %q", cut, have, mark)
			}
			for i := range ends {
				if have, want := q.state.has([16]byte{byte(i + 1)}), i < kept; have != want {
					t.Fatalf("cut at %d: key %d remembered: %v, want %v", cut, i, have, want)
				}
			}
			sink := newSink()
			stop := start(t, q, sink)
			add(t, q, &Batch{Lines: lines("h:/a", "new")})
			drain(t, q)
			stop()
			q.Close()
			want := append(append([]string(nil), texts[:2*kept]...), "new")
			if d := cmp.Diff(want, sink.texts("h:/a")); d != "" {
				t.Fatalf("cut at %d: lines (-want +have):\n%s", cut, d)
			}
		}
	}
}

// A damaged record costs itself alone; what stands behind it is found and sent.
func TestADamagedRecordCostsItselfAlone(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	q := open(t, cfg)
	var ends []int64
	for i := range 3 {
		add(t, q, &Batch{Lines: lines("h:/a", fmt.Sprint("line ", i))})
		ends = append(ends, q.segments[0].end)
	}
	q.Close()
	whole, err := os.ReadFile(segmentPath(cfg.Dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	for at := ends[0]; at < ends[1]; at++ {
		dir := filepath.Join(t.TempDir(), "damaged")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		bad := append([]byte(nil), whole...)
		bad[at] ^= 0x40
		if err := os.WriteFile(segmentPath(dir, 1), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := DefaultConfig(dir)
		cfg.Linger = 0
		q, sink := open(t, cfg), newSink()
		sink.gaps = true
		stop := start(t, q, sink)
		drain(t, q)
		stop()
		q.Close()
		if d := cmp.Diff([]string{"line 0", "line 2"}, sink.texts("h:/a")); d != "" {
			t.Fatalf("byte %d damaged: lines (-want +have):\n%s", at, d)
		}
		if have, want := q.Stats().DamagedBytes, ends[1]-ends[0]; have != want {
			t.Errorf("byte %d damaged: %d bytes counted, want %d", at, have, want)
		}
	}
}

// No line that somebody sends can look like a record where a damaged file is searched.
func TestALineThatLooksLikeARecord(t *testing.T) {
	q := open(t, DefaultConfig(t.TempDir()))
	add(t, q, &Batch{Lines: lines("h:/evil", "from another queue")})
	forged, err := os.ReadFile(segmentPath(q.cfg.Dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig(t.TempDir())
	q = open(t, cfg)
	add(t, q, &Batch{Lines: lines("h:/a", "one")})
	begin := q.segments[0].end
	add(t, q, &Batch{Lines: lines("h:/a", string(forged[headerBytes:]))})
	add(t, q, &Batch{Lines: lines("h:/a", "three")})
	q.Close()
	f, err := os.OpenFile(segmentPath(cfg.Dir, 1), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{0xff}, begin); err != nil {
		t.Fatal(err)
	}
	f.Close()
	q, sink := open(t, cfg), newSink()
	sink.gaps = true
	stop := start(t, q, sink)
	defer stop()
	drain(t, q)
	if have := sink.texts("h:/evil"); have != nil {
		t.Errorf("forged lines %q", have)
	}
	if d := cmp.Diff([]string{"one", "three"}, sink.texts("h:/a")); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
}

// failingDisk fails when its budget of operations is used up, until it is mended.
type failingDisk struct {
	left atomic.Int64
	err  error
}

func (d *failingDisk) spend() error {
	if d.left.Add(-1) < 0 {
		return d.err
	}
	return nil
}

type failingFile struct {
	segmentFile
	d *failingDisk
}

// Write writes half when it fails, as a disk that is full does.
func (f failingFile) Write(b []byte) (int, error) {
	if err := f.d.spend(); err != nil {
		n, _ := f.segmentFile.Write(b[:len(b)/2])
		return n, err
	}
	return f.segmentFile.Write(b)
}

func (f failingFile) Sync() error {
	if err := f.d.spend(); err != nil {
		return err
	}
	return f.segmentFile.Sync()
}

func (d *failingDisk) disk() disk {
	sys := systemDisk()
	return disk{
		create: func(path string) (segmentFile, error) {
			if err := d.spend(); err != nil {
				return nil, err
			}
			f, err := sys.create(path)
			if err != nil {
				return nil, err
			}
			return failingFile{f, d}, nil
		},
		truncate: func(path string, size int64) error {
			if err := d.spend(); err != nil {
				return err
			}
			return sys.truncate(path, size)
		},
		syncDir: func(dir string) error {
			if err := d.spend(); err != nil {
				return err
			}
			return sys.syncDir(dir)
		},
	}
}

// A disk that fails at any operation: the batch is refused as a whole, Ready says why, all
// goes on once the disk does, and every accepted line arrives once and without a gap.
func TestADiskThatFailsAtAnyOperation(t *testing.T) {
	for budget := range int64(20) {
		t.Run(fmt.Sprint(budget), func(t *testing.T) {
			cfg := DefaultConfig(t.TempDir())
			cfg.Linger = 0
			q, sink := open(t, cfg), newSink()
			d := &failingDisk{err: syscall.ENOSPC}
			d.left.Store(budget)
			q.disk, q.retryAfter = d.disk(), time.Millisecond
			stop := start(t, q, sink)
			defer stop()
			var want []string
			failed := false
			for i := range 6 {
				b := &Batch{Key: [16]byte{byte(i + 1)}, Lines: lines("h:/a", fmt.Sprint("line ", i), "and more")}
				_, err := q.Append(context.Background(), b)
				if err != nil {
					failed = true
					if !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
						t.Fatalf("append: want %v and %v, have %v", ErrFull, syscall.ENOSPC, err)
					}
					if err := q.Ready(); !errors.Is(err, syscall.ENOSPC) {
						t.Fatalf("ready: want %v, have %v", syscall.ENOSPC, err)
					}
					d.left.Store(1 << 40)
					if err := q.WaitRoom(context.Background()); err != nil {
						t.Fatal(err)
					}
					add(t, q, b)
				}
				want = append(want, fmt.Sprint("line ", i), "and more")
			}
			if err := q.Ready(); err != nil {
				t.Errorf("ready: %v", err)
			}
			d.left.Store(1 << 40)
			drain(t, q)
			if d := cmp.Diff(want, sink.texts("h:/a")); d != "" {
				t.Errorf("lines (-want +have):\n%s", d)
			}
			if budget < 12 && !failed {
				t.Error("nothing failed")
			}
			if err := q.checkBytes(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A power cut after a batch was refused does not bring it back beside what was appended later.
func TestWhatWasRefusedDoesNotComeBack(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	q := open(t, cfg)
	d := &failingDisk{err: syscall.EIO}
	d.left.Store(5) // the head of the file, and one write
	q.disk, q.retryAfter = d.disk(), time.Millisecond
	_, err := q.Append(context.Background(), &Batch{Lines: lines("h:/a", "refused")})
	if !errors.Is(err, ErrFull) {
		t.Fatalf("want %v, have %v", ErrFull, err)
	}
	d.left.Store(1 << 40)
	if err := q.WaitRoom(context.Background()); err != nil {
		t.Fatal(err)
	}
	add(t, q, &Batch{Lines: lines("h:/a", "accepted")})
	dir := t.TempDir()
	copyTo(t, cfg.Dir, dir)
	again, sink := open(t, DefaultConfig(dir)), newSink()
	stop := start(t, again, sink)
	defer stop()
	drain(t, again)
	if d := cmp.Diff([]string{"accepted"}, sink.texts("h:/a")); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
}

// checkBytes compares what the queue counts with its folder.
func (q *Queue) checkBytes() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	var sum int64
	for _, s := range q.segments {
		sum += s.end
	}
	if sum != q.bytes || q.reserved != 0 || len(q.inflight) != 0 {
		return fmt.Errorf("%d bytes counted, the files have %d; %d reserved, %d in flight", q.bytes, sum, q.reserved, len(q.inflight))
	}
	return nil
}
