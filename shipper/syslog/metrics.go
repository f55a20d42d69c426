package syslog

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	messages, bytes, cut         *prometheus.CounterVec
	dropped, lost                prometheus.Counter
	connections, refused, failed prometheus.Counter
	open                         prometheus.Gauge
	senders                      prometheus.Collector
	udp, tcp, tls                transport
}

// transport are the counters of one transport.
type transport struct{ messages, bytes, cut prometheus.Counter }

func newMetrics(s *Server) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "foghorn", Subsystem: "syslog", Name: name, Help: help})
	}
	vec := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "foghorn", Subsystem: "syslog", Name: name, Help: help}, []string{"transport"})
	}
	m := &metrics{
		messages:    vec("messages_total", "Messages received."),
		bytes:       vec("bytes_total", "Bytes of messages received, without framing."),
		cut:         vec("truncated_messages_total", "Messages cut at the limit, or by the end of their connection."),
		dropped:     counter("dropped_datagrams_total", "Datagrams for which the system or the buffer had no room."),
		lost:        counter("lost_messages_total", "Messages received that the spool did not take before the end."),
		connections: counter("connections_total", "Connections accepted."),
		refused:     counter("refused_connections_total", "Connections beyond the limit."),
		failed:      counter("failed_connections_total", "Connections that broke, were silent for too long, or whose handshake failed."),
		open:        prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "foghorn", Subsystem: "syslog", Name: "open_connections", Help: "Connections open."}),
		senders: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "foghorn", Subsystem: "syslog", Name: "senders", Help: "Senders that are sources of their own.",
		}, func() float64 { return float64(s.sources.count()) }),
	}
	of := func(name string) transport {
		return transport{m.messages.WithLabelValues(name), m.bytes.WithLabelValues(name), m.cut.WithLabelValues(name)}
	}
	m.udp, m.tcp, m.tls = of("udp"), of("tcp"), of("tls")
	return m
}

func (m *metrics) register(reg prometheus.Registerer) error {
	var errs []error
	for _, c := range []prometheus.Collector{
		m.messages, m.bytes, m.cut, m.dropped, m.lost, m.connections, m.refused, m.failed, m.open, m.senders,
	} {
		if err := reg.Register(c); err != nil {
			errs = append(errs, fmt.Errorf("register metrics: %w", err))
		}
	}
	return errors.Join(errs...)
}

// took counts a message.
func (m *metrics) took(name string, bytes int, cut bool) {
	t := &m.tcp
	switch name {
	case "udp":
		t = &m.udp
	case "tls":
		t = &m.tls
	}
	t.messages.Inc()
	t.bytes.Add(float64(bytes))
	if cut {
		t.cut.Inc()
	}
}
