package shipper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/checkpoint"
	"foghorn/shipper/deliver"
)

func TestConfig(t *testing.T) {
	good := DefaultConfig()
	good.Paths, good.DataDir, good.Host = []string{"/var/log/*.log"}, "/var/lib/foghorn", "h"
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"no path", func(c *Config) { c.Paths = nil }, "paths: want at least one"},
		{"relative path", func(c *Config) { c.Paths = []string{"x.log"} }, "want an absolute path"},
		{"bad pattern", func(c *Config) { c.Paths = []string{"/var/["} }, "syntax error"},
		{"bad exclusion", func(c *Config) { c.Exclude = []string{"["} }, "exclude"},
		{"no host", func(c *Config) { c.Host = "" }, "host"},
		{"host with colon", func(c *Config) { c.Host = "a:b" }, "colon"},
		{"no data folder", func(c *Config) { c.DataDir = "" }, "data_dir"},
		{"no limit", func(c *Config) { c.LineLimit = 0 }, "line_limit"},
		{"little memory", func(c *Config) { c.MaxMemory = 1 }, "max_memory"},
		{"no interval", func(c *Config) { c.ScanInterval = 0 }, "scan_interval"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
			if _, err := New(cfg, newSink(), zerolog.Nop(), nil); err == nil {
				t.Error("New took it")
			}
		})
	}
}

func TestCompressedAndLoginFilesAreLeftOut(t *testing.T) {
	b := newBench(t, "*")
	for _, name := range []string{"a.log", "a.log.2.gz", "b.xz", "wtmp", "btmp.1", "lastlog", "system.journal"} {
		b.write(name, "x\n")
	}
	b.start()
	b.want("a.log", "x")
	b.settled()
	if n := b.sink.count(); n != 1 {
		t.Errorf("lines: want 1, have %d", n)
	}
}

func TestLabelsAndSource(t *testing.T) {
	b := newBench(t, "a.log")
	b.cfg.Labels = map[string]string{"service": "web", "env": "test"}
	b.write("a.log", "x\n")
	b.start()
	b.want("a.log", "x")
	l := b.sink.all()[0]
	if want := "h:" + b.path("a.log"); l.ID.Source != want {
		t.Errorf("source: want %s, have %s", want, l.ID.Source)
	}
	if have, want := fmt.Sprint(l.Labels), "[{env test} {service web}]"; have != want {
		t.Errorf("labels: want %s, have %s", want, have)
	}
}

func TestBrokerAwayBoundsMemoryAndLosesNothing(t *testing.T) {
	b := newBench(t, "*.log")
	b.cfg.MaxMemory, b.cfg.MaxBatch = 1<<20, 64<<10
	b.sink.leave()
	const files, lines = 4, 20_000 // about 2.3 MB each
	want := map[string]int{}
	for f := range files {
		var text strings.Builder
		for i := range lines {
			fmt.Fprintf(&text, "%d %d %s\n", f, i, strings.Repeat("x", 100))
		}
		name := fmt.Sprintf("%d.log", f)
		b.write(name, text.String())
		want[name] = lines
	}
	b.start()
	b.until("a lane is full", func() bool { return b.s.Status().Read > int64(b.cfg.MaxMemory)/6 })
	b.rename("0.log", "0.log.1") // and the shipper still has to find its end
	b.until("it left its path", func() bool {
		g := b.first("0.log")
		g.src.mu.Lock()
		defer g.src.mu.Unlock()
		return !g.away.IsZero()
	})
	if read := b.s.Status().Read; read > int64(b.cfg.MaxMemory) {
		t.Errorf("read %d bytes while the broker is away, want %d at most", read, b.cfg.MaxMemory)
	}
	b.sink.comeBack()
	for name, n := range want {
		b.until("all lines of "+name, func() bool { return len(b.sink.texts(name)) == n })
	}
	if g := b.sink.gaps(); g != nil {
		t.Error(g)
	}
}

func TestMemoryIsBoundedHoweverManyPartitionsThereAre(t *testing.T) {
	const memory = 4 << 20
	for _, n := range []int{1, 3, 4, 5, 1000} {
		all, taken := rooms(memory, n), int64(0)
		for _, room := range all {
			for room.TryAcquire(reservation) {
				taken += reservation
			}
		}
		if len(all) != n || taken == 0 || taken > memory {
			t.Errorf("%d partitions: %d rooms that hold %d bytes, want %d at most", n, len(all), taken, memory)
		}
	}
}

