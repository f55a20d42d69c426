package indexer_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/indexer"
	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
)

// growing is a bus that has told of some of the partitions of logs.events only.
type growing struct {
	*kafka.Client
	told atomic.Int64
}

func (g *growing) Partitions(ctx context.Context, topic string) (int, error) {
	if topic == pipeline.TopicEvents {
		return int(g.told.Load()), ctx.Err()
	}
	return g.Client.Partitions(ctx, topic)
}

// TestPartitionsThatAreAddedAreRead while the indexer runs.
func TestPartitionsThatAreAddedAreRead(t *testing.T) {
	c := &growing{Client: busOf(t, 3)}
	c.told.Store(1)
	cfg := indexer.DefaultConfig(t.TempDir())
	cfg.FetchWait, cfg.LagInterval = 20*time.Millisecond, 20*time.Millisecond
	x, err := indexer.New(cfg, indexer.Deps{Bus: c, Sink: sink(c.Client), Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	for p, source := range []string{"a", "b", "c"} {
		produce(t, sink(c.Client), p, lines(source, 0, 5))
	}
	eventually(t, "the first partition is read", func() bool {
		cov := x.Searcher().Coverage()
		return cov.Complete && cov.Lines == 5
	})
	c.told.Store(3)
	eventually(t, "the partitions that were added are read", func() bool {
		cov := x.Searcher().Coverage()
		return cov.Complete && cov.Lines == 15 && len(cov.Partitions) == 3
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
