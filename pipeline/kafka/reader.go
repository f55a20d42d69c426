package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"

	"foghorn/pipeline"
)

// Offsets that Open takes besides real ones.
const (
	Earliest int64 = -2 // the first record there is
	End      int64 = -1 // the next record to come
)

// Open returns a reader of one partition that belongs to no group: its Commit does
// nothing. It starts at from, which may be Earliest or End; Committed returns from. Open
// itself asks the broker nothing.
func (c *Client) Open(topic string, partition int, from int64) pipeline.Claim {
	return c.newReader(topic, partition, from)
}

// Stream returns a reader as Open does, which uses memory again: the messages of a Fetch are
// those of one batch, and are valid until the next Fetch. rooms holds memory for expanded
// batches, as many as may be in use at a time: a Fetch that has records waits for one, and the
// next gives it back. Readers of many partitions that share it take no more than one does.
func (c *Client) Stream(topic string, partition int, from int64, rooms chan []byte) pipeline.Claim {
	r := c.newReader(topic, partition, from)
	r.dec.again, r.rooms = true, rooms
	return r
}

// reader fetches one partition. It is used by one goroutine.
type reader struct {
	client *Client
	dec    decoder
	start  int64  // what Committed returns
	next   int64  // the offset that the next Fetch begins with; below 0: see Earliest, End
	high   int64  // end of the partition at the last answer
	rest   []byte // batches fetched and not yet decoded
	whole  bool   // a batch of the answer that rest is from was decoded
	pause  backoff

	// Memory of the last answer and its messages, while dec.again; held says that one of
	// rooms is in use.
	body  []byte
	msgs  []pipeline.Message
	rooms chan []byte
	held  bool
}

func (c *Client) newReader(topic string, partition int, from int64) *reader {
	return &reader{client: c, dec: decoder{topic: topic, partition: partition, expander: c.expander}, start: from, next: from}
}

// maxRoom is how much memory for batches is kept.
const maxRoom = 4 << 20

