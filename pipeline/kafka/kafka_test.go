package kafka_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// onClusters runs a test against an embedded broker and, when FOGHORN_TEST_KAFKA names
// one (host:port,...), against a real cluster.
func onClusters(t *testing.T, test func(t *testing.T, brokers []string)) {
	t.Run("embedded", func(t *testing.T) {
		test(t, []string{startBroker(t, embedded.Config{DataDir: t.TempDir()}).Addr()})
	})
	t.Run("cluster", func(t *testing.T) {
		brokers := os.Getenv("FOGHORN_TEST_KAFKA")
		if brokers == "" {
			t.Skip("FOGHORN_TEST_KAFKA is not set: deployments/kafka starts a cluster for this")
		}
		test(t, strings.Split(brokers, ","))
	})
}

func startBroker(t testing.TB, cfg embedded.Config) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close broker: %v", err)
		}
	})
	return b
}

func newClient(t testing.TB, brokers []string) *kafka.Client {
	t.Helper()
	log := nopLog
	if testing.Verbose() {
		log = zerolog.New(zerolog.NewTestWriter(t))
	}
	c, err := kafka.New(kafka.Config{Brokers: brokers, RequestTimeout: 10 * time.Second}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

var nopLog = zerolog.Nop()

var topicNumber atomic.Int64

// newTopic makes a topic of its own for a test, as a cluster outlives the tests.
func newTopic(t testing.TB, c *kafka.Client, partitions int, settings map[string]string) string {
	t.Helper()
	name := fmt.Sprintf("test-%d-%d", time.Now().UnixNano(), topicNumber.Add(1))
	if err := c.EnsureTopics(within(t, time.Minute), []pipeline.TopicSpec{{Name: name, Partitions: partitions, Settings: settings}}, 3); err != nil {
		t.Fatal(err)
	}
	return name
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// readTo fetches from c until it has n records.
func readTo(ctx context.Context, t testing.TB, c pipeline.Claim, n int) (msgs []pipeline.Message) {
	t.Helper()
	for len(msgs) < n {
		batch, err := c.Fetch(ctx, time.Second)
		if err != nil {
			t.Fatalf("fetch %s/%d after %d of %d records: %v", c.Topic(), c.Partition(), len(msgs), n, err)
		}
		msgs = append(msgs, batch...)
	}
	return msgs
}
