package window

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"foghorn/pipeline"
	"foghorn/rules"
)

// Stage is stage 2 for one partition of logs.matches, a pipeline.Stage.
type Stage struct {
	cfg       Config
	live      *rules.Live
	sent      Sent
	partition int
	engine    *Engine
	repairs   []pipeline.Message // to write with the first batch
}

// NewStage returns the stage of a partition, for the rules that live holds; a swap is
// noticed at the next batch. sent reads back what was written before; nil says that
// nothing was. The configuration must be valid.
func NewStage(cfg Config, partition int, live *rules.Live, sent Sent) *Stage {
	return &Stage{cfg: cfg, live: live, sent: sent, partition: partition, engine: NewEngine(cfg, live.Load())}
}

// Process takes the next records of logs.matches. A record that is none of ours goes to
// logs.deadletter.
func (s *Stage) Process(_ context.Context, _ time.Time, batch []pipeline.Message) ([]pipeline.Message, error) {
	out := s.repairs
	s.repairs = nil
	if set := s.live.Load(); set != s.engine.set {
		var err error
		if out, err = s.append(out, s.engine.SetRules(set)); err != nil {
			return nil, err
		}
	}
	for i := range batch {
		events, bad := s.apply(&batch[i])
		if bad != nil {
			out = append(out, deadLetter(&batch[i], bad))
			continue
		}
		var err error
		if out, err = s.append(out, events); err != nil {
			return nil, err
		}
	}
	if s.cfg.Observe != nil {
		s.cfg.Observe(s.engine.Stats())
	}
	return out, nil
}

// apply gives a record to the engine.
func (s *Stage) apply(m *pipeline.Message) ([]Event, error) {
	partial, beat, err := rules.DecodeRecord(m)
	switch {
	case err != nil:
		return nil, err
	case partial != nil:
		return s.engine.Apply(m.Offset, partial), nil
	}
	return s.engine.Beat(m.Offset, beat), nil
}

func (s *Stage) append(out []pipeline.Message, events []Event) ([]pipeline.Message, error) {
	for i := range events {
		events[i].Note.Partition = s.partition
		msgs, err := events[i].Messages()
		if err != nil {
			return nil, err
		}
		out = append(out, msgs...)
	}
	return out, nil
}

func deadLetter(m *pipeline.Message, reason error) pipeline.Message {
	header := func(key, value string) pipeline.Header { return pipeline.Header{Key: key, Value: []byte(value)} }
	return pipeline.Message{
		Topic: pipeline.TopicDeadLetter, Partition: -1, Key: m.Key, Value: m.Value,
		Headers: append(m.Headers[:len(m.Headers):len(m.Headers)],
			header(pipeline.HeaderDeadTopic, m.Topic),
			header(pipeline.HeaderDeadPartition, strconv.Itoa(m.Partition)),
			header(pipeline.HeaderDeadOffset, strconv.FormatInt(m.Offset, 10)),
			header(pipeline.HeaderDeadReason, fmt.Sprint(reason)),
			header(pipeline.HeaderDeadStage, "window")),
	}
}
