package intake

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests, lines, bytes, received *prometheus.CounterVec
	refused, duplicates, cut         *prometheus.CounterVec
	attributes                       *prometheus.CounterVec
	duration                         *prometheus.HistogramVec
	connections, inFlight            prometheus.Gauge
	turnedAway                       prometheus.Counter
}

func newMetrics() *metrics {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "foghorn", Subsystem: "intake", Name: name, Help: help}
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts(opts(name, help)), append([]string{"endpoint"}, labels...))
	}
	return &metrics{
		requests:   counter("requests_total", "Requests answered, by HTTP status.", "code"),
		lines:      counter("lines_total", "Lines stored in the spool."),
		bytes:      counter("bytes_total", "Bytes of the lines stored."),
		received:   counter("received_bytes_total", "Bytes of request bodies after decompression."),
		refused:    counter("refused_records_total", "Records refused within requests that were taken otherwise."),
		duplicates: counter("duplicate_requests_total", "Requests that had been taken before."),
		cut:        counter("truncated_lines_total", "Lines cut at the limit."),
		attributes: counter("dropped_attributes_total", "Attributes left out or cut at the limits."),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "foghorn", Subsystem: "intake", Name: "request_duration_seconds",
			Help:    "Time from a request's headers to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"endpoint"}),
		connections: prometheus.NewGauge(prometheus.GaugeOpts(opts("connections", "Connections open."))),
		inFlight:    prometheus.NewGauge(prometheus.GaugeOpts(opts("requests_in_flight", "Requests worked on."))),
		turnedAway:  prometheus.NewCounter(prometheus.CounterOpts(opts("refused_connections_total", "Connections closed because there were too many."))),
	}
}

func (m *metrics) register(reg prometheus.Registerer) error {
	var errs []error
	for _, c := range []prometheus.Collector{
		m.requests, m.lines, m.bytes, m.received, m.refused, m.duplicates, m.cut, m.attributes,
		m.duration, m.connections, m.inFlight, m.turnedAway,
	} {
		if err := reg.Register(c); err != nil {
			errs = append(errs, fmt.Errorf("register metrics: %w", err))
		}
	}
	return errors.Join(errs...)
}

// answered counts an answer.
func (m *metrics) answered(endpoint string, code int, took time.Duration) {
	m.requests.WithLabelValues(endpoint, strconv.Itoa(code)).Inc()
	m.duration.WithLabelValues(endpoint).Observe(took.Seconds())
}
