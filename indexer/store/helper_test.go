package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/pipeline"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testConfig(dir string) Config {
	cfg := DefaultConfig(dir)
	cfg.BlockLines, cfg.SegmentLines = 8, 40
	cfg.Retry, cfg.IndexDelay = time.Millisecond, 0
	return cfg
}

func mustOpen(t testing.TB, cfg Config, deps Deps) *Store {
	t.Helper()
	s, err := Open(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// feeder makes records of numbered lines of some sources.
type feeder struct {
	next    int64 // offset in the partition
	offsets map[string]int64
}

func newFeeder() *feeder { return &feeder{offsets: make(map[string]int64)} }

func (f *feeder) record(source string, generation uint64, n int) []pipeline.Event {
	var out []pipeline.Event
	key := fmt.Sprint(source, generation)
	for range n {
		off := f.offsets[key]
		body := fmt.Sprintf("%s/%d line at %d user%d id=%x status=%d", source, generation, off, off%5, off*7919, 200+off%3)
		e := pipeline.Event{
			ID: pipeline.LineID{Source: source, Generation: generation, Offset: off}, Size: int64(len(body)) + 1,
			Host: "h", Path: source, Timestamp: epoch.UnixNano() + off*1e6, Observed: epoch.UnixNano() + off*1e6,
			Body: []byte(body), Service: "svc", Severity: 9,
			Attrs: []pipeline.Attr{{Key: "status", Value: fmt.Sprint(200 + off%3)}, {Key: "elsewhere", Value: fmt.Sprint("v", off%3)}},
		}
		f.offsets[key] = off + e.Size
		out = append(out, e)
	}
	f.next++
	return out
}

// contents lists all lines that can be read, by source and in order.
func contents(t testing.TB, s *Store) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for _, p := range s.View().Parts {
		for b := range p.Blocks() {
			blk, err := p.Read(b, true)
			if err != nil {
				t.Fatalf("read: %v", err)
			}
			var e pipeline.Event
			for i := range blk.Len() {
				blk.Event(i, &e)
				out[e.ID.Source] = append(out[e.ID.Source], fmt.Sprintf("%d:%d:%d %s %v", e.ID.Generation, e.ID.Offset, e.Size, e.Body, e.Attrs))
			}
		}
	}
	return out
}

func linesOf(events []pipeline.Event) (out []string) {
	for _, e := range events {
		out = append(out, fmt.Sprintf("%d:%d:%d %s %v", e.ID.Generation, e.ID.Offset, e.Size, e.Body, e.Attrs))
	}
	return out
}

// faultFS is the machine's file system with a switch: after some steps it fails, and
// powerCut takes back what was not made durable by then.
type faultFS struct {
	OS
	mu    sync.Mutex
	steps int   // left before failing; negative: never
	err   error // what failing gives
	// What is not durable: how much of each file is, names that were made, renames.
	synced  map[string]int64
	written map[string]int64
	undo    []undo
}

type undo struct {
	dir  string
	back func() error
}

var errCut = errors.New("power cut")

func newFaultFS() *faultFS {
	return &faultFS{steps: -1, err: errCut, synced: make(map[string]int64), written: make(map[string]int64)}
}

func (f *faultFS) step() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.steps == 0 {
		return f.err
	}
	if f.steps > 0 {
		f.steps--
	}
	return nil
}

func (f *faultFS) set(steps int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps, f.err = steps, err
}

func (f *faultFS) Create(name string) (File, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	file, err := f.OS.Create(name)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.synced[name], f.written[name] = 0, 0
	f.undo = append(f.undo, undo{filepath.Dir(name), func() error { return os.RemoveAll(name) }})
	f.mu.Unlock()
	return &faultFile{f, file, name}, nil
}

func (f *faultFS) Rename(from, to string) error {
	if err := f.step(); err != nil {
		return err
	}
	if err := f.OS.Rename(from, to); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range []map[string]int64{f.synced, f.written} {
		if n, ok := m[from]; ok {
			m[to] = n
			delete(m, from)
		}
	}
	f.undo = append(f.undo, undo{filepath.Dir(to), func() error {
		for _, m := range []map[string]int64{f.synced, f.written} {
			if n, ok := m[to]; ok {
				m[from] = n
			}
		}
		return os.Rename(to, from)
	}})
	return nil
}

func (f *faultFS) SyncDir(name string) error {
	if err := f.step(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var keep []undo
	for _, u := range f.undo {
		if u.dir != name {
			keep = append(keep, u)
		}
	}
	f.undo = keep
	return f.OS.SyncDir(name)
}

func (f *faultFS) MkdirAll(name string) error {
	if err := f.step(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.undo = append(f.undo, undo{filepath.Dir(name), func() error { return os.RemoveAll(name) }})
	return f.OS.MkdirAll(name)
}

func (f *faultFS) RemoveAll(name string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.OS.RemoveAll(name)
}

// powerCut takes back names that were not synced, if names is true (a real disk may do
// either), and bytes that were not.
func (f *faultFS) powerCut(t testing.TB, names bool) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if names {
		for i := len(f.undo) - 1; i >= 0; i-- {
			if err := f.undo[i].back(); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	for name, n := range f.synced {
		if n < f.written[name] {
			if err := os.Truncate(name, n); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	f.synced, f.written, f.undo = make(map[string]int64), make(map[string]int64), nil
}

type faultFile struct {
	fs   *faultFS
	file File
	name string
}

func (f *faultFile) Write(b []byte) (int, error) {
	if err := f.fs.step(); err != nil {
		n, werr := f.file.Write(b[:len(b)/2]) // torn
		f.fs.mu.Lock()
		f.fs.written[f.name] += int64(n)
		f.fs.mu.Unlock()
		return n, errors.Join(err, werr)
	}
	n, err := f.file.Write(b)
	f.fs.mu.Lock()
	f.fs.written[f.name] += int64(n)
	f.fs.mu.Unlock()
	return n, err
}

func (f *faultFile) Sync() error {
	if err := f.fs.step(); err != nil {
		return err
	}
	f.fs.mu.Lock()
	f.fs.synced[f.name] = f.fs.written[f.name]
	f.fs.mu.Unlock()
	return nil
}

func (f *faultFile) Close() error { return f.file.Close() }

// segmentFiles lists the segment files of a store, in order.
func segmentFiles(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, daysDir, "*", "*"+segSuffix))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range names {
		if !strings.Contains(n, deadDay) {
			out = append(out, n)
		}
	}
	return out
}