// enter takes one of the rooms, if there are such.
func (r *reader) enter(ctx context.Context) error {
	if r.rooms == nil || r.held {
		return nil
	}
	select {
	case r.dec.spare = <-r.rooms:
		r.held = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives it back.
func (r *reader) leave() {
	if !r.held {
		return
	}
	if cap(r.dec.spare) > maxRoom {
		r.dec.spare = nil
	}
	r.rooms <- r.dec.spare
	r.dec.spare, r.held = nil, false
}

// forget leaves the memory that is kept to the garbage collector.
func (r *reader) forget() { r.body, r.msgs = nil, nil }

func (r *reader) Topic() string        { return r.dec.topic }
func (r *reader) Partition() int       { return r.dec.partition }
func (r *reader) Committed() int64     { return r.start }
func (r *reader) HighWatermark() int64 { return r.high }
func (r *reader) Commit(int64)         {}
func (r *reader) SeekTo(offset int64)  { r.next, r.rest = offset, nil }
func (r *reader) name() string         { return fmt.Sprintf("%s/%d", r.dec.topic, r.dec.partition) }
func (r *reader) gap(to int64) error {
	r.client.stats.gaps.Add(1)
	gap := &pipeline.GapError{Topic: r.dec.topic, Partition: r.dec.partition, From: r.next, To: to}
	r.SeekTo(to)
	return gap
}

func (r *reader) OffsetAt(ctx context.Context, t time.Time) (offset int64, err error) {
	err = r.client.retry(ctx, "offset by time in", r.name(), func(ctx context.Context) error {
		offset, err = r.client.offsetAt(ctx, r.dec.topic, r.dec.partition, t)
		return err
	})
	return offset, err
}

// maxPoll bounds how long one request waits at the broker, so that a reader that is no
// longer wanted holds its connection for no longer.
const maxPoll = time.Second

// pollGrace is how much longer than asked a broker may take before the connection is
// given up.
const pollGrace = 10 * time.Second

// Fetch implements pipeline.Claim. The messages of one Fetch share memory: keeping one
// keeps up to some megabytes, so what is to stay is copied.
func (r *reader) Fetch(ctx context.Context, wait time.Duration) ([]pipeline.Message, error) {
	deadline := time.Now().Add(wait)
	r.leave()
	for empty := false; ; { // the broker said that there is nothing: its absence is no answer
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(r.rest) > 0 {
			if err := r.enter(ctx); err != nil {
				return nil, err
			}
			msgs, err := r.decode()
			if err != nil || len(msgs) > 0 {
				return msgs, err
			}
			continue
		}
		r.leave()
		left := max(time.Until(deadline), 0)
		if left == 0 && empty {
			r.forget() // a quiet partition takes none
			return nil, nil
		}
		err := r.poll(ctx, min(left, maxPoll))
		empty = err == nil && len(r.rest) == 0
		var gap *pipeline.GapError
		switch {
		case err == nil:
			r.pause.reset()
		case errors.As(err, &gap):
			return nil, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		default:
			r.client.stats.fetchRetries.Add(1)
			r.client.waiting("records of", r.name(), err)
			r.client.refresh()
			if err := r.pause.wait(ctx); err != nil {
				return nil, err
			}
		}
	}
}

// poll asks the broker once. Its answer is in r.rest.
func (r *reader) poll(ctx context.Context, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, min(wait+pollGrace, r.client.cfg.RequestTimeout))
	defer cancel()
	if r.next < 0 {
		ends, err := r.client.rangeOf(ctx, r.dec.topic, r.dec.partition)
		if err != nil {
			return err
		}
		r.high = ends.High
		if r.next == End {
			r.next = ends.High
		} else {
			r.next = ends.Low
		}
	}
	m, err := r.client.transport.RoundTrip(ctx, r.client.api.Addr, &fetchRequest{
		target: target{r.dec.topic, r.dec.partition}, clientID: r.client.cfg.ClientID, offset: r.next,
		waitMs: int32(wait.Milliseconds()), maxBytes: int32(r.client.cfg.FetchBytes), room: r.body,
	})
	r.body = nil // after an error the exchange may still be under way
	if err != nil {
		return err
	}
	res := m.(*fetchResponse)
	if errors.Is(res.err, kafka.OffsetOutOfRange) {
		return r.outOfRange(ctx)
	}
	if res.err != nil {
		return res.err
	}
	r.client.stats.fetchRequests.Add(1)
	r.client.stats.bytesFetched.Add(int64(len(res.body)))
	r.high, r.rest, r.whole = res.high, res.records, false
	if r.dec.again {
		r.body = res.body
	}
	return nil
}

// outOfRange moves to where records are: to the first one when retention was faster, and
// also when the partition ends before the offset, as then it was made anew.
func (r *reader) outOfRange(ctx context.Context) error {
	ends, err := r.client.rangeOf(ctx, r.dec.topic, r.dec.partition)
	if err != nil {
		return err
	}
	r.high = ends.High
	if r.next < ends.Low || r.next > ends.High {
		return r.gap(ends.Low)
	}
	return kafka.OffsetOutOfRange // another broker knows better by now: ask again
}

// decode takes batches from r.rest until it has enough. The bound holds for what they
// expand to, so that compression does not change how much memory a claim takes. With memory
// that is used again one batch is enough.
func (r *reader) decode() ([]pipeline.Message, error) {
	msgs := r.msgs[:0]
	for size := 0; len(r.rest) > 0 && size < r.client.cfg.FetchBytes && (!r.dec.again || len(msgs) == 0); {
		out, used, expanded, next, err := r.dec.batch(r.rest, r.next, msgs)
		if errors.Is(err, errCutOff) && r.whole {
			r.rest = nil // the broker cut its answer at the limit; the next one has it whole
			break
		}
		if err != nil {
			r.rest = nil
			if len(msgs) > 0 {
				break // the fault is reported when it is first
			}
			return nil, fmt.Errorf("records of %s from offset %d: %w", r.name(), r.next, err)
		}
		if msgs == nil && len(out) > 0 && !r.dec.again { // room for what is likely to follow, at once
			batches := min(len(r.rest)/used, r.client.cfg.FetchBytes/max(expanded, 1)+1)
			out = slices.Grow(out, len(out)*(batches-1))
		}
		msgs, size = out, size+expanded
		r.rest, r.whole = r.rest[used:], true
		r.next = max(r.next, next)
	}
	if r.dec.again {
		r.msgs = msgs
	}
	r.client.stats.recordsFetched.Add(int64(len(msgs)))
	return msgs, nil
}
