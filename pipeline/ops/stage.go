package ops

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// StageMetrics counts what the runners of a process move: records in and out per stage,
// and how far each partition lies behind its end.
type StageMetrics struct {
	in, out *prometheus.CounterVec
	lag     *prometheus.GaugeVec
}

// NewStageMetrics registers the metrics with reg.
func NewStageMetrics(reg prometheus.Registerer) (*StageMetrics, error) {
	m := &StageMetrics{
		in: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "foghorn_stage_records_in_total", Help: "Records read by a stage."}, []string{"stage"}),
		out: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "foghorn_stage_records_out_total", Help: "Records written by a stage."}, []string{"stage"}),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "foghorn_stage_lag_records", Help: "Records between a stage and the end of its partition, as of its last batch."},
			[]string{"stage", "topic", "partition"}),
	}
	for _, c := range []prometheus.Collector{m.in, m.out, m.lag} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Observe returns what a pipeline.Runner calls after each batch of a stage.
func (m *StageMetrics) Observe(stage string) func(topic string, partition, in, out int, lag int64) {
	return func(topic string, partition, in, out int, lag int64) {
		m.in.WithLabelValues(stage).Add(float64(in))
		m.out.WithLabelValues(stage).Add(float64(out))
		m.lag.WithLabelValues(stage, topic, strconv.Itoa(partition)).Set(float64(lag))
	}
}
