package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// smallConfig is a queue of 1 MiB.
func smallConfig(t testing.TB) Config {
	cfg := DefaultConfig(t.TempDir())
	cfg.MaxBytes, cfg.SegmentBytes, cfg.Sync, cfg.Linger = 1<<20, 64<<10, false, time.Millisecond
	return cfg
}

// Disk space is bounded: with the broker away the queue fills, refuses, says so, and takes
// again what was refused once the broker is back.
func TestDiskSpaceIsBounded(t *testing.T) {
	cfg := smallConfig(t)
	q, sink := open(t, cfg), newSink()
	stop := start(t, q, sink)
	defer stop()
	sink.leave()
	var want []string
	text := strings.Repeat("x", 5000)
	var err error
	for i := 0; err == nil; i++ {
		if i > 1000 {
			t.Fatal("never full")
		}
		line := fmt.Sprint(i, text)
		if _, err = q.Append(context.Background(), &Batch{Lines: lines("h:/a", line)}); err == nil {
			want = append(want, line)
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("want %v, have %v", ErrFull, err)
	}
	if len(want) < 150 {
		t.Errorf("full after %d batches", len(want))
	}
	if err := q.Ready(); !errors.Is(err, ErrFull) {
		t.Errorf("ready: want %v, have %v", ErrFull, err)
	}
	files, err := filepath.Glob(filepath.Join(cfg.Dir, "*"+segmentSuffix))
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		sum += info.Size()
	}
	if sum > cfg.MaxBytes {
		t.Errorf("the files take %d bytes, more than %d", sum, cfg.MaxBytes)
	}
	short, cancel := context.WithCancel(context.Background())
	cancel()
	if err := q.WaitRoom(short); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: want %v, have %v", context.Canceled, err)
	}
	sink.comeBack()
	for i := range 300 {
		line := fmt.Sprint("later ", i, text)
		want = append(want, line)
		for {
			_, err := q.Append(context.Background(), &Batch{Lines: lines("h:/a", line)})
			if err == nil {
				break
			}
			if !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			if err := q.WaitRoom(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	drain(t, q)
	if d := cmp.Diff(want, sink.texts("h:/a")); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
	if err := q.Ready(); err != nil {
		t.Errorf("ready: %v", err)
	}
	for deadline := time.Now().Add(20 * time.Second); q.Stats().DiskBytes > cfg.SegmentBytes+10_000; {
		if time.Now().After(deadline) {
			t.Fatalf("files that are done are not removed: %+v", q.Stats())
		}
		time.Sleep(time.Millisecond)
	}
	if st := q.Stats(); st.LagBytes != 0 || st.Refused == 0 {
		t.Errorf("stats %+v", st)
	}
	if err := q.checkBytes(); err != nil {
		t.Error(err)
	}
}

func TestABatchThatNeverFits(t *testing.T) {
	q := open(t, smallConfig(t))
	_, err := q.Append(context.Background(), &Batch{Lines: lines("h:/a", strings.Repeat("x", 300<<10))})
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("want %v, have %v", ErrTooLarge, err)
	}
}

func TestALineNeedsASource(t *testing.T) {
	q := open(t, smallConfig(t))
	if _, err := q.Append(context.Background(), &Batch{Lines: lines("", "x")}); err == nil || q.Stats().AppendedLines != 0 {
		t.Errorf("error %v, stats %+v", err, q.Stats())
	}
}

// Many at once, each batch sent twice at the same time: every line once, each source in order.
func TestManyAppendAtOnce(t *testing.T) {
	cfg := smallConfig(t)
	cfg.Sync = true
	q, sink := open(t, cfg), newSink()
	stop := start(t, q, sink)
	defer stop()
	var wg sync.WaitGroup
	var fresh, dups atomic.Int64
	const writers, batches = 8, 40
	for w := range writers {
		wg.Go(func() {
			for i := range batches {
				b := &Batch{Key: [16]byte{1, byte(w), byte(i)}, Lines: lines(fmt.Sprint("h:/", w), fmt.Sprint("line ", i), "more")}
				var pair sync.WaitGroup
				for range 2 {
					pair.Go(func() {
						for {
							dup, err := q.Append(context.Background(), b)
							if errors.Is(err, ErrFull) {
								if err := q.WaitRoom(context.Background()); err != nil {
									t.Error(err)
								}
								continue
							}
							if err != nil {
								t.Error(err)
							}
							if dup {
								dups.Add(1)
							} else {
								fresh.Add(1)
							}
							return
						}
					})
				}
				pair.Wait()
			}
		})
	}
	wg.Wait()
	drain(t, q)
	if f, d := fresh.Load(), dups.Load(); f != writers*batches || d != f {
		t.Errorf("%d fresh, %d duplicates; want %d each", f, d, writers*batches)
	}
	for w := range writers {
		var want []string
		for i := range batches {
			want = append(want, fmt.Sprint("line ", i), "more")
		}
		if d := cmp.Diff(want, sink.texts(fmt.Sprint("h:/", w))); d != "" {
			t.Errorf("writer %d (-want +have):\n%s", w, d)
		}
	}
}

// A record that is refused for good goes to the dead letters; the lines around it arrive.
func TestARefusedLineGoesToTheDeadLetters(t *testing.T) {
	q, sink := open(t, smallConfig(t)), newSink()
	sink.gaps = true
	sink.refuse = func(m *pipeline.Message) bool {
		return m.Topic == pipeline.TopicRaw && bytes.Contains(m.Value, []byte("bad"))
	}
	stop := start(t, q, sink)
	defer stop()
	add(t, q, &Batch{Lines: lines("h:/a", "one", "bad", "three")})
	add(t, q, &Batch{Lines: lines("h:/a", "four")})
	drain(t, q)
	if d := cmp.Diff([]string{"one", "three", "four"}, sink.texts("h:/a")); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
	if len(sink.dead) != 1 || string(sink.dead[0].Value) != "bad" || q.Stats().RejectedLines != 1 {
		t.Errorf("dead letters %+v", sink.dead)
	}
}

// The newest file keeps keys and marks when all others are gone, and what was acknowledged is
// not sent again.
func TestKeysAndMarksOutliveTheirFiles(t *testing.T) {
	cfg := smallConfig(t)
	q, sink := open(t, cfg), newSink()
	stop := start(t, q, sink)
	for i := range 200 {
		b := &Batch{Key: [16]byte{1, byte(i)}, Name: "n", Mark: fmt.Sprint(i), Lines: lines("h:/a", fmt.Sprint(i, strings.Repeat("x", 4000)))}
		for {
			_, err := q.Append(context.Background(), b)
			if err == nil {
				break
			}
			if err := q.WaitRoom(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	drain(t, q)
	stop()
	q.Close()
	if files, _ := filepath.Glob(filepath.Join(cfg.Dir, "*"+segmentSuffix)); len(files) > 2 {
		t.Errorf("%d files are left", len(files))
	}
	q = open(t, cfg)
	if m := q.Mark("n"); m != "199" {
		t.Errorf("mark %q, want 199", m)
	}
	for i := range 200 {
		if !q.state.has([16]byte{1, byte(i)}) {
			t.Fatalf("key %d is forgotten", i)
		}
	}
	stop = start(t, q, sink)
	drain(t, q)
	stop()
	if n := sink.duplicates(); n != 0 {
		t.Errorf("%d lines were sent again", n)
	}
}

// Remembered are the last 65,536 keys at least, and more for ten minutes.
func TestKeysAreBounded(t *testing.T) {
	key := func(i int) [16]byte { return [16]byte{1, byte(i), byte(i >> 8), byte(i >> 16)} }
	s, now := newState(1<<30), time.Unix(1e9, 0)
	for i := range 2*maxKeysKept + 1000 {
		s.add(key(i), "", "", now)
	}
	if n := len(s.young) + len(s.old); n > 2*maxKeysKept {
		t.Errorf("%d keys are kept", n)
	}
	for i := maxKeysKept + 1000; i < 2*maxKeysKept+1000; i++ {
		if !s.has(key(i)) {
			t.Fatalf("key %d is forgotten", i)
		}
	}
	s = newState(1 << 30)
	for i := range 200_000 { // 100 a second
		s.add(key(i), "", "", now.Add(time.Duration(i)*10*time.Millisecond))
		if old := i - minKeys; old >= 0 && !s.has(key(old)) {
			t.Fatalf("key %d is forgotten after %d", old, i)
		}
	}
	if n := len(s.young) + len(s.old); n > 2*minKeys+1 {
		t.Errorf("%d keys are kept", n)
	}
	back, err := readState(s.record(0)[frameBytes:], 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(s.young, back.young) || !maps.Equal(s.old, back.old) || !s.begun.Equal(back.begun) {
		t.Error("the state is another one after it was written and read")
	}
}

// A record that is refused for good whatever is left of its value, as its source and labels are
// too long, goes to the dead letters without them; the lines behind it arrive.
func TestALineWithEndlessLabelsGoesToTheDeadLetters(t *testing.T) {
	cfg := smallConfig(t)
	cfg.MaxBytes = 64 << 20
	q, sink := open(t, cfg), newSink()
	sink.gaps = true
	sink.refuse = func(m *pipeline.Message) bool {
		n := len(m.Key) + len(m.Value)
		for _, h := range m.Headers {
			n += len(h.Key) + len(h.Value)
		}
		return n > 1<<20
	}
	stop := start(t, q, sink)
	defer stop()
	long := strings.Repeat("x", 2<<20)
	poison := lines("h:/"+long, "poison")
	poison[0].Labels = []pipeline.Attr{{Key: "service", Value: long}}
	add(t, q, &Batch{Lines: poison})
	add(t, q, &Batch{Lines: lines("h:/a", "behind")})
	drain(t, q)
	if d := cmp.Diff([]string{"behind"}, sink.texts("h:/a")); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
	if len(sink.dead) != 1 || string(sink.dead[0].Value) != "poison" {
		t.Fatalf("%d dead letters", len(sink.dead))
	}
	if h, ok := sink.dead[0].Header(pipeline.HeaderLine); !ok || len(h) == 0 {
		t.Error("the dead letter has lost its identity")
	}
}

// Keys that are remembered do not crowd out the lines: a queue that knows as many as it keeps
// takes as much as one that knows none, but for what they take at most.
func TestKeysDoNotCrowdOutTheLines(t *testing.T) {
	cfg := smallConfig(t)
	q, sink := open(t, cfg), newSink()
	stop := start(t, q, sink)
	defer stop()
	ctx := context.Background()
	key := func(i int) [16]byte { return [16]byte{1, byte(i), byte(i >> 8)} }
	for i := range 2 * q.state.limit {
		if _, err := q.AppendWait(ctx, &Batch{Key: key(i), Lines: lines("h:/a", "x")}); err != nil {
			t.Fatal(err)
		}
	}
	drain(t, q)
	sink.leave()
	defer sink.comeBack()
	bytes := 0
	for {
		b := &Batch{Lines: lines("h:/a", strings.Repeat("x", 2000))}
		if _, err := q.Append(ctx, b); errors.Is(err, ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		bytes += 2000
	}
	if int64(bytes) < cfg.MaxBytes/3 {
		t.Errorf("full after %d bytes of lines, of %d", bytes, cfg.MaxBytes)
	}
}
