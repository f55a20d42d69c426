package kafka_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// TestMain lets the test binary be a member of a group in a process of its own: it says
// a line for each claim and commits nothing, until it is killed.
func TestMain(m *testing.M) {
	if topic := os.Getenv("KAFKA_TEST_TOPIC"); topic != "" {
		c, err := kafka.New(kafka.Config{Brokers: strings.Split(os.Getenv("KAFKA_TEST_BROKERS"), ",")}, nopLog)
		if err == nil {
			err = c.Group(groupConfig(topic)).Run(context.Background(), func(ctx context.Context, c pipeline.Claim) error {
				fmt.Println("claimed", c.Partition())
				<-ctx.Done()
				return nil
			})
		}
		fmt.Println("error", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// The partitions of a member that was killed move to the others when its session has
// timed out, and nothing that it had not committed is lost.
func TestPartitionsOfAKilledMemberMove(t *testing.T) {
	t.Parallel()
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx, c := within(t, 3*time.Minute), newClient(t, brokers)
		const partitions = 2
		topic := newTopic(t, c, partitions, nil)
		for p := range partitions {
			produce(t, c, topic, p, p*10, 10)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "KAFKA_TEST_TOPIC="+topic, "KAFKA_TEST_BROKERS="+strings.Join(brokers, ","))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for claimed := 0; claimed < partitions; claimed++ {
			if !lines.Scan() || !strings.HasPrefix(lines.Text(), "claimed") {
				t.Fatalf("the member's process says %q", lines.Text())
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // says that it was killed
		killed := time.Now()
		s := newSeen()
		start(t, c, groupConfig(topic), consume(s))
		s.wait(ctx, t, partitions*10)
		t.Logf("moved %v after the kill", time.Since(killed).Round(100*time.Millisecond))
	})
}

// After Close and the end of Run nothing is left running.
func TestNothingRunsAfterClose(t *testing.T) {
	before := goleak.IgnoreCurrent()
	broker, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := kafka.New(kafka.Config{Brokers: []string{broker.Addr()}}, nopLog)
	if err != nil {
		t.Fatal(err)
	}
	topic := newTopic(t, c, 3, nil)
	s := newSeen()
	stop := start(t, c, groupConfig(topic), consume(s))
	produce(t, c, topic, 1, 0, 10)
	s.wait(within(t, time.Minute), t, 10)
	stop()
	c.Close()
	if err := broker.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Sink(kafka.SinkConfig{}).Produce(t.Context(), []pipeline.Message{{Topic: topic}}); err == nil {
		t.Error("a closed client produces")
	}
	for ctx := within(t, time.Minute); ; {
		err := goleak.Find(before)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}
