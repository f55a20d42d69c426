package shipper

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	lines, bytes, acked          prometheus.Counter
	rotations, truncations, long prometheus.Counter
	errors, lostBytes, rejected  prometheus.Counter
	gauges                       []prometheus.Collector
}

func newMetrics(s *Shipper) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "foghorn", Subsystem: "shipper", Name: name, Help: help,
		})
	}
	gauge := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "foghorn", Subsystem: "shipper", Name: name, Help: help,
		}, f)
	}
	return &metrics{
		lines:       counter("lines_total", "Lines read."),
		bytes:       counter("bytes_total", "Bytes of lines read."),
		acked:       counter("acked_lines_total", "Lines acknowledged by the broker."),
		rotations:   counter("rotations_total", "Files that left their path and were replaced or removed."),
		truncations: counter("truncations_total", "Files whose content was replaced in place."),
		long:        counter("truncated_lines_total", "Lines cut at the limit."),
		errors:      counter("errors_total", "Files and folders that could not be read, and failed checkpoints."),
		lostBytes:   counter("lost_bytes_total", "Bytes known to be gone before they were read."),
		rejected:    counter("rejected_lines_total", "Lines that the broker can never accept, sent to the dead letters."),
		gauges: []prometheus.Collector{
			gauge("lag_bytes", "Bytes not acknowledged yet.", func() float64 {
				st := s.Status()
				return float64(st.Lag())
			}),
			gauge("open_files", "Files open.", func() float64 { return float64(s.open.Load()) }),
			gauge("active_files", "Files being read or followed.", func() float64 { return float64(s.schedule.workers()) }),
		},
	}
}

func (m *metrics) register(reg prometheus.Registerer) error {
	all := append([]prometheus.Collector{
		m.lines, m.bytes, m.acked, m.rotations, m.truncations, m.long, m.errors, m.lostBytes, m.rejected,
	}, m.gauges...)
	var errs []error
	for _, c := range all {
		if err := reg.Register(c); err != nil {
			errs = append(errs, fmt.Errorf("register metrics: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (m *metrics) read(c *chunk) {
	m.lines.Add(float64(len(c.lines)))
	m.bytes.Add(float64(c.bytes))
	for i := range c.lines {
		if c.lines[i].Truncated {
			m.long.Inc()
		}
	}
}
