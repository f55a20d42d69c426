package catalog

import "github.com/prometheus/client_golang/prometheus"

// Collector returns what the board holds as Prometheus metrics, foghorn_templates_*.
func (b *Board) Collector() prometheus.Collector { return collector{b} }

type collector struct{ board *Board }

type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value float64
}

func (c collector) metrics() []metric {
	s := c.board.Stats()
	row := func(name, help string, kind prometheus.ValueType, value float64) metric {
		return metric{prometheus.NewDesc("foghorn_templates_"+name, help, nil, nil), kind, value}
	}
	return []metric{
		row("known", "Templates on the topic.", prometheus.GaugeValue, float64(s.Templates)),
		row("spans", "Spans of time of a partition for which lines are counted.", prometheus.GaugeValue, float64(s.Spans)),
		row("decisions", "Templates about which people have decided something.", prometheus.GaugeValue, float64(s.Curations)),
		row("bad_records_total", "Records of the topic that could not be read.", prometheus.CounterValue, float64(s.Bad)),
		row("left_out_total", "Records of templates beyond the limit, which were left out.", prometheus.CounterValue, float64(s.Left)),
	}
}

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.metrics() {
		out <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	for _, m := range c.metrics() {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value)
	}
}
