package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// TestMain lets the test binary be the broker's process: with the variable set it serves
// until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("EMBEDDED_TEST_DIR"); dir != "" {
		b, err := embedded.Start(embedded.Config{DataDir: dir, Listen: os.Getenv("EMBEDDED_TEST_LISTEN"), CleanEvery: time.Second})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("addr", b.Addr())
		select {}
	}
	os.Exit(m.Run())
}

// startChild starts a broker in a process of its own.
func startChild(t *testing.T, dir, listen string) (addr string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "EMBEDDED_TEST_DIR="+dir, "EMBEDDED_TEST_LISTEN="+listen)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill() // SIGKILL
			_ = cmd.Wait()         // says that it was killed
		}
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "addr ")
	if err != nil || !ok {
		t.Fatalf("the broker's process says %q, error %v", line, err)
	}
	return addr, kill
}

func newClient(t testing.TB, addr string) *kafka.Client {
	t.Helper()
	c, err := kafka.New(kafka.Config{Brokers: []string{addr}, RequestTimeout: 10 * time.Second}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func ensure(t testing.TB, c *kafka.Client, topic string, partitions int, settings map[string]string) {
	t.Helper()
	spec := pipeline.TopicSpec{Name: topic, Partitions: partitions, Settings: settings}
	if err := c.EnsureTopics(within(t, time.Minute), []pipeline.TopicSpec{spec}, 1); err != nil {
		t.Fatal(err)
	}
}

func produce(t testing.TB, c *kafka.Client, topic string, from, n int, at time.Time) {
	t.Helper()
	msgs := make([]pipeline.Message, n)
	for i := range msgs {
		msgs[i] = pipeline.Message{Topic: topic, Key: []byte("k"), Value: strconv.AppendInt(nil, int64(from+i), 10), Time: at}
	}
	if err := c.Sink(kafka.SinkConfig{}).Produce(within(t, time.Minute), msgs); err != nil {
		t.Fatal(err)
	}
}

// commit reads a topic's partition 0 in a group and commits offset next.
func commit(t testing.TB, c *kafka.Client, topic string, next int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := c.Group(kafka.GroupConfig{Group: "g", Topics: []string{topic}}).Run(ctx, func(ctx context.Context, c pipeline.Claim) error {
		c.Commit(next)
		cancel()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every acknowledged record, topic and committed group offset is there again after the
// process was killed.
func TestAcknowledgedIsThereAfterAKill(t *testing.T) {
	dir := t.TempDir()
	addr, kill := startChild(t, dir, "127.0.0.1:0")
	c := newClient(t, addr)
	ensure(t, c, "t", 1, map[string]string{"retention.ms": "86400000"})
	const rounds, each = 4, 500
	for round := range rounds {
		produce(t, c, "t", round*each, each, time.Time{})
		commit(t, c, "t", int64(round*each+7))
		kill()
		_, kill = startChild(t, dir, addr)
		ctx := within(t, time.Minute)
		offsets, err := c.Committed(ctx, "g", "t")
		for err != nil && ctx.Err() == nil { // until the client has found the new process
			offsets, err = c.Committed(ctx, "g", "t")
		}
		if err != nil || offsets[0] != int64(round*each+7) {
			t.Fatalf("round %d: committed %v, error %v, want %d", round, offsets, err, round*each+7)
		}
	}
	r, next := c.Open("t", 0, 0), 0
	for ctx := within(t, time.Minute); next < rounds*each; {
		msgs, err := r.Fetch(ctx, time.Second)
		if err != nil {
			t.Fatalf("after %d records: %v", next, err)
		}
		for _, m := range msgs {
			if want := strconv.Itoa(next); string(m.Value) != want || m.Offset != int64(next) {
				t.Fatalf("record %q at offset %d, want %s", m.Value, m.Offset, want)
			}
			next++
		}
	}
}

// A second start on the same folder fails with ErrLocked and names the folder.
func TestSecondStartFails(t *testing.T) {
	dir := t.TempDir()
	b, err := embedded.Start(embedded.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Start(embedded.Config{DataDir: dir}); !errors.Is(err, embedded.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v, want ErrLocked with the folder", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b, err = embedded.Start(embedded.Config{DataDir: dir})
	if err != nil {
		t.Fatalf("after the first was closed: %v", err)
	}
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Errorf("close twice: %v", err)
	}
}

func TestPort(t *testing.T) {
	b, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	t.Run("taken", func(t *testing.T) {
		if _, err := embedded.Start(embedded.Config{DataDir: t.TempDir(), Listen: b.Addr()}); err == nil || !strings.Contains(err.Error(), b.Addr()) {
			t.Errorf("error %v, want one that names %s", err, b.Addr())
		}
	})
	t.Run("fixed", func(t *testing.T) {
		addr := b.Addr()
		b.Close()
		again, err := embedded.Start(embedded.Config{DataDir: t.TempDir(), Listen: addr})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if again.Addr() != addr {
			t.Errorf("listens on %s, want %s", again.Addr(), addr)
		}
	})
}

func TestConfigFaults(t *testing.T) {
	for name, cfg := range map[string]embedded.Config{
		"no folder":      {},
		"listen":         {DataDir: "x", Listen: "here"},
		"port":           {DataDir: "x", Listen: "127.0.0.1:99999"},
		"clean too soon": {DataDir: "x", CleanEvery: time.Millisecond},
		"tiny segments":  {DataDir: "x", SegmentBytes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if b, err := embedded.Start(cfg); err == nil {
				b.Close()
				t.Error("no error")
			}
		})
	}
}

// A folder that cannot be read is an error of Start, never an empty broker.
func TestDamagedFolderIsAnError(t *testing.T) {
	dir := t.TempDir()
	b, err := embedded.Start(embedded.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, b.Addr())
	ensure(t, c, "t", 1, nil)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"topics.json", "ends.json", "meta.json"} {
		t.Run(file, func(t *testing.T) {
			path := dir + "/log/" + file
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
				t.Fatal(err)
			}
			if b, err := embedded.Start(embedded.Config{DataDir: dir}); err == nil {
				b.Close()
				t.Error("no error")
			}
			if err := os.WriteFile(path, good, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}
