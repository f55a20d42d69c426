package pipeline

import (
	"context"
	"fmt"
	"time"
)

// Source hands out partitions of a topic to work on: a consumer group.
type Source interface {
	// Run joins the group and calls work once for each partition that it is given, each
	// call in a goroutine of its own, until ctx ends. The ctx that work gets ends when
	// the partition is taken away or ctx ends; work must return then. An error of work
	// gives the partition back and it is tried again after a pause. Run waits for the
	// broker when it is away, and returns nil once ctx has ended and all work returned.
	Run(ctx context.Context, work func(ctx context.Context, c Claim) error) error
}

// Claim is one partition while it is ours. It is used by one goroutine.
type Claim interface {
	Topic() string
	Partition() int
	// Committed is the next offset to process, as last committed; the first offset of
	// the partition when nothing was committed.
	Committed() int64
	// SeekTo sets the offset of the next Fetch. Without it the first Fetch starts at
	// Committed.
	SeekTo(offset int64)
	// OffsetAt returns the first offset whose record was produced at or after t, or the
	// end of the partition when there is none.
	OffsetAt(ctx context.Context, t time.Time) (int64, error)
	// Fetch returns the next records in order, at least one, or none when wait passed and
	// the broker says that there are none. It survives a broker's absence (it waits, beyond
	// wait, as silence is not known then), and reports records that retention removed before
	// they were read as a *GapError together with moving on.
	Fetch(ctx context.Context, wait time.Duration) ([]Message, error)
	// HighWatermark is the end of the partition as of the last Fetch.
	HighWatermark() int64
	// Commit says that all records before next are done. It may be sent later, together
	// with others, and is flushed before the claim ends.
	Commit(next int64)
}

// Sink takes records and returns nil when all of them were acknowledged by all in-sync
// replicas. Records of one partition are written in the order given. It waits for an
// absent broker and fails only when ctx ends or a record can never be accepted. It is
// safe for concurrent use.
type Sink interface {
	Produce(ctx context.Context, msgs []Message) error
	// Partitions returns how many partitions topic has.
	Partitions(ctx context.Context, topic string) (int, error)
}

// Stage turns the records of one partition into output records. A new Stage is made
// for each claim, is used by one goroutine, and is forgotten when the claim ends.
type Stage interface {
	// Restore is called once, before the first batch. It may read the claim's records
	// from an earlier offset to rebuild state, and must leave the claim where processing
	// starts.
	Restore(ctx context.Context, c Claim) error
	// Process takes the next records, which may be none when only time has passed, and
	// returns the records to write. now is the processing time, the only clock that a
	// stage knows. Data that it cannot process becomes a record on logs.deadletter; an
	// error means that the stage itself cannot go on.
	Process(ctx context.Context, now time.Time, batch []Message) ([]Message, error)
}

// GapError says that records were gone before they could be read (retention was faster
// than the reader, or the topic was made anew).
type GapError struct {
	Topic     string
	Partition int
	// From is the offset wanted, To the one where reading goes on.
	From, To int64
}

// Error says which records are missing.
func (e *GapError) Error() string {
	return fmt.Sprintf("records of %s/%d from offset %d to %d are gone", e.Topic, e.Partition, e.From, e.To)
}