func TestGenerationIsOnDiskBeforeItsFirstLineIsProduced(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("a.log", "a1\n")
	b.start()
	b.want("a.log", "a1")
	b.kill() // at once: no checkpoint was written since the file was found
	b.write("a.log", "a2\n")
	b.start()
	b.want("a.log", "a1", "a2")
	if g := b.sink.generations("a.log"); len(g) != 1 {
		t.Errorf("generations: want one, have %v", g)
	}
}

func TestAfterAnOrderlyStopNothingIsSentAgain(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("a.log", "a1\na2\n")
	b.start()
	b.want("a.log", "a1", "a2")
	b.end()
	b.start()
	b.write("a.log", "a3\n")
	b.want("a.log", "a1", "a2", "a3")
	if b.sink.dups != 0 {
		t.Errorf("sent again: %d", b.sink.dups)
	}
}

func TestStopDoesNotWaitLongForAnAbsentBroker(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.sink.leave()
	b.write("a.log", "a1\n")
	b.start()
	b.until("line is read", func() bool { return b.s.Status().Read == 3 })
	b.stop()
	select {
	case err := <-b.done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(stopGrace + 10*time.Second):
		t.Fatal("Run did not return")
	}
	b.sink.comeBack()
	b.start()
	b.want("a.log", "a1")
}

func TestSecondShipperOnTheSameDataFolderIsRefused(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("a.log", "x\n")
	b.start()
	b.want("a.log", "x")
	s, err := New(b.cfg, b.sink, zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); !errors.Is(err, checkpoint.ErrLocked) {
		t.Errorf("want %v, have %v", checkpoint.ErrLocked, err)
	}
}

