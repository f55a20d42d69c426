package alert

import (
	"context"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// logbook writes events to the log: the receiver when none is configured.
type logbook struct{ log zerolog.Logger }

func (l logbook) batch() int { return 64 }

func (l logbook) send(_ context.Context, items []item) error {
	for i := range items {
		a := &items[i].anomaly
		e := l.log.Info()
		if a.State == pipeline.AnomalyOpen {
			e = l.log.Warn()
		}
		e.Str("id", a.ID).Int("seq", a.Seq).Str("state", string(a.State)).Str("rule", a.Rule).
			Str("severity", a.Severity).Interface("group", a.Group).Int64("count", a.Count).
			Float64("value", a.Value).Str("threshold", a.Threshold).Time("started", a.Started).
			Str("summary", a.Summary).Str("query", a.Query).Msg("anomaly")
	}
	return nil
}
