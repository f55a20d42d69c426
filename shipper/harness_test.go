package shipper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// memorySink keeps what it accepts. It can be away, and it can be cut: then it accepts
// nothing more, as if its process had been killed.
type memorySink struct {
	partitions int

	mu    sync.Mutex
	away  chan struct{} // nil: it answers
	cut   bool
	lines []pipeline.Line
	dead  []pipeline.Message
	seen  map[pipeline.LineID]string
	dups  int
	// refuse, if set, says which records can never be accepted.
	refuse func(m *pipeline.Message) bool
}

func newSink() *memorySink {
	return &memorySink{partitions: 3, seen: map[pipeline.LineID]string{}}
}

var (
	errCut     = errors.New("sink was cut")
	errRefused = errors.New("record is too large")
)

func (k *memorySink) Produce(ctx context.Context, msgs []pipeline.Message) error {
	for {
		k.mu.Lock()
		away := k.away
		if away == nil {
			break
		}
		k.mu.Unlock()
		select {
		case <-away:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer k.mu.Unlock()
	if k.cut {
		k.mu.Unlock()
		<-ctx.Done()
		k.mu.Lock()
		return errCut
	}
	for i := range msgs {
		if k.refuse != nil && k.refuse(&msgs[i]) {
			return errRefused
		}
	}
	for i := range msgs {
		m := msgs[i]
		if m.Topic == pipeline.TopicDeadLetter {
			k.dead = append(k.dead, m)
			continue
		}
		if want := pipeline.PartitionFor(m.Key, k.partitions); m.Partition != want {
			return fmt.Errorf("partition of %s: want %d, have %d", m.Key, want, m.Partition)
		}
		l, err := pipeline.DecodeLine(&m)
		if err != nil {
			return err
		}
		if old, ok := k.seen[l.ID]; ok {
			if old != string(l.Raw) {
				return fmt.Errorf("line %+v: was %q, is %q", l.ID, old, l.Raw)
			}
			k.dups++
			continue
		}
		k.seen[l.ID] = string(l.Raw)
		k.lines = append(k.lines, l)
	}
	return nil
}

func (k *memorySink) Partitions(context.Context, string) (int, error) { return k.partitions, nil }

func (k *memorySink) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.away = make(chan struct{})
}

func (k *memorySink) comeBack() {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.away)
	k.away = nil
}

func (k *memorySink) setCut(cut bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cut = cut
}

func (k *memorySink) all() []pipeline.Line {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]pipeline.Line(nil), k.lines...)
}

func (k *memorySink) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.lines)
}

// texts are the lines of the source with this file name, as they came.
func (k *memorySink) texts(name string) []string {
	var out []string
	for _, l := range k.all() {
		if _, path := pipeline.SplitSource(l.ID.Source); filepath.Base(path) == name {
			out = append(out, string(l.Raw))
		}
	}
	return out
}

// bench is a folder with logs, a sink, and a Shipper that can be started and killed.
type bench struct {
	t    testing.TB
	dir  string
	cfg  Config
	sink *memorySink

	s    *Shipper
	stop context.CancelFunc
	done chan error
}

func newBench(t testing.TB, patterns ...string) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), sink: newSink()}
	b.cfg = DefaultConfig()
	b.cfg.Host = "h"
	b.cfg.DataDir = filepath.Join(t.TempDir(), "data")
	b.cfg.ScanInterval = 50 * time.Millisecond
	b.cfg.Linger = 2 * time.Millisecond
	for _, p := range patterns {
		b.cfg.Paths = append(b.cfg.Paths, filepath.Join(b.dir, p))
	}
	t.Cleanup(func() {
		if b.s != nil {
			b.end()
		}
	})
	return b
}

func (b *bench) start() {
	b.t.Helper()
	b.startLog(b.log())
}

func (b *bench) log() zerolog.Logger {
	if os.Getenv("FOGHORN_TEST_LOG") != "" {
		return zerolog.New(zerolog.NewConsoleWriter(zerolog.ConsoleTestWriter(b.t))).With().Timestamp().Logger().Level(zerolog.DebugLevel)
	}
	return zerolog.New(zerolog.NewTestWriter(b.t)).Level(zerolog.WarnLevel)
}

func (b *bench) startLog(log zerolog.Logger) {
	b.t.Helper()
	b.run(b.sink, log, patience{
		settle: 100 * time.Millisecond, drainLimit: time.Second, grace: 500 * time.Millisecond, lateGrace: 5 * time.Second,
	})
}

