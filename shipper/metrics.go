package shipper

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	lines, bytes, acked, events  prometheus.Counter
	rotations, truncations, long prometheus.Counter
	errors, lostBytes, rejected  prometheus.Counter
	throttled                    prometheus.Counter
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
		events:      counter("events_total", "Records made of the lines read: lines of one stack trace make one."),
		throttled:   counter("throttled_total", "Times that a file over its rate was left for later."),
		gauges: []prometheus.Collector{
			redactions{s},
			newLagCollector(s),
			gauge("open_files", "Files open.", func() float64 { return float64(s.open.Load()) }),
			gauge("active_files", "Files being read or followed.", func() float64 { return float64(s.schedule.workers()) }),
		},
	}
}

func (m *metrics) register(reg prometheus.Registerer) error {
	all := append([]prometheus.Collector{
		m.lines, m.bytes, m.acked, m.rotations, m.truncations, m.long, m.errors, m.lostBytes, m.rejected, m.events, m.throttled,
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
	m.lines.Add(float64(c.lines))
	m.bytes.Add(float64(c.read))
	m.events.Add(float64(len(c.events)))
	for i := range c.events {
		if c.events[i].Truncated {
			m.long.Inc()
		}
	}
}

// redactions counts, per rule, what was taken out of lines.
type redactions struct{ s *Shipper }

var redactionsDesc = prometheus.NewDesc("foghorn_shipper_redactions_total", "Finds that were taken out of lines, by rule.", []string{"rule"}, nil)

// Describe implements prometheus.Collector.
func (redactions) Describe(ch chan<- *prometheus.Desc) { ch <- redactionsDesc }

// Collect implements prometheus.Collector.
func (r redactions) Collect(ch chan<- prometheus.Metric) {
	sum := map[string]int64{}
	for _, e := range r.s.entries {
		for _, c := range e.redact.Counts() {
			sum[c.Rule] += c.Found
		}
	}
	for rule, n := range sum {
		ch <- prometheus.MustNewConstMetric(redactionsDesc, prometheus.CounterValue, float64(n), rule)
	}
}
