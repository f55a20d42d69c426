package stdin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/spool"
)

// memorySink keeps what it accepts.
type memorySink struct {
	mu    sync.Mutex
	lines []pipeline.Line
}

func (k *memorySink) Partitions(context.Context, string) (int, error) { return 3, nil }

func (k *memorySink) Produce(_ context.Context, msgs []pipeline.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range msgs {
		l, err := pipeline.DecodeLine(&msgs[i])
		if err != nil {
			return err
		}
		l.Raw = bytes.Clone(l.Raw)
		k.lines = append(k.lines, l)
	}
	return nil
}

func (k *memorySink) texts() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, l := range k.lines {
		text := string(l.Raw)
		if l.Truncated {
			text += " (truncated)"
		}
		out = append(out, text)
	}
	return out
}

// queue opens a spool; the function that it returns stops and closes it.
func queue(t *testing.T, dir string, sink pipeline.Sink) (*spool.Queue, func()) {
	t.Helper()
	cfg := spool.DefaultConfig(dir)
	cfg.Linger, cfg.MaxBytes = time.Millisecond, 8<<20
	q, err := spool.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, sink) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, q.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return q, stop
}

// Run returns nil once all of the input was acknowledged: lines of any kind, a last one without
// line feed too.
func TestLines(t *testing.T) {
	many := strings.Repeat("a line of a backlog that is larger than what is read at once\n", 5000)
	for _, test := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"lines", "one\ntwo\r\n\nfour\n", []string{"one", "two\r", "", "four"}},
		{"no line feed at the end", "one\ntwo", []string{"one", "two"}},
		{"too long", strings.Repeat("x", 200_001) + "\nnext\n", []string{strings.Repeat("x", 100_000) + " (truncated)", "next"}},
		{"too long at the end", "one\n" + strings.Repeat("x", 100_001), []string{"one", strings.Repeat("x", 100_000) + " (truncated)"}},
		{"as long as the limit", strings.Repeat("x", 100_000) + "\nnext", []string{strings.Repeat("x", 100_000), "next"}},
		{"many", many, strings.Split(strings.TrimSuffix(many, "\n"), "\n")},
	} {
		t.Run(test.name, func(t *testing.T) {
			sink := &memorySink{}
			q, _ := queue(t, t.TempDir(), sink)
			cfg := DefaultConfig("app")
			cfg.LineLimit = 100_000
			s, err := New(cfg, strings.NewReader(test.in), q, zerolog.Nop(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, sink.texts()); d != "" {
				t.Errorf("lines (-want +have):\n%.2000s", d)
			}
		})
	}
}

// A line is shipped when it ends, however it comes; source, labels and settings go with it.
func TestAPipe(t *testing.T) {
	sink := &memorySink{}
	q, _ := queue(t, t.TempDir(), sink)
	cfg := DefaultConfig("app")
	cfg.Host, cfg.Labels, cfg.Format, cfg.Zone = "h", map[string]string{"env": "prod"}, "json", "Asia/Tokyo"
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := New(cfg, r, q, zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(context.Background()) }()
	for i := range 3 {
		fmt.Fprintf(w, "line %d", i)
		w.WriteString(" to its end\nand the begin of ")
		deadline := time.Now().Add(20 * time.Second)
		for len(sink.texts()) <= i {
			if time.Now().After(deadline) {
				t.Fatalf("line %d does not come: %q", i, sink.texts())
			}
			time.Sleep(time.Millisecond)
		}
	}
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	want := []string{"line 0 to its end", "and the begin of line 1 to its end", "and the begin of line 2 to its end", "and the begin of "}
	if d := cmp.Diff(want, sink.texts()); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
	l := sink.lines[0]
	if have := fmt.Sprintf("%s %v %s %s", l.ID.Source, l.Labels, l.Format, l.Zone); have != "h:/stdin/app [{env prod} {service app}] json Asia/Tokyo" {
		t.Errorf("have %s", have)
	}
}

// Stopped before the end, Run says so; what was read is sent after the next start.
func TestStoppedBeforeTheEnd(t *testing.T) {
	dir := t.TempDir()
	sink := &memorySink{}
	q, stop := queue(t, dir, sink)
	r, w := io.Pipe()
	s, err := New(DefaultConfig("app"), r, q, zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	io.WriteString(w, "one\ntwo")
	io.WriteString(w, "+\n") // it returns when all was read, and what was before was taken
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("want %v, have %v", context.Canceled, err)
	}
	w.Close()
	stop()
	q, _ = queue(t, dir, sink)
	if err := q.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	have := sink.texts()
	if len(have) < 2 || have[0] != "one" || !strings.HasPrefix(have[1], "two") {
		t.Errorf("lines %q", have)
	}
}

func TestConfigFaultsAreAllTold(t *testing.T) {
	err := (&Config{Host: "a:b", Zone: "Mars/Base"}).Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"name:", "host:", "line_limit:", "zone:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not told: %v", want, err)
		}
	}
}
