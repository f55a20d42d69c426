package deliver

import (
	"context"
	"slices"

	"foghorn/pipeline"
)

const (
	// MaxValue is how much of a line is put on the dead letters when they refuse all of it.
	MaxValue = 64 << 10
	// maxText is how much they are told of the source and of the reason.
	maxText = 1 << 10
)

// bury writes a refused record to the dead letters, or what they take of it, and says whether
// they took it.
func (s *Sender) bury(ctx context.Context, m *pipeline.Message, reason error) bool {
	dead := *m
	dead.Topic, dead.Partition = pipeline.TopicDeadLetter, -1
	why := []pipeline.Header{
		{Key: pipeline.HeaderDeadTopic, Value: []byte(m.Topic)},
		{Key: pipeline.HeaderDeadReason, Value: beginning([]byte(reason.Error()), maxText)},
		{Key: pipeline.HeaderDeadStage, Value: []byte(s.cfg.Stage)},
	}
	dead.Headers = slices.Concat(m.Headers, why)
	source := beginning(m.Key, maxText)
	err := s.cfg.Sink.Produce(ctx, []pipeline.Message{dead})
	if err != nil && len(dead.Value) > MaxValue {
		dead.Value = dead.Value[:MaxValue]
		err = s.cfg.Sink.Produce(ctx, []pipeline.Message{dead})
	}
	// Labels can be too long, too; the line's identity comes first.
	if err != nil && (len(m.Headers) > 1 || len(m.Key) > maxText) {
		dead.Key, dead.Headers = source, slices.Concat(beginning(m.Headers, 1), why)
		err = s.cfg.Sink.Produce(ctx, []pipeline.Message{dead})
	}
	if err != nil {
		return false
	}
	s.cfg.Buried()
	s.cfg.Log.Error().Bytes("error", why[1].Value).Bytes("source", source).Int("bytes", len(m.Value)).Msg("line was refused and put on the dead letters")
	return true
}

func beginning[T any](b []T, n int) []T { return b[:min(n, len(b))] }