func TestDamagedCheckpointStopsTheShipper(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("a.log", "x\n")
	b.start()
	b.want("a.log", "x")
	b.end()
	if err := os.WriteFile(filepath.Join(b.cfg.DataDir, "checkpoint.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := New(b.cfg, b.sink, zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); !errors.Is(err, checkpoint.ErrDamaged) {
		t.Errorf("want %v, have %v", checkpoint.ErrDamaged, err)
	}
}

func TestOneFileIsShippedOnceWhateverItsNames(t *testing.T) {
	b := newBench(t, "*.log", "sub/*.log")
	b.write("b.log", "x\n")
	if err := os.Mkdir(b.path("sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(b.path("b.log"), b.path("a.log")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(b.path("b.log"), b.path("sub/c.log")); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.want("b.log", "x")
	b.write("a.log", "y\n")
	b.want("b.log", "x", "y")
	b.settled()
	if n := b.sink.count(); n != 2 {
		t.Errorf("lines: want 2, have %v", b.sink.all())
	}
}

func TestSymlinkThatIsPointedElsewhereIsARotation(t *testing.T) {
	t.Parallel()
	b := newBench(t, "current.log")
	b.write("1.txt", "a1\n")
	b.write("2.txt", "b1\n")
	if err := os.Symlink("1.txt", b.path("current.log")); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.want("current.log", "a1")
	b.write("1.txt", "a2")
	if err := os.Symlink("2.txt", b.path("new")); err != nil {
		t.Fatal(err)
	}
	b.rename("new", "current.log")
	b.want("current.log", "a1", "a2", "b1")
}

func TestUnreadableFileIsToldOnceAndOthersGoOn(t *testing.T) {
	b := newBench(t, "*.log")
	if err := os.Symlink("bad.log", b.path("bad.log")); err != nil { // a loop: it cannot be opened
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		b.write("secret.log", "s\n")
		if err := os.Chmod(b.path("secret.log"), 0); err != nil {
			t.Fatal(err)
		}
	} else {
		t.Log("skipped in part: root can read a file of mode 0")
	}
	var log syncBuffer
	b.write("a.log", "x\n")
	b.startLog(zerolog.New(&log))
	b.want("a.log", "x")
	b.write("a.log", "y\n")
	b.want("a.log", "x", "y")
	b.until("it was scanned a few times", func() bool { return strings.Contains(log.String(), "bad.log") })
	b.write("b.log", "x\n")
	b.want("b.log", "x")
	if n := strings.Count(log.String(), "bad.log"+`"`); n != 1 {
		t.Errorf("told %d times:\n%s", n, log.String())
	}
	if err := os.Remove(b.path("bad.log")); err != nil {
		t.Fatal(err)
	}
	b.write("bad.log", "good now\n")
	b.want("bad.log", "good now")
	if os.Getuid() != 0 {
		if err := os.Chmod(b.path("secret.log"), 0o644); err != nil {
			t.Fatal(err)
		}
		b.want("secret.log", "s")
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestLostLinesAreLoggedWithPathAndBytes(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("a.log", "a1\n")
	b.start()
	b.want("a.log", "a1")
	b.write("a.log", "half")
	b.until("its worker saw it", func() bool {
		g := b.first("a.log")
		g.src.mu.Lock()
		defer g.src.mu.Unlock()
		return g.held == 7
	})
	b.end()
	var log syncBuffer
	if err := os.Remove(b.path("a.log")); err != nil {
		t.Fatal(err)
	}
	b.startLog(zerolog.New(&log))
	b.until("loss is logged", func() bool { return strings.Contains(log.String(), "lines are lost") })
	if s := log.String(); !strings.Contains(s, b.path("a.log")) || !strings.Contains(s, `"bytes":4`) {
		t.Error(s)
	}
}

func TestRefusedLineGoesToTheDeadLetters(t *testing.T) {
	b := newBench(t, "*.log")
	b.sink.refuse = func(m *pipeline.Message) bool { return len(m.Value) > 100_000 }
	b.write("a.log", "a\n"+strings.Repeat("x", 200_000)+"\nb\n")
	b.start()
	b.want("a.log", "a", "b")
	b.settled()
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	if len(b.sink.dead) != 1 || len(b.sink.dead[0].Value) != deliver.MaxValue {
		t.Fatalf("dead letters: %d", len(b.sink.dead))
	}
	if v, _ := b.sink.dead[0].Header(pipeline.HeaderDeadReason); string(v) != errRefused.Error() {
		t.Errorf("reason: %q", v)
	}
}

func TestLinesThatNobodyAcceptsAreTriedForEver(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	var mu sync.Mutex
	tries := 0
	b.sink.refuse = func(*pipeline.Message) bool {
		mu.Lock()
		defer mu.Unlock()
		tries++
		return tries < 12
	}
	b.write("a.log", "a\nb\n")
	b.start()
	b.want("a.log", "a", "b")
}

func TestMoreFilesThanTurnsAndOpenFiles(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.cfg.MaxActive, b.cfg.MaxOpen = 2, 3
	for i := range 6 {
		b.write(fmt.Sprintf("%02d.log", i), "one\n")
	}
	b.start()
	for i := range 6 {
		b.want(fmt.Sprintf("%02d.log", i), "one")
	}
	for i := range 6 {
		b.write(fmt.Sprintf("%02d.log", i), "two\n")
	}
	for i := range 6 {
		b.want(fmt.Sprintf("%02d.log", i), "one", "two")
	}
	if n := b.s.Status().Active; n > 2 {
		t.Errorf("active files: want 2 at most, have %d", n)
	}
}

func TestIdleFilesCostNoGoroutine(t *testing.T) {
	b := newBench(t, "*.log")
	b.cfg.IdleAfter, b.cfg.MaxOpen = 10*time.Millisecond, 100
	const files = 2000
	for i := range files {
		b.write(fmt.Sprintf("%04d.log", i), "one\n")
	}
	before := runtime.NumGoroutine()
	b.start()
	b.until("all are shipped", func() bool { return b.sink.count() == files })
	b.until("all are idle", func() bool { return b.s.Status().Active == 0 })
	b.until("goroutines have ended", func() bool { return runtime.NumGoroutine() < before+20 })
	if n := b.s.open.Load(); n > 100 {
		t.Errorf("open files: %d", n)
	}
	b.write("0777.log", "two\n")
	b.want("0777.log", "one", "two")
}

func TestStatusAndMetrics(t *testing.T) {
	b := newBench(t, "*.log")
	b.cfg.LineLimit = 10
	b.write("a.log", "one\nlonger than ten\nhalf")
	reg := prometheus.NewPedanticRegistry()
	s, err := New(b.cfg, b.sink, zerolog.Nop(), reg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	b.until("lines", func() bool { st := s.Status(); return st.Lines == 2 && st.Lag() == 4 })
	st := s.Status()
	if f := st.File[0]; st.Files != 1 || f.Path != b.path("a.log") || f.Size != 24 || f.Acked != 20 || f.Lag() != 4 {
		t.Errorf("status: %+v", st)
	}
	have := map[string]float64{}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			have[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"foghorn_shipper_lines_total": 2, "foghorn_shipper_acked_lines_total": 2, "foghorn_shipper_truncated_lines_total": 1,
		"foghorn_shipper_lag_bytes": 4, "foghorn_shipper_open_files": 1, "foghorn_shipper_bytes_total": 13,
	} {
		if have[name] != want {
			t.Errorf("%s: want %v, have %v", name, want, have[name])
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
