package window

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

func TestMetricsAddUpThePartitions(t *testing.T) {
	reg := prometheus.NewRegistry()
	m, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	a, b := m.Observer(), m.Observer()
	a(Stats{Repeated: 2, UnknownRule: 1})
	b(Stats{Repeated: 3, Refused: 5})
	a(Stats{Repeated: 4, UnknownRule: 1, Evicted: 7})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]float64{}
	for _, f := range families {
		have[f.GetName()] = f.GetMetric()[0].GetCounter().GetValue()
	}
	want := map[string]float64{
		"foghorn_rules_repeated_matches_total":     7,
		"foghorn_rules_unknown_rule_matches_total": 1,
		"foghorn_rules_evicted_groups_total":       7,
		"foghorn_rules_refused_matches_total":      5,
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
	if _, err := NewMetrics(reg); err == nil {
		t.Error("a second registration was accepted")
	}
}
