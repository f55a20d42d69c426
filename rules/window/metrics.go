package window

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the Stats of all partitions of a process, as Prometheus counters.
type Metrics struct {
	repeated, unknown, evicted, refused prometheus.Counter
}

// NewMetrics registers the counters with reg.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "foghorn", Subsystem: "rules", Name: name, Help: help})
	}
	m := &Metrics{
		repeated: counter("repeated_matches_total", "Matches that were counted before, as after a crash."),
		unknown:  counter("unknown_rule_matches_total", "Matches of rules that were not loaded here yet."),
		evicted:  counter("evicted_groups_total", "Groups put out because a partition held too many."),
		refused:  counter("refused_matches_total", "Matches of groups that found no room."),
	}
	for _, c := range []prometheus.Collector{m.repeated, m.unknown, m.evicted, m.refused} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Observer returns a Config.Observe for one partition: it adds what the partition's Stats
// grew by since the call before.
func (m *Metrics) Observer() func(Stats) {
	var last Stats
	return func(s Stats) {
		m.repeated.Add(float64(s.Repeated - last.Repeated))
		m.unknown.Add(float64(s.UnknownRule - last.UnknownRule))
		m.evicted.Add(float64(s.Evicted - last.Evicted))
		m.refused.Add(float64(s.Refused - last.Refused))
		last = s
	}
}