// startWith starts a Shipper as patient as it is in earnest.
func (b *bench) startWith(sink pipeline.Sink) {
	b.t.Helper()
	b.run(sink, b.log(), defaultPatience())
}

func (b *bench) run(sink pipeline.Sink, log zerolog.Logger, wait patience) {
	b.t.Helper()
	s, err := New(b.cfg, sink, log, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	s.wait = wait
	b.launch(s)
}

func (b *bench) launch(s *Shipper) {
	ctx, stop := context.WithCancel(context.Background())
	b.s, b.stop, b.done = s, stop, make(chan error, 1)
	go func() { b.done <- s.Run(ctx) }()
}

// end stops the Shipper in order.
func (b *bench) end() {
	b.t.Helper()
	b.stop()
	if err := <-b.done; err != nil {
		b.t.Errorf("run: %v", err)
	}
	b.s = nil
}

// kill ends the Shipper as SIGKILL would: what is on its way is not accepted any more, and
// the checkpoint stays as it is at this moment.
func (b *bench) kill() {
	b.t.Helper()
	b.sink.setCut(true)
	path := filepath.Join(b.cfg.DataDir, "checkpoint.json")
	saved, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	old := b.cfg
	b.stop()
	<-b.done
	b.cfg, b.s = old, nil
	if saved == nil {
		os.Remove(path)
	} else if err := os.WriteFile(path, saved, 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.sink.setCut(false)
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, text string) {
	b.t.Helper()
	f, err := os.OpenFile(b.path(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) rename(from, to string) {
	b.t.Helper()
	if err := os.Rename(b.path(from), b.path(to)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) copy(from, to string) {
	b.t.Helper()
	text, err := os.ReadFile(b.path(from))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path(to), text, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) truncate(name string) {
	b.t.Helper()
	if err := os.Truncate(b.path(name), 0); err != nil {
		b.t.Fatal(err)
	}
}

// until polls until ok holds, and fails the test when it does not come.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited in vain: %s; status %+v", what, b.status())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (b *bench) status() Status {
	if b.s == nil {
		return Status{}
	}
	return b.s.Status()
}

// want waits until a source has these lines and no more, in any way that they came.
func (b *bench) want(name string, lines ...string) {
	b.t.Helper()
	b.until(fmt.Sprintf("lines of %s: want %q", name, lines), func() bool {
		return len(b.sink.texts(name)) >= len(lines)
	})
	if have := b.sink.texts(name); fmt.Sprint(have) != fmt.Sprint(lines) {
		b.t.Fatalf("lines of %s: want %q, have %q", name, lines, have)
	}
}

// settled waits until all that the files hold was acknowledged.
func (b *bench) settled() {
	b.t.Helper()
	b.until("all acknowledged", func() bool {
		st := b.s.Status()
		return st.Lag() == 0
	})
}

// first is the oldest generation of a source.
func (b *bench) first(name string) *generation {
	b.s.mu.Lock()
	src := b.s.sources[b.path(name)]
	b.s.mu.Unlock()
	src.mu.Lock()
	defer src.mu.Unlock()
	return src.gens[0]
}

// generations of a source, in the order in which their first lines came.
func (k *memorySink) generations(name string) []uint64 {
	var out []uint64
	seen := map[uint64]bool{}
	for _, l := range k.all() {
		if _, path := pipeline.SplitSource(l.ID.Source); filepath.Base(path) == name && !seen[l.ID.Generation] {
			seen[l.ID.Generation] = true
			out = append(out, l.ID.Generation)
		}
	}
	return out
}

// gaps lists where a source's generation has bytes that no line covers.
func (k *memorySink) gaps() []string {
	lines := k.all()
	sort.Slice(lines, func(i, j int) bool {
		a, b := &lines[i].ID, &lines[j].ID
		if a.Source != b.Source {
			return a.Source < b.Source
		}
		if a.Generation != b.Generation {
			return a.Generation < b.Generation
		}
		return a.Offset < b.Offset
	})
	var out []string
	for i := range lines {
		want := int64(0)
		if i > 0 && lines[i-1].ID.Source == lines[i].ID.Source && lines[i-1].ID.Generation == lines[i].ID.Generation {
			want = lines[i-1].ID.Offset + lines[i-1].Size
		}
		if lines[i].ID.Offset != want {
			out = append(out, fmt.Sprintf("%+v: want offset %d", lines[i].ID, want))
		}
	}
	return out
}
