package indexer_test

import (
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// TestPartitionsThatAreAddedAreRead while the indexer runs.
func TestPartitionsThatAreAddedAreRead(t *testing.T) {
	broker, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	kc := kafka.DefaultConfig()
	kc.Brokers = []string{broker.Addr()}
	c, err := kafka.New(kc, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.EnsureTopics(t.Context(), pipeline.Topics(1, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	x, stop := run(t, c, t.TempDir(), nil)
	defer stop()
	produce(t, sink(c), 0, lines("a", 0, 5))
	eventually(t, "the first partition is read", func() bool { return x.Searcher().Coverage().Lines == 5 })

	admin, err := kgo.NewClient(kgo.SeedBrokers(broker.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	req := kmsg.NewPtrCreatePartitionsRequest()
	topic := kmsg.NewCreatePartitionsRequestTopic()
	topic.Topic, topic.Count = pipeline.TopicEvents, 3
	req.Topics = append(req.Topics, topic)
	res, err := req.RequestWith(t.Context(), admin)
	if err != nil || res.Topics[0].ErrorCode != 0 {
		t.Fatalf("add partitions: %+v, error %v", res, err)
	}
	produce(t, sink(c), 2, lines("b", 0, 5))
	eventually(t, "the partitions that were added are read", func() bool {
		cov := x.Searcher().Coverage()
		return cov.Lines == 10 && cov.Complete && len(cov.Partitions) == 3
	})
}
