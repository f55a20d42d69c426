package search

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	searches, partial              prometheus.Counter
	seconds                        prometheus.Histogram
	blocksRead, blocksPruned, line prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		searches:     counter("foghorn_searches_total", "Searches answered."),
		partial:      counter("foghorn_searches_partial_total", "Searches that a budget ended."),
		blocksRead:   counter("foghorn_search_blocks_read_total", "Sealed blocks that searches decoded."),
		blocksPruned: counter("foghorn_search_blocks_pruned_total", "Sealed blocks that the index kept searches from decoding."),
		line:         counter("foghorn_search_lines_total", "Lines that searches evaluated."),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "foghorn_search_seconds", Help: "Time of a search.",
			Buckets: []float64{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30},
		}),
	}
	if reg == nil {
		return m, nil
	}
	return m, errors.Join(reg.Register(m.searches), reg.Register(m.partial), reg.Register(m.blocksRead),
		reg.Register(m.blocksPruned), reg.Register(m.line), reg.Register(m.seconds))
}

func (m *metrics) observe(s *Summary) {
	m.searches.Inc()
	if s.Partial {
		m.partial.Inc()
	}
	m.blocksRead.Add(float64(s.Stats.BlocksRead))
	m.blocksPruned.Add(float64(s.Stats.Blocks - s.Stats.BlocksRead))
	m.line.Add(float64(s.Stats.LinesRead))
	m.seconds.Observe(s.Stats.Elapsed.Seconds())
}
