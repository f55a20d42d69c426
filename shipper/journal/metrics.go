package journal

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct{ entries, bytes, cut, bad, restarts prometheus.Counter }

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "foghorn", Subsystem: "journal", Name: name, Help: help})
	}
	return &metrics{
		entries:  counter("entries_total", "Entries read."),
		bytes:    counter("bytes_total", "Bytes of lines made of entries."),
		cut:      counter("truncated_entries_total", "Entries cut at the limit."),
		bad:      counter("unreadable_entries_total", "Entries left out because they could not be read."),
		restarts: counter("restarts_total", "How often journalctl ended and was started again."),
	}
}

func (m *metrics) register(reg prometheus.Registerer) error {
	var errs []error
	for _, c := range []prometheus.Collector{m.entries, m.bytes, m.cut, m.bad, m.restarts} {
		if err := reg.Register(c); err != nil {
			errs = append(errs, fmt.Errorf("register metrics: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (m *metrics) took(bytes int, cut bool) {
	m.entries.Inc()
	m.bytes.Add(float64(bytes))
	if cut {
		m.cut.Inc()
	}
}
