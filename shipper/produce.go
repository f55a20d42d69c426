package shipper

import (
	"context"
	"time"

	"foghorn/pipeline"
)

const (
	// warnEvery bounds how often the broker's absence is logged.
	warnEvery = 10 * time.Second
	// deadValue is how much of a line is put on the dead letters when all of it is refused.
	deadValue = 64 << 10
)

// produce sends msgs, in order, until they are acknowledged or ctx ends. When the sink
// refuses them for good, they are sent one by one, and a record that is refused alone goes
// to the dead letters; as long as those are refused too, the fault is the broker's and not
// the record's, and it is tried again.
func (s *Shipper) produce(ctx context.Context, msgs []pipeline.Message) error {
	defer s.watchBroker()()
	err := s.sink.Produce(ctx, msgs)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i := range msgs {
		for delay := 100 * time.Millisecond; ; delay = min(2*delay, 5*time.Second) {
			err := s.sink.Produce(ctx, msgs[i:i+1])
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if s.bury(ctx, &msgs[i], err) {
				break
			}
			s.warn(err, "broker refuses lines, trying again")
			if !pause(ctx, delay) {
				return ctx.Err()
			}
		}
	}
	return nil
}

// bury writes a refused record to the dead letters, and says whether they took it.
func (s *Shipper) bury(ctx context.Context, m *pipeline.Message, reason error) bool {
	dead := *m
	dead.Topic, dead.Partition = pipeline.TopicDeadLetter, -1
	dead.Headers = append(append([]pipeline.Header(nil), m.Headers...),
		pipeline.Header{Key: pipeline.HeaderDeadTopic, Value: []byte(m.Topic)},
		pipeline.Header{Key: pipeline.HeaderDeadReason, Value: []byte(reason.Error())},
		pipeline.Header{Key: pipeline.HeaderDeadStage, Value: []byte("shipper")},
	)
	err := s.sink.Produce(ctx, []pipeline.Message{dead})
	if err != nil && len(dead.Value) > deadValue {
		dead.Value = dead.Value[:deadValue]
		err = s.sink.Produce(ctx, []pipeline.Message{dead})
	}
	if err != nil {
		return false
	}
	s.metrics.rejected.Inc()
	s.log.Error().Err(reason).Str("source", string(m.Key)).Int("bytes", len(m.Value)).Msg("line was refused and put on the dead letters")
	return true
}

// watchBroker warns every 10 s until the function that it returns is called.
func (s *Shipper) watchBroker() (stop func()) {
	done := make(chan struct{})
	t := time.AfterFunc(warnEvery, func() {
		for {
			s.warn(nil, "broker does not answer, waiting; lines stay in their files")
			select {
			case <-done:
				return
			case <-time.After(warnEvery):
			}
		}
	})
	return func() {
		t.Stop()
		close(done)
	}
}

// warn logs a trouble with the broker, at most every 10 s whatever the partition.
func (s *Shipper) warn(err error, msg string) {
	now, last := time.Now().UnixNano(), s.warned.Load()
	if now-last < int64(warnEvery) || !s.warned.CompareAndSwap(last, now) {
		return
	}
	st := s.Status()
	s.log.Warn().Err(err).Int64("lag_bytes", st.Lag()).Msg(msg)
}
