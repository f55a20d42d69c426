package window

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sort"
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
	set := s.live.Load()
	since := worked.Add(-2*rules.Horizon(set, s.cfg.Lateness) - time.Minute)
	if s.sent != nil {
		written, err := s.sent(ctx, since)
		if err != nil {
			return fmt.Errorf("read back anomalies: %w", err)
		}
		if err := s.adopt(written, since, end); err != nil {
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
// to be written again.
func (s *Stage) adopt(written Written, since time.Time, end int64) error {
	events := make(map[string]*told)
	for i := range written.Events {
		m := &written.Events[i]
		if ev, ok := decodeEvent(m); ok && ev.Note.Partition == s.partition {
			if old := events[ev.Anomaly.ID]; old == nil || ev.Anomaly.Seq >= old.Anomaly.Seq {
				events[ev.Anomaly.ID] = &told{ev, m}
			}
		}
	}
	states := make(map[string]*told)
	for i := range written.State {
		m := &written.State[i]
		if m.Value == nil {
			delete(states, string(m.Key))
		} else if ev, ok := decodeEvent(m); ok && ev.Note.Partition == s.partition {
			states[ev.Anomaly.ID] = &told{ev, m}
		}
	}
	var newest []*told
	for id, t := range events {
		newest = append(newest, t)
		state := states[id]
		resolved := t.Anomaly.State == pipeline.AnomalyResolved
		if resolved && state != nil || !resolved && (state == nil || state.Anomaly.Seq < t.Anomaly.Seq) {
			s.repair(t, pipeline.TopicState)
		}
	}
	for id, t := range states {
		if events[id] != nil {
			continue
		}
		// Written lately, but not to anomalies: the crash came between the two.
		if unsent := !t.message.Time.Before(since); unsent && t.Anomaly.Seq == 1 {
			continue // its records were not committed and come again
		} else if unsent {
			s.repair(t, pipeline.TopicAnomalies)
		}
		newest = append(newest, t)
	}
	sort.Slice(newest, func(i, j int) bool { return newest[i].Anomaly.ID < newest[j].Anomaly.ID })
	for _, t := range newest {
		var err error
		if s.repairs, err = s.append(s.repairs, s.engine.Adopt(t.Event, end)); err != nil {
			return err
		}
	}
	return nil
}

// told is an event that was written, and its record.
type told struct {
	Event
	message *pipeline.Message
}

func (s *Stage) repair(t *told, topic string) {
	m := pipeline.Message{Topic: topic, Partition: -1, Key: t.message.Key, Value: t.message.Value, Headers: t.message.Headers}
	if topic == pipeline.TopicState && t.Anomaly.State == pipeline.AnomalyResolved {
		m.Value = nil
	}
	s.repairs = append(s.repairs, m)
}
