package journal

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

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

// of returns the lines of a service.
func (k *memorySink) of(service string) []pipeline.Line {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []pipeline.Line
	for _, l := range k.lines {
		if strings.HasSuffix(l.ID.Source, "/journal/"+service) {
			out = append(out, l)
		}
	}
	return out
}

// journald starts a journald with a /run of its own, and returns the folder of its journal, its
// socket, and a function that makes it begin a new file.
func journald(t *testing.T) (dir string, socket *net.UnixConn, rotate func()) {
	t.Helper()
	const program = "/lib/systemd/systemd-journald"
	if _, err := os.Stat(program); err != nil || os.Getuid() != 0 {
		t.Skip("SKIPPED: a journald of its own needs systemd-journald and root")
	}
	if _, err := exec.LookPath("journalctl"); err != nil {
		t.Skip("SKIPPED:", err)
	}
	// Socket paths are short.
	run, err := os.MkdirTemp("/tmp", "journal")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(run) })
	cmd := exec.Command("/bin/sh", "-c", `mount --bind "$1" /run && { test ! -d /var/log/journal || mount --bind "$2" /var/log/journal; } && exec "$3"`,
		"sh", run, t.TempDir(), program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	said := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Skip("SKIPPED: no mount namespace of its own:", err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	path := filepath.Join(run, "systemd/journal/socket")
	until(t, "journald's socket", func() bool {
		select {
		case <-ended:
			t.Skipf("SKIPPED: journald does not start here: %s", said)
		default:
		}
		_, err := os.Stat(path)
		return err == nil
	})
	if socket, err = net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return filepath.Join(run, "log/journal"), socket, func() { cmd.Process.Signal(syscall.SIGUSR2) }
}

// say writes an entry in journald's native protocol.
func say(t *testing.T, socket *net.UnixConn, fields ...string) {
	t.Helper()
	var b bytes.Buffer
	for i := 0; i < len(fields); i += 2 {
		if !strings.Contains(fields[i+1], "\n") {
			fmt.Fprintf(&b, "%s=%s\n", fields[i], fields[i+1])
			continue
		}
		fmt.Fprintf(&b, "%s\n", fields[i])
		binary.Write(&b, binary.LittleEndian, uint64(len(fields[i+1])))
		fmt.Fprintf(&b, "%s\n", fields[i+1])
	}
	if _, err := socket.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// queue opens a spool and runs it.
func queue(t *testing.T, dir string, sink pipeline.Sink) (q *spool.Queue, stop func()) {
	t.Helper()
	cfg := spool.DefaultConfig(dir)
	cfg.Linger = time.Millisecond
	q, err := spool.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, sink) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, q.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return q, stop
}

func read(t *testing.T, cfg Config, q *spool.Queue) (r *Reader, stop func()) {
	t.Helper()
	r, err := New(cfg, q, zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return r, stop
}

func attr(l *pipeline.Line, key string) string {
	for _, a := range l.Labels {
		if a.Key == key {
			return a.Value
		}
	}
	return ""
}
