package shipper

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"foghorn/pipeline"
	"foghorn/shipper/tail"
)

// chunk is events of one generation on their way to the broker.
type chunk struct {
	gen    *generation
	events []tail.Line
	splits []split
	lines  int   // original lines in them
	read   int   // bytes of the original lines
	bytes  int   // of the events
	cost   int64 // what it takes of its lane's room
	end    mark  // what the generation's mark becomes when the events are acknowledged
}

// lineCost is what a line costs in memory beside its bytes, until it is encoded.
const lineCost = 72

func newChunk(g *generation, events []tail.Line, end mark) *chunk {
	c := &chunk{gen: g, events: events, end: end}
	for i := range events {
		c.bytes += len(events[i].Raw)
	}
	c.cost = int64(c.bytes + lineCost*len(events))
	return c
}

// lane carries the lines of the sources of one partition, in order, with one Produce at
// a time. Who wants to read reserves room first, and waits for it in the order of callers:
// lines that were read and not yet acknowledged take what the room holds at most. Only a
// line longer than the reservation may take more than was reserved for it.
type lane struct {
	partition int
	linger    time.Duration
	maxBatch  int
	send      func(ctx context.Context, msgs []pipeline.Message) error
	acked     func(c *chunk)

	room *semaphore.Weighted // its own, or one that it shares with other lanes
	wake chan struct{}       // capacity 1

	mu     sync.Mutex
	queue  []*chunk
	bytes  int
	oldest time.Time // when the first chunk of the queue came
}

// reservation is what reading a chunk can take.
const reservation = tail.ChunkSize + tail.MaxLines*lineCost

// rooms shares size bytes out to n lanes, evenly as long as each gets the room of a chunk;
// where there are more lanes than that, some have one room together.
func rooms(size int64, n int) []*semaphore.Weighted {
	own := make([]*semaphore.Weighted, max(1, min(int64(n), size/reservation)))
	for i := range own {
		own[i] = semaphore.NewWeighted(max(reservation, size/int64(len(own))))
	}
	out := make([]*semaphore.Weighted, n)
	for i := range out {
		out[i] = own[i%len(own)]
	}
	return out
}

// reserve waits for the room of a chunk, and fails when ctx ends.
func (l *lane) reserve(ctx context.Context) error { return l.room.Acquire(ctx, reservation) }

// push hands over chunks that were read under a reservation. Of what they do not take,
// what lines that are held back take is kept and returned, and the rest given back.
func (l *lane) push(chunks []*chunk, reserved, held int64) (kept int64) {
	for _, c := range chunks {
		c.cost = min(c.cost, reserved)
		reserved -= c.cost
		l.add(c)
	}
	kept = min(held, reserved)
	l.room.Release(reserved - kept)
	return kept
}

func (l *lane) add(c *chunk) {
	l.mu.Lock()
	if len(l.queue) == 0 {
		l.oldest = time.Now()
	}
	l.queue = append(l.queue, c)
	l.bytes += c.bytes
	l.mu.Unlock()
	l.nudge()
}

func (l *lane) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// maxRecords bounds what encoding a batch of short lines costs.
const maxRecords = 10_000

// take removes the chunks of the next batch. full says that waiting would not make it
// better; since is when its first chunk came.
func (l *lane) take(must bool) (batch []*chunk, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil, -1
	}
	if wait = l.linger - time.Since(l.oldest); wait > 0 && l.bytes < l.maxBatch && !must {
		return nil, wait
	}
	bytes, records := 0, 0
	for len(l.queue) > 0 && bytes < l.maxBatch && records < maxRecords {
		c := l.queue[0]
		l.queue[0] = nil
		l.queue = l.queue[1:]
		bytes += c.bytes
		records += len(c.events)
		batch = append(batch, c)
	}
	l.bytes -= bytes
	return batch, 0
}

// run sends until ctx ends, or until stop is closed and all was sent.
func (l *lane) run(ctx context.Context, stop <-chan struct{}) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	stopping := false
	for {
		batch, wait := l.take(stopping)
		if batch != nil {
			if err := l.send(ctx, l.encode(batch)); err != nil {
				return fmt.Errorf("produce to %s/%d: %w", pipeline.TopicRaw, l.partition, err)
			}
			for _, c := range batch {
				l.acked(c)
				l.room.Release(c.cost)
			}
			continue
		}
		if stopping {
			return nil
		}
		if wait < 0 {
			wait = time.Hour
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			stopping = true
		case <-l.wake:
		case <-timer.C:
		}
	}
}

func (l *lane) encode(batch []*chunk) []pipeline.Message {
	n := 0
	for _, c := range batch {
		n += len(c.events)
	}
	msgs := make([]pipeline.Message, 0, n)
	var enc pipeline.LineEncoder
	for _, c := range batch {
		set, splits := c.gen.src.set, c.splits
		for i := range c.events {
			e := &c.events[i]
			line := pipeline.Line{
				ID:  pipeline.LineID{Generation: c.gen.number, Offset: e.Offset},
				Raw: e.Raw, Size: e.Size, Truncated: e.Truncated,
			}
			if len(splits) > 0 && splits[0].at == i {
				line.Sizes, splits = splits[0].sizes, splits[1:]
			}
			m := enc.Encode(&line, set.key, set.headers)
			m.Partition = l.partition
			msgs = append(msgs, m)
		}
	}
	return msgs
}
