package shipper

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/tail"
)

var b0 = zerolog.Nop()

func TestASourceOverItsRateIsReadLaterAndOthersAreNot(t *testing.T) {
	for _, c := range []struct {
		name string
		rate RateConfig
	}{
		{"lines", RateConfig{Lines: 100, Burst: 100 * time.Millisecond}},
		{"bytes", RateConfig{Bytes: 1000, Burst: 100 * time.Millisecond}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "free.log")
			b.sink.partitions = 1
			b.cfg.Files = []FileConfig{{Paths: []string{filepath.Join(b.dir, "slow.log")}, Rate: c.rate}}
			var slow, free strings.Builder
			for i := range 150 {
				fmt.Fprintf(&slow, "slow %4d\n", i) // 10 bytes
			}
			for i := range 2000 {
				fmt.Fprintf(&free, "free %d\n", i)
			}
			b.write("slow.log", slow.String()[:1000])
			b.write("free.log", free.String())
			b.start()
			b.until("some lines", func() bool { return len(b.sink.texts("slow.log")) > 0 })
			b.write("slow.log", slow.String()[1000:]) // to a live file as well
			b.until("all lines", func() bool { return b.sink.count() == 2150 })
			if have := strings.Join(b.sink.texts("slow.log"), "\n") + "\n"; have != slow.String() {
				t.Errorf("the slow source's lines: %q", have)
			}
			all := b.sink.all()
			if _, path := pipeline.SplitSource(all[len(all)-1].ID.Source); filepath.Base(path) != "slow.log" {
				t.Errorf("%s was done last", path)
			}
			if n := values(t, b.s.metrics.throttled)[""]; n == 0 {
				t.Error("throttled_total is 0")
			}
		})
	}
}

// TestASourceThatWaitsForItsRateGivesItsTurnToOthers: with one worker in all, the file
// without a rate is done first, and the other one's lines all come.
func TestASourceThatWaitsForItsRateGivesItsTurnToOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t, "b-free.log")
	b.cfg.MaxActive = 1
	b.sink.partitions = 1
	b.cfg.Files = []FileConfig{{
		Paths: []string{filepath.Join(b.dir, "a-slow.log")}, Rate: RateConfig{Lines: 20, Burst: 100 * time.Millisecond},
	}}
	b.write("a-slow.log", strings.Repeat("slow\n", 25))
	b.write("b-free.log", strings.Repeat("free\n", 1000))
	b.start()
	b.until("all lines", func() bool { return b.sink.count() == 1025 })
	all := b.sink.all()
	if last := string(all[len(all)-1].Raw); last != "slow" {
		t.Errorf("the last line is %q", last)
	}
	if have := len(b.sink.texts("a-slow.log")); have != 25 {
		t.Errorf("slow lines: want 25, have %d", have)
	}
}

func TestLimiterEarnsItsTokensWithTime(t *testing.T) {
	l := newLimiter(RateConfig{Lines: 10, Bytes: 1000}.fill())
	now := time.Unix(100, 0)
	lines := make([]tail.Line, 50)
	for i := range lines {
		lines[i].Size = 10
	}
	step := func(after time.Duration, lines []tail.Line, want int, delay time.Duration) {
		t.Helper()
		now = now.Add(after)
		n := l.allow(lines, now)
		l.charge(lines[:n], now)
		if d := l.delay(now).Round(time.Millisecond); n != want || d != delay {
			t.Errorf("want %d lines and a delay of %v, have %d and %v", want, delay, n, d)
		}
	}
	step(0, lines, 10, 100*time.Millisecond)
	step(50*time.Millisecond, lines, 0, 50*time.Millisecond)
	step(50*time.Millisecond, lines, 1, 100*time.Millisecond)
	step(time.Hour, lines, 10, 100*time.Millisecond)
	large := []tail.Line{{Size: 5000}, {Size: 1}} // more than the burst: it is let through, and paid for
	step(time.Hour, large, 1, 4001*time.Millisecond)
	if newLimiter(RateConfig{}.fill()) != nil {
		t.Error("no bound makes a limiter")
	}
}

// TestSmallFilesAreAllShippedBeforeTheHugeOneIsDone: one huge backlog does not starve a
// thousand small files.
func TestSmallFilesAreAllShippedBeforeTheHugeOneIsDone(t *testing.T) {
	b := newBench(t, "*.log")
	b.sink.partitions = 2
	const small = 1000
	line := strings.Repeat("x", 1023) + "\n"
	b.write("0-huge.log", strings.Repeat(line, 48<<10)) // 48 MiB, and found first
	for i := range small {
		b.write(fmt.Sprintf("small-%d.log", i), "one\ntwo\n")
	}
	b.cfg.MaxActive, b.cfg.MaxMemory = 4, 4<<20
	b.start()
	b.until("all lines", func() bool { return b.sink.count() == 48<<10+2*small })
	left := small
	for _, l := range b.sink.all() {
		_, path := pipeline.SplitSource(l.ID.Source)
		if string(l.Raw) == "two" {
			left--
		}
		if filepath.Base(path) == "0-huge.log" && l.ID.Offset == 48<<20-int64(len(line)) && left > 0 {
			t.Errorf("the huge file was done while %d small ones were not", left)
		}
	}
}
