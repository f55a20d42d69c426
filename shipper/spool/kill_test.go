package spool

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

const (
	childDir    = "FOGHORN_SPOOL_TEST_DIR"
	childBroker = "FOGHORN_SPOOL_TEST_BROKER"
	childRound  = "FOGHORN_SPOOL_TEST_ROUND"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir, os.Getenv(childBroker), os.Getenv(childRound)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child appends until it is killed, and says on standard output what was accepted.
func child(dir, broker, round string) error {
	q, err := Open(DefaultConfig(dir))
	if err != nil {
		return err
	}
	client, err := kafka.New(kafka.Config{Brokers: []string{broker}}, zerolog.Nop())
	if err != nil {
		return err
	}
	go q.Run(context.Background(), client.Sink(kafka.DefaultSinkConfig()))
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				text := fmt.Sprintf("%s/%d/%d", round, w, i)
				if _, err = q.Append(context.Background(), &Batch{Lines: lines(fmt.Sprint("h:/", w), text, text+"+")}); err != nil {
					return
				}
				fmt.Println(text) // one write
			}
		})
	}
	wg.Wait()
	return err
}

// Killed at any time: every accepted batch is on logs.raw, each line once by its identity, and
// each source in order without a gap.
func TestAKilledProcessLosesNothing(t *testing.T) {
	broker, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	client, err := kafka.New(kafka.Config{Brokers: []string{broker.Addr()}}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.EnsureTopics(t.Context(), pipeline.Topics(3, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var accepted []string
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, childBroker+"="+broker.Addr(), childRound+"="+fmt.Sprint(round))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewScanner(out)
		for n := 0; said.Scan(); n++ {
			accepted = append(accepted, said.Text())
			if n == 100+70*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
	}
	q := open(t, DefaultConfig(dir))
	stop := start(t, q, client.Sink(kafka.DefaultSinkConfig()))
	drain(t, q)
	stop()

	high := pipeline.NewHighWater()
	got := map[string]int{}
	for p := range 3 {
		c := client.Open(pipeline.TopicRaw, p, -2)
		for {
			msgs, err := c.Fetch(t.Context(), 100*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if len(msgs) == 0 {
				break
			}
			for i := range msgs {
				l, err := pipeline.DecodeLine(&msgs[i])
				if err != nil {
					t.Fatal(err)
				}
				fresh, gap := high.Advance(l.ID, l.Size)
				if gap != 0 {
					t.Errorf("%+v: gap of %d", l.ID, gap)
				}
				if fresh {
					got[string(l.Raw)]++
				}
			}
		}
	}
	for _, text := range accepted {
		if got[text] != 1 || got[text+"+"] != 1 {
			t.Errorf("accepted batch %s: its lines arrived %d and %d times", text, got[text], got[text+"+"])
		}
	}
	for text, n := range got {
		if n != 1 {
			t.Errorf("line %s arrived %d times", text, n)
		}
	}
	if len(accepted) < 5*100 {
		t.Errorf("only %d batches were accepted", len(accepted))
	}
}
