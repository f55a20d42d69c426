package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper"
)

// memorySink keeps the texts of the lines that it accepts, and counts those that come
// twice.
type memorySink struct {
	mu    sync.Mutex
	lines []string
	seen  map[pipeline.LineID]bool
	twice int
}

func (k *memorySink) Partitions(context.Context, string) (int, error) { return 2, nil }

func (k *memorySink) Produce(_ context.Context, msgs []pipeline.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range msgs {
		l, err := pipeline.DecodeLine(&msgs[i])
		if err != nil {
			return err
		}
		if k.seen[l.ID] {
			k.twice++
			continue
		}
		if k.seen == nil {
			k.seen = map[pipeline.LineID]bool{}
		}
		k.seen[l.ID] = true
		k.lines = append(k.lines, string(l.Raw))
	}
	return nil
}

func (k *memorySink) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.lines...)
}

type host struct {
	t    *testing.T
	logs string
	cfg  shipper.Config
	sink *memorySink
}

// newHost has app.log, and app.log.1, which is not among the paths that are shipped. Its
// data folder's path is too long for a socket.
func newHost(t *testing.T) *host {
	h := &host{t: t, logs: t.TempDir(), cfg: shipper.DefaultConfig(), sink: &memorySink{}}
	h.cfg.Host, h.cfg.Paths = "h", []string{filepath.Join(h.logs, "app.log")}
	h.cfg.DataDir = filepath.Join(t.TempDir(), strings.Repeat("long/", 30), "data")
	h.cfg.ScanInterval, h.cfg.Linger = 50*time.Millisecond, time.Millisecond
	h.write("app.log", "a1\n")
	h.write("app.log.1", "old1\nold2\n")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(h.logs, "app.log.1"), old, old); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *host) write(name, text string) {
	h.t.Helper()
	f, err := os.OpenFile(filepath.Join(h.logs, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		h.t.Fatal(err)
	}
}

// start runs a Shipper and its Server, and returns what stops them.
func (h *host) start() (stop func()) {
	h.t.Helper()
	s, err := shipper.New(h.cfg, h.sink, zerolog.Nop(), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{s.Run, New(h.cfg.DataDir, s, zerolog.Nop()).Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				h.t.Error(err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	h.t.Cleanup(stop)
	h.until("it answers", func() bool { _, err := NewClient(h.cfg.DataDir).Status(h.t.Context()); return err == nil })
	return stop
}

func (h *host) until(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (h *host) backfill(globs ...string) (string, error) {
	for i := range globs {
		globs[i] = filepath.Join(h.logs, globs[i])
	}
	var out bytes.Buffer
	err := Backfill(h.t.Context(), BackfillConfig{
		Shipper: h.cfg, Sink: func() (pipeline.Sink, error) { return h.sink, nil }, Log: zerolog.Nop(), Globs: globs, Out: &out,
	})
	return out.String(), err
}

func TestBackfillAsksTheShipperThatRuns(t *testing.T) {
	h := newHost(t)
	stop := h.start()
	h.until("a1", func() bool { return len(h.sink.all()) == 1 })
	out, err := h.backfill("app.log*")
	if err != nil || !strings.Contains(out, "2 files, 1 already shipped; shipped 2 lines") {
		t.Errorf("error %v, output %q", err, out)
	}
	if d := cmp.Diff([]string{"a1", "old1", "old2"}, h.sink.all()); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
	if out, err = h.backfill("app.log*"); err != nil || !strings.Contains(out, "2 files, 2 already shipped; shipped 0 lines") {
		t.Errorf("again: error %v, output %q", err, out)
	}
	stop()
	if _, err := os.Stat(filepath.Join(h.cfg.DataDir, socketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

func TestBackfillRunsAShipperWhereNoneRuns(t *testing.T) {
	h := newHost(t)
	out, err := h.backfill("app.log.*")
	if err != nil || !strings.Contains(out, "1 files; shipped 2 lines") {
		t.Errorf("error %v, output %q", err, out)
	}
	if d := cmp.Diff([]string{"old1", "old2"}, h.sink.all()); d != "" {
		t.Errorf("lines of what was asked for, and nothing else (-want +have):\n%s", d)
	}
	h.start()
	h.until("a1", func() bool { return len(h.sink.all()) == 3 })
	if _, err := h.backfill("app.log*"); err != nil {
		t.Error(err)
	}
	if n := len(h.sink.all()); n != 3 || h.sink.twice != 0 {
		t.Errorf("%d lines, %d twice", n, h.sink.twice)
	}
}

func TestLiveFileThatABackfillBeganIsGoneOnWith(t *testing.T) {
	h := newHost(t)
	if _, err := h.backfill("app.log"); err != nil {
		t.Fatal(err)
	}
	h.write("app.log", "a2\n")
	h.start()
	h.until("a2", func() bool { return len(h.sink.all()) == 2 })
	if d := cmp.Diff([]string{"a1", "a2"}, h.sink.all()); d != "" || h.sink.twice != 0 {
		t.Errorf("%d twice, lines (-want +have):\n%s", h.sink.twice, d)
	}
}

func TestBackfillThatCannotBeDoneSaysWhy(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprintf("a shipper runs: %v", running), func(t *testing.T) {
			h := newHost(t)
			if running {
				h.start()
			}
			h.write("bad.gz", "no archive")
			for _, c := range []struct{ glob, want string }{
				{"nothing*", "no file matches"},
				{"[", "pattern"},
				{"bad.gz", "1 files or folders could not be read"},
			} {
				if out, err := h.backfill(c.glob); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: want an error with %q, have %v; output %q", c.glob, c.want, err, out)
				}
			}
		})
	}
}

func TestStatus(t *testing.T) {
	h := newHost(t)
	if _, err := Status(t.Context(), h.cfg.DataDir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("where no shipper ever ran: %v", err)
	}
	stop := h.start()
	h.until("a1 is acknowledged", func() bool {
		st, err := Status(t.Context(), h.cfg.DataDir)
		return err == nil && st.Running && st.Acked == 3 && st.LagBytes == 0
	})
	stop()
	h.write("app.log", "a2\n")
	st, err := Status(t.Context(), h.cfg.DataDir)
	if err != nil || st.Running || len(st.File) != 1 {
		t.Fatalf("status %+v, error %v", st, err)
	}
	if f := st.File[0]; f.Size != 6 || f.Acked != 3 || f.LagBytes != 3 || f.Error != "" {
		t.Errorf("file %+v", f)
	}
	var table, text bytes.Buffer
	if err := WriteStatus(t.Context(), &table, h.cfg.DataDir, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"No shipper runs", filepath.Join(h.logs, "app.log"), "1 files"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("want %q in:\n%s", want, table.String())
		}
	}
	if err := WriteStatus(t.Context(), &text, h.cfg.DataDir, true); err != nil {
		t.Fatal(err)
	}
	var again shipper.Status
	if err := json.Unmarshal(text.Bytes(), &again); err != nil || len(again.File) != 1 || again.File[0].LagBytes != 3 {
		t.Errorf("JSON: %v\n%s", err, text.String())
	}
}

func TestOnlyItsUserCanConnectAndAKilledShippersSocketIsReplaced(t *testing.T) {
	h := newHost(t)
	if err := os.MkdirAll(h.cfg.DataDir, 0o755); err != nil {
		t.Fatal(err)
	}
	left, err := listen(h.cfg.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	left.Close() // its name stays, as after a kill
	if _, err := NewClient(h.cfg.DataDir).Status(t.Context()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("want %v, have %v", ErrNotRunning, err)
	}
	h.start()
	fi, err := os.Stat(filepath.Join(h.cfg.DataDir, socketName))
	if err != nil || fi.Mode().Perm() != 0o600 || fi.Mode()&os.ModeSocket == 0 {
		t.Errorf("mode %v, error %v", fi.Mode(), err)
	}
	entries, err := os.ReadDir(h.cfg.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	h := newHost(t)
	h.start()
	c := NewClient(h.cfg.DataDir)
	if _, err := c.Progress(t.Context(), 99); err == nil || !strings.Contains(err.Error(), "no backfill") {
		t.Errorf("unknown id: %v", err)
	}
	var out backfillAnswer
	for name, in := range map[string]any{
		"unknown key": map[string]any{"glob": "x"},
		"too large":   backfillRequest{[]string{strings.Repeat("x", maxRequest)}},
	} {
		if err := c.do(t.Context(), "POST", "/backfill", in, &out); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	conn, err := dial(t.Context(), h.cfg.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := c.Status(t.Context()); err != nil {
		t.Errorf("while another connection is idle: %v", err)
	}
}
