package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asFoghorn makes the test's program behave as foghorn itself.
const asFoghorn = "FOGHORN_TEST_AS_FOGHORN"

func TestMain(m *testing.M) {
	if os.Getenv(asFoghorn) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a foghorn that runs.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	mu  sync.Mutex
	out bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// foghorn starts a process; what it prints is kept.
func foghorn(t *testing.T, stdin io.Reader, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], args...)}
	p.cmd.Env = append(os.Environ(), asFoghorn+"=1")
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// wait waits for the end and returns what ended it.
func (p *process) wait() string {
	p.t.Helper()
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			p.t.Fatal(err)
		}
		return p.cmd.ProcessState.String()
	case <-time.After(30 * time.Second):
		p.t.Fatalf("%v does not end:\n%s", p.cmd.Args, p.text())
		return ""
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// after waits for a text and returns the word behind it.
func (p *process) after(text string) string {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, rest, ok := strings.Cut(p.text(), text); ok {
			if line, _, ended := strings.Cut(rest, "\n"); ended {
				word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
				return word
			}
		}
	}
	p.t.Fatalf("no %q in what %v prints:\n%s", text, p.cmd.Args, p.text())
	return ""
}

// startUp starts `foghorn up` with all its addresses on free ports.
func startUp(t *testing.T, data string, args ...string) *process {
	t.Helper()
	return foghorn(t, nil, append([]string{"up", "--data", data, "--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0"}, args...)...)
}

// holdRequest begins a request to the intake that never ends.
func holdRequest(t *testing.T, url string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	// The server asks for the body when the request is worked on.
	if _, err := io.WriteString(c, "POST /api/v1/push HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("have %q, %v", line, err)
	}
}

// TestUpTellsWhereItListens: the addresses that `up` prints are those that it has, and they
// answer.
func TestUpTellsWhereItListens(t *testing.T) {
	p := startUp(t, t.TempDir(), "--intake", "127.0.0.1:0")
	for name, path := range map[string]string{"search API": "/healthz", "intake": "/ready"} {
		resp, err := http.Get(p.after("  "+name) + path)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close() != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	p.signal(os.Interrupt)
	if s := p.wait(); s != "exit status 0" {
		t.Errorf("%s\n%s", s, p.text())
	}
}

// TestAnAddressInUseIsToldBeforeAnythingElse: `up` does not say that it is up.
func TestAnAddressInUseIsToldBeforeAnythingElse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := foghorn(t, nil, "up", "--data", t.TempDir(), "--logs", "/none", "--kafka-listen", "127.0.0.1:0", "--listen", l.Addr().String())
	if s := p.wait(); s != "exit status 2" || !strings.Contains(p.text(), "address already in use") || strings.Contains(p.text(), "is up") {
		t.Errorf("%s\n%s", s, p.text())
	}
}

// TestASenderThatHoldsOnDoesNotSpoilTheStop: a stop is clean although a request never ends.
func TestASenderThatHoldsOnDoesNotSpoilTheStop(t *testing.T) {
	p := startUp(t, t.TempDir(), "--intake", "127.0.0.1:0")
	holdRequest(t, p.after("  intake"))
	p.signal(os.Interrupt)
	if s := p.wait(); s != "exit status 0" || !strings.Contains(p.text(), "nothing left in hand") {
		t.Errorf("%s\n%s", s, p.text())
	}
}

// TestASecondSignalEndsAtOnce: a person who does not want to wait for the stop presses
// Ctrl-C again.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	p := startUp(t, t.TempDir(), "--intake", "127.0.0.1:0")
	holdRequest(t, p.after("  intake"))
	ended := make(chan string, 1)
	go func() { ended <- p.wait() }()
	for { // until the process has taken the first one
		select {
		case s := <-ended:
			if s != "signal: "+syscall.SIGINT.String() {
				t.Errorf("%s\n%s", s, p.text())
			}
			return
		case <-time.After(10 * time.Millisecond):
			_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended
		}
	}
}

// TestUpTakesTopicsAsTheyAre: a configuration that comes later can say another number of
// partitions, as the default does.
func TestUpTakesTopicsAsTheyAre(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "foghorn.yml")
	if err := os.WriteFile(file, []byte("ship: {paths: [/none]}\nkafka: {partitions: 3}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--logs", "/none", "--intake", "127.0.0.1:0"}, {"--config", file, "--intake", "127.0.0.1:0"}} {
		p := startUp(t, data, args...)
		resp, err := http.Post(p.after("  intake")+"/api/v1/push", "text/plain", strings.NewReader("a line\n"))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		api := p.after("  search API")
		for ready, deadline := 0, time.Now().Add(20*time.Second); ready != http.StatusOK; time.Sleep(10 * time.Millisecond) {
			if resp, err := http.Get(api + "/readyz"); err == nil {
				_ = resp.Body.Close()
				ready = resp.StatusCode
			}
			if time.Now().After(deadline) {
				t.Fatalf("%v does not get ready:\n%s", args, p.text())
			}
		}
		p.signal(os.Interrupt)
		if s := p.wait(); s != "exit status 0" {
			t.Errorf("%v: %s\n%s", args, s, p.text())
		}
	}
}

// TestStdinOnAFreshKafka: a command that ends by itself makes the topics where there are
// none, and takes those that are there as they are.
func TestStdinOnAFreshKafka(t *testing.T) {
	broker := foghorn(t, nil, "broker", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	brokers, data := broker.after("brokers="), t.TempDir()
	for _, name := range []string{"one", "one", "../two"} {
		p := foghorn(t, strings.NewReader(fmt.Sprintln("from", name)), "ship", "--stdin", "--name", name, "--data", data, "--brokers", brokers)
		if s := p.wait(); s != "exit status 0" {
			t.Fatalf("%s: %s\n%s", name, s, p.text())
		}
	}
	// A name is no path.
	have, err := filepath.Glob(filepath.Join(data, "ship", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range have {
		if !strings.HasPrefix(filepath.Base(dir), "stdin-") {
			t.Errorf("%s was made", dir)
		}
	}
	if len(have) != 2 {
		t.Errorf("have %v, want a folder for each name", have)
	}
}

// TestFlagsOfShipThatDoNotGoTogether: a flag that would have no effect is an error, even
// where there is no configuration.
func TestFlagsOfShipThatDoNotGoTogether(t *testing.T) {
	for want, args := range map[string][]string{
		"--name goes with --stdin":  {"--name", "x"},
		"--json goes with --status": {"--json"},
	} {
		p := foghorn(t, nil, append([]string{"ship"}, args...)...)
		if s := p.wait(); s != "exit status 2" || !strings.Contains(p.text(), want) {
			t.Errorf("%v: %s\n%s", args, s, p.text())
		}
	}
}
