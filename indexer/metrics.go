package indexer

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"foghorn/indexer/store"
)

type metrics struct {
	lines, bytes, duplicates, gaps, dead, failures prometheus.Counter
	mergedSegments, mergedLines                    prometheus.Counter
	sealSeconds, mergeSeconds                      prometheus.Histogram
	removedLines, removedBytes                     *prometheus.CounterVec // by reason
}

// newMetrics makes and registers the indexer's metrics; stats and lag are asked when the
// metrics are read.
func newMetrics(reg prometheus.Registerer, stats func() store.Stats, lag func() float64) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	removed := func(name, help string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"reason"})
		for _, r := range []store.Reason{store.ByAge, store.BySize, store.ByQuery} {
			v.WithLabelValues(string(r)) // there from the start, at 0
		}
		return v
	}
	m := &metrics{
		removedLines:   removed("foghorn_index_removed_lines_total", "Lines removed by retention, by reason: age, size, or query (no rule keeps them longer)."),
		removedBytes:   removed("foghorn_index_removed_bytes_total", "Bytes on disk that retention has won, by reason."),
		lines:          counter("foghorn_index_lines_total", "Lines stored."),
		bytes:          counter("foghorn_index_bytes_total", "Bytes of raw lines stored."),
		duplicates:     counter("foghorn_index_duplicates_total", "Lines dropped because they were stored before."),
		gaps:           counter("foghorn_index_gaps_total", "Ranges of sources or partitions that never came."),
		dead:           counter("foghorn_index_deadletter_total", "Records that could not be read, sent to logs.deadletter."),
		failures:       counter("foghorn_index_failures_total", "Steps of the store that failed and are tried again."),
		mergedSegments: counter("foghorn_index_merged_segments_total", "Segments that were merged into larger ones."),
		mergedLines:    counter("foghorn_index_merged_lines_total", "Lines that were written again by merges."),
		mergeSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "foghorn_index_merge_seconds", Help: "Time to merge a group of segments.",
			Buckets: []float64{0.1, 0.3, 1, 3, 10, 30, 100},
		}),
		sealSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "foghorn_index_seal_seconds", Help: "Time to write one segment.",
			Buckets: []float64{0.01, 0.03, 0.1, 0.3, 1, 3, 10},
		}),
	}
	if reg == nil {
		return m, nil
	}
	gauge := func(name, help string, get func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, get)
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.lines, m.bytes, m.duplicates, m.gaps, m.dead, m.failures, m.sealSeconds,
		m.mergedSegments, m.mergedLines, m.mergeSeconds, m.removedLines, m.removedBytes,
		gauge("foghorn_index_lag_records", "Records of logs.events that wait to be indexed.", lag),
		gauge("foghorn_index_segments", "Sealed segments.", func() float64 { return float64(stats().Segments) }),
		gauge("foghorn_index_segments_unindexed", "Segments whose words are not in their day's term index yet.", func() float64 { return float64(stats().Unindexed) }),
		gauge("foghorn_index_disk_bytes", "Size of the store on disk.", func() float64 { return float64(stats().DiskBytes) }),
		gauge("foghorn_index_stored_lines", "Lines that can be searched.", func() float64 { return float64(stats().Lines) }),
		gauge("foghorn_index_head_lines", "Lines that are not sealed yet.", func() float64 { return float64(stats().HeadLines) }),
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}
