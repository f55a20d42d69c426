package alert

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Reasons in foghorn_alert_dropped_total.
const (
	dropRejected = "rejected"
	dropTooOld   = "too_old"
	dropOverflow = "overflow"
)

type metrics struct {
	events     prometheus.Counter
	duplicates prometheus.Counter
	bad        prometheus.Counter
	delivered  *prometheus.CounterVec
	failures   *prometheus.CounterVec
	dropped    *prometheus.CounterVec
	waiting    *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "foghorn", Subsystem: "alert", Name: name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "foghorn", Subsystem: "alert", Name: name, Help: help}, labels)
	}
	m := &metrics{
		events:     counter("events_total", "Anomaly events taken from the topic."),
		duplicates: counter("duplicates_total", "Anomaly events read a second time and dropped."),
		bad:        counter("bad_records_total", "Records that are no anomaly event."),
		delivered:  vec("delivered_total", "Events that a receiver took.", "receiver"),
		failures:   vec("failures_total", "Requests that failed and are tried again.", "receiver"),
		dropped:    vec("dropped_total", "Events that were given up.", "receiver", "reason"),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "foghorn", Subsystem: "alert",
			Name: "waiting", Help: "Events that wait for a receiver."}, []string{"receiver"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.events, m.duplicates, m.bad, m.delivered, m.failures, m.dropped, m.waiting} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register alert metrics: %w", err)
		}
	}
	return m, nil
}
