package shipper

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"foghorn/pipeline"
)

var (
	rotateFor  = flag.Duration("rotate-for", 3*time.Second, "how long TestRotationUnderLoad writes, per way of rotation")
	rotateRate = flag.Int("rotate-rate", 40_000, "lines that it writes per second")
)

const (
	rotateEvery = 50 * time.Millisecond
	rotateKeep  = 400 // rotated files that are left in the folder
	loadLine    = "%09d 2026-01-02T03:04:05Z GET /video/%d HTTP/1.1 200 end\n"
)

// countSink counts how often each numbered line came.
type countSink struct {
	mu    sync.Mutex
	times []uint8
	lines int
	other int // pieces of lines, where a copy was cut
}

func (k *countSink) Partitions(context.Context, string) (int, error) { return 3, nil }

func (k *countSink) Produce(_ context.Context, msgs []pipeline.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range msgs {
		if msgs[i].Topic != pipeline.TopicRaw {
			return fmt.Errorf("record on %s", msgs[i].Topic)
		}
		n, ok := loadNumber(msgs[i].Value)
		if !ok {
			k.other++
			continue
		}
		for len(k.times) <= n {
			k.times = append(k.times, make([]uint8, 1<<16)...)
		}
		if k.times[n] < 255 {
			k.times[n]++
		}
		k.lines++
	}
	return nil
}

func loadNumber(line []byte) (int, bool) {
	if !bytes.HasSuffix(line, []byte(" end")) || len(line) < 10 || line[9] != ' ' {
		return 0, false
	}
	n, err := strconv.Atoi(string(line[:9]))
	return n, err == nil
}

// load writes numbered lines to one file and rotates it.
type load struct {
	t       *testing.T
	path    string
	rate    int         // lines per second
	asked   func() bool // says that the file is to be opened anew, and that it was; or nil
	written int

	mu        sync.Mutex // held for a write, and where a file is truncated
	reopen    atomic.Bool
	destroyed map[int]bool // lines that were in the file when it was truncated, and not in the copy
}

// write writes until stop is closed.
func (l *load) write(stop <-chan struct{}) {
	f := l.create()
	defer func() { f.Close() }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var b []byte
	for start := time.Now(); ; {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if l.reopen.Swap(false) || l.asked != nil && l.asked() {
			f.Close()
			f = l.create()
		}
		b = b[:0]
		for due := int(time.Since(start).Seconds() * float64(l.rate)); l.written < due; l.written++ {
			b = fmt.Appendf(b, loadLine, l.written, l.written%977)
		}
		l.mu.Lock()
		_, err := f.Write(b)
		l.mu.Unlock()
		if err != nil {
			l.t.Error(err)
			return
		}
	}
}

func (l *load) create() *os.File {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		l.t.Error(err)
	}
	return f
}

// rename rotates as logrotate's create does; the writer opens the new file a moment later.
func (l *load) rename(to string) {
	if err := os.Rename(l.path, to); err != nil {
		l.t.Error(err)
		return
	}
	l.create().Close()
	l.reopen.Store(true)
}

// copyTruncate rotates as logrotate's copytruncate does, and notes what that destroys.
func (l *load) copyTruncate(to string) {
	text, err := os.ReadFile(l.path)
	if err == nil {
		err = os.WriteFile(to, text, 0o644)
	}
	if err != nil {
		l.t.Error(err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	whole, err := os.ReadFile(l.path)
	if err == nil {
		err = os.Truncate(l.path, 0)
	}
	if err != nil {
		l.t.Error(err)
		return
	}
	from := bytes.LastIndexByte(text, '\n') + 1 // a line that the copy has in part is destroyed
	for _, line := range bytes.Split(whole[from:], []byte("\n")) {
		if n, ok := loadNumber(line); ok {
			l.destroyed[n] = true
		}
	}
}

// TestRotationUnderLoad: 40,000 lines per second into one file that is rotated every 50 ms.
// Rotated by rename, no line is lost and none is sent twice; by copytruncate, no line is
// lost beyond those that the rotation itself destroys, and none is sent twice.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		rotate func(l *load, to string)
	}{
		{"rename", (*load).rename},
		{"copytruncate", (*load).copyTruncate},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "app.log")
			b.cfg.ScanInterval = DefaultConfig().ScanInterval
			sink := &countSink{}
			b.startWith(sink)
			l := &load{t: t, path: b.path("app.log"), rate: *rotateRate, destroyed: map[int]bool{}}
			stop := make(chan struct{})
			var writer sync.WaitGroup
			writer.Go(func() { l.write(stop) })
			b.until("the file is read", func() bool { sink.mu.Lock(); defer sink.mu.Unlock(); return sink.lines > 0 })
			rotations := 0
			for start := time.Now(); time.Since(start) < *rotateFor; {
				time.Sleep(rotateEvery) // the load, not a wait for something
				rotations++
				c.rotate(l, filepath.Join(b.dir, fmt.Sprintf("app.log.%d", rotations)))
				if old := rotations - rotateKeep; old > 0 {
					os.Remove(filepath.Join(b.dir, fmt.Sprintf("app.log.%d", old)))
				}
			}
			close(stop)
			writer.Wait()
			end := time.Now()
			lost := func() (lost, twice, spared int) {
				sink.mu.Lock()
				defer sink.mu.Unlock()
				for n := range l.written {
					times := uint8(0)
					if n < len(sink.times) {
						times = sink.times[n]
					}
					switch {
					case times > 1:
						twice++
					case times == 0 && !l.destroyed[n]:
						lost++
					case times == 1 && l.destroyed[n]:
						spared++
					}
				}
				return lost, twice, spared
			}
			for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				if n, _, _ := lost(); n == 0 {
					break
				}
			}
			caught := time.Since(end)
			b.end()
			n, twice, spared := lost()
			t.Logf("%d lines, %d rotations; destroyed by the rotation %d, of them shipped %d; lost %d, twice %d; pieces of lines %d; caught up after %v",
				l.written, rotations, len(l.destroyed), spared, n, twice, sink.other, caught.Round(time.Millisecond))
			if n > 0 || twice > 0 {
				t.Errorf("lost %d, twice %d", n, twice)
			}
		})
	}
}
