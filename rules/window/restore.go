package window

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"foghorn/pipeline"
	"foghorn/rules"
)

// Restore brings the stage to where it was when it stopped, so that each (anomaly id,
// sequence number) is written once. It takes over the episodes that were told of, at the
// record of logs.matches that each was last told at, and then reads the records before
// the committed offset again without saying anything, as far back as windows reach. What
// a crash left written to only one of anomalies and anomalies.state is written to the
// other with the first batch.
func (s *Stage) Restore(ctx context.Context, c pipeline.Claim) error {
	next := c.Committed()
	end, err := c.OffsetAt(ctx, time.Unix(0, math.MaxInt64))
	if err != nil {
		return fmt.Errorf("find the end of %s/%d: %w", c.Topic(), c.Partition(), err)
	}
	worked, done, err := s.lastWorked(ctx, c, next, end)
	if err != nil {
		return err
	}
	since := worked.Add(-Reach(s.live.Load(), s.cfg.Lateness))
	if s.sent != nil {
		written, err := s.sent(ctx, since)
		if err != nil {
			return fmt.Errorf("read back anomalies: %w", err)
		}
		if err := s.adopt(written, next, end); err != nil {
			return err
		}
	}
	if done {
		if err := s.replay(ctx, c, since, next); err != nil {
			return err
		}
	}
	c.SeekTo(next)
	return nil
}

// Reach returns how far back Restore reads logs.matches and anomalies: their retention
// must be longer.
func Reach(set *rules.Set, lateness time.Duration) time.Duration {
	return 2*rules.Horizon(set, lateness) + time.Minute
}

// lastWorked returns when the last record before next was produced, and done; or else
// when the record at next was, as nothing before it can be read: a batch that was
// produced from but never committed begins there.
func (s *Stage) lastWorked(ctx context.Context, c pipeline.Claim, next, end int64) (at time.Time, done bool, err error) {
	for _, offset := range []int64{next - 1, next} {
		if offset < 0 || offset >= end {
			continue
		}
		c.SeekTo(offset)
		m, err := first(ctx, c)
		if err != nil {
			return at, false, err
		}
		if m != nil {
			return m.Time, m.Offset < next, nil
		}
	}
	return time.Unix(0, math.MaxInt64).Add(-100 * 365 * 24 * time.Hour), false, nil
}

// fetchWait is how long one attempt to read a record that must be there waits, and
// fetchTries how many come up empty before it is taken for gone (compacted away).
const (
	fetchWait  = time.Second
	fetchTries = 5
)

// first fetches the next record, or none when it is gone.
func first(ctx context.Context, c pipeline.Claim) (*pipeline.Message, error) {
	for range fetchTries {
		batch, err := fetch(ctx, c)
		if err != nil {
			return nil, err
		}
		if len(batch) > 0 {
			return &batch[0], nil
		}
	}
	return nil, nil
}

// fetch is Fetch without the complaint about records that retention took: they are too
// old to matter.
func fetch(ctx context.Context, c pipeline.Claim) ([]pipeline.Message, error) {
	batch, err := c.Fetch(ctx, fetchWait)
	var gap *pipeline.GapError
	if err != nil && !errors.As(err, &gap) {
		return nil, fmt.Errorf("read %s/%d: %w", c.Topic(), c.Partition(), err)
	}
	return batch, ctx.Err()
}

// replay reads the records produced since, up to next, without saying anything.
func (s *Stage) replay(ctx context.Context, c pipeline.Claim, since time.Time, next int64) error {
	from, err := c.OffsetAt(ctx, since)
	if err != nil {
		return fmt.Errorf("find %s in %s/%d: %w", since, c.Topic(), c.Partition(), err)
	}
	s.engine.silent = true
	defer func() { s.engine.silent = false }()
	c.SeekTo(from)
	for empty := 0; from < next && empty < fetchTries; {
		batch, err := fetch(ctx, c)
		if err != nil {
			return err
		}
		if empty++; len(batch) > 0 {
			empty = 0
		}
		for i := range batch {
			if from = batch[i].Offset + 1; from > next {
				return nil
			}
			_, _ = s.apply(&batch[i]) // a bad record went to logs.deadletter before
		}
	}
	return nil
}

// adopt takes over the episodes of this partition that were written, and notes what is
// to be written again. An event is known to be written when it stands on anomalies, or
// when its record, before next, was committed: then it stands on both topics. A state
// from a later record may have been written alone; its record comes again.
func (s *Stage) adopt(written Written, next, end int64) error {
	known := make(map[string]*told)
	for i := range written.Events {
		if t := s.told(&written.Events[i]); t != nil && (known[t.Anomaly.ID] == nil || t.Anomaly.Seq >= known[t.Anomaly.ID].Anomaly.Seq) {
			known[t.Anomaly.ID] = t
		}
	}
	sure, newest := make(map[string]*told), make(map[string]*told)
	for i := range written.State {
		m := &written.State[i]
		id := string(m.Key)
		switch t := s.told(m); {
		case m.Value != nil && t == nil: // not ours
		case m.Value == nil && t != nil && t.Note.Offset >= next:
			newest[id] = t // a resolve that comes again
		case m.Value == nil:
			delete(sure, id)
			delete(newest, id)
		default:
			newest[id] = t
			if t.Note.Offset < next {
				sure[id] = t
			}
		}
	}
	for id, t := range known {
		state := newest[id]
		resolved := t.Anomaly.State == pipeline.AnomalyResolved
		switch {
		case state == nil && !resolved,
			state != nil && state.message.Value != nil && (resolved || state.Anomaly.Seq < t.Anomaly.Seq):
			s.repair(t, pipeline.TopicState)
		}
	}
	for id, t := range sure {
		if known[id] == nil {
			known[id] = t
		}
	}
	for id, t := range newest {
		if known[id] == nil && t.message.Value != nil && t.Note.Opened < next {
			s.repair(t, pipeline.TopicAnomalies) // what came before it is compacted away
			known[id] = t
		}
	}
	list := slices.SortedFunc(maps.Values(known), func(a, b *told) int { return strings.Compare(a.Anomaly.ID, b.Anomaly.ID) })
	for _, t := range list {
		var err error
		if s.repairs, err = s.append(s.repairs, s.engine.Adopt(t.Event, end)); err != nil {
			return err
		}
	}
	return nil
}

// told is an event that was written, and its record. A tombstone has only the note.
type told struct {
	Event
	message *pipeline.Message
}

// told reads a record of anomalies or anomalies.state; nil when this partition's stage
// did not write it.
func (s *Stage) told(m *pipeline.Message) *told {
	ev, ok := decodeEvent(m)
	if !ok || ev.Note.Partition != s.partition {
		return nil
	}
	return &told{ev, m}
}

func (s *Stage) repair(t *told, topic string) {
	m := pipeline.Message{Topic: topic, Partition: -1, Key: t.message.Key, Value: t.message.Value, Headers: t.message.Headers}
	if topic == pipeline.TopicState && t.Anomaly.State == pipeline.AnomalyResolved {
		m.Value = nil
	}
	s.repairs = append(s.repairs, m)
}
