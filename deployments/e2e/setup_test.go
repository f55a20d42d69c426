//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	brokerFlag  = flag.String("broker", "embedded", "the Kafka of the run: embedded or apache")
	binaryFlag  = flag.String("foghorn", os.Getenv("FOGHORN_BIN"), "the program; built from this tree when empty")
	seedFlag    = flag.Uint64("seed", 0, "seed of rotations, kills and patterns; 0 takes one from the clock")
	linesFlag   = flag.Int("lines", 420_000, "lines written in the end-to-end run")
	rateFlag    = flag.Int("rate", 20_000, "lines per second written in the end-to-end run")
	latencyFlag = flag.Bool("latency", false, "measure the time from write to search")
	sharedFlag  = flag.String("shared", sharedData, "the folder with lines of real systems; without it the shop's lines are taken")
	flowFlag    = flag.Bool("bench-flow", false, "measure the whole flow over a backlog")
	flowLines   = flag.Int("flow-lines", 2_000_000, "lines of the backlog of -bench-flow")
)

// program returns the path of the foghorn binary and builds it when none was given.
func program(t *testing.T) string {
	t.Helper()
	if *binaryFlag != "" {
		path, err := filepath.Abs(*binaryFlag)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := filepath.Join(t.TempDir(), "foghorn")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build foghorn: %v\n%s", err, out)
	}
	return path
}

// folder makes a folder that stays when the test fails.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "foghorn-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the run's files are kept in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the run's files: %v", err)
		}
	})
	return dir
}

// untilTimeout returns a context that ends in time for the clean-up to run before the
// test binary's own timeout would kill it, so that no child is left behind.
func untilTimeout(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if end, ok := t.Deadline(); ok {
		ctx, cancel = context.WithDeadline(ctx, end.Add(-30*time.Second))
	}
	t.Cleanup(cancel)
	return ctx
}

// freeAddress returns an address on loopback that nothing listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// child is one process of the program, started again after each kill.
type child struct {
	name string
	args []string
	bin  string
	dir  string
	t    *testing.T

	mu      sync.Mutex
	cmd     *exec.Cmd
	exited  chan struct{}
	stopped bool // we ended it
}

// launch starts a process and has it killed at the end of the test. Its output goes to
// dir/<name>.out.
func launch(t *testing.T, bin, dir, name string, args ...string) *child {
	t.Helper()
	c := &child{name: name, args: args, bin: bin, dir: dir, t: t}
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("last lines of %s:\n%s", name, c.tail(15))
		}
	})
	return c
}

func (c *child) output() string { return filepath.Join(c.dir, c.name+".out") }

func (c *child) start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := os.OpenFile(c.output(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	defer out.Close()
	cmd := exec.Command(c.bin, c.args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	exited := make(chan struct{})
	c.cmd, c.exited, c.stopped = cmd, exited, false
	go func() {
		err := cmd.Wait()
		c.mu.Lock()
		if !c.stopped {
			c.t.Errorf("%s ended by itself: %v", c.name, err)
		}
		c.mu.Unlock()
		close(exited)
	}()
	return nil
}

// kill ends the process with SIGKILL and waits for its end.
func (c *child) kill() { c.signal(os.Kill) }

// signal ends the process and waits for its end.
func (c *child) signal(s os.Signal) {
	c.mu.Lock()
	c.stopped = true
	cmd, exited := c.cmd, c.exited
	c.mu.Unlock()
	if err := cmd.Process.Signal(s); err == nil {
		select {
		case <-exited:
			return
		case <-time.After(30 * time.Second):
			c.t.Errorf("%s did not end within 30 s of %s, killed", c.name, s)
		}
		if err := cmd.Process.Kill(); err != nil {
			c.t.Logf("kill %s: %v", c.name, err)
		}
	}
	<-exited
}

func (c *child) pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cmd.Process.Pid
}

// tail returns the last n lines that the process wrote.
func (c *child) tail(n int) string {
	text, err := os.ReadFile(c.output())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}

// get fetches a URL; any status but 200 is an error.
func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(body))
	}
	return body, nil
}

// until asks again and again until check returns nil, at most for the given time.
func until(ctx context.Context, t *testing.T, what string, most time.Duration, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s: %v", what, most, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// untilReady waits for a role's /readyz.
func untilReady(ctx context.Context, t *testing.T, name, address string) {
	t.Helper()
	until(ctx, t, name+" is ready", time.Minute, func() error {
		_, err := get(ctx, "http://"+address+"/readyz")
		return err
	})
}
