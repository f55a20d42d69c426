package indexer

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// TestWhatRetentionRemovesIsCountedAndLogged, by reason, and readiness is not concerned.
func TestWhatRetentionRemovesIsCountedAndLogged(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	reg := prometheus.NewRegistry()
	var log bytes.Buffer
	x, err := New(DefaultConfig(t.TempDir()), Deps{
		Metrics: reg, Log: zerolog.New(&log), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	var events []pipeline.Event
	for i := range 10 {
		events = append(events, pipeline.Event{
			ID:   pipeline.LineID{Source: "h:/a", Generation: 1, Offset: int64(i) * 6},
			Size: 6, Body: []byte("hello"), Severity: pipeline.Severity(9 + 8*(i%2)), Timestamp: now.UnixNano(), Observed: now.UnixNano(),
		})
	}
	if _, err := x.store.Append(t.Context(), 0, 1, events); err != nil {
		t.Fatal(err)
	}
	if err := x.store.Seal(); err != nil {
		t.Fatal(err)
	}
	errorsOnly, err := query.Parse("level:>=error")
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	if err := x.SetRetention(store.Retention{RetainAge: day, RetainKeep: []store.KeepRule{{Query: errorsOnly, Age: 9 * day}}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		now = now.Add(6 * day)
		if err := x.store.Retain(); err != nil {
			t.Fatal(err)
		}
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	have := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "reason" && f.GetName() == "foghorn_index_removed_lines_total" {
					have[l.GetValue()] = m.GetCounter().GetValue()
				}
				if f.GetName() == "foghorn_index_removed_bytes_total" && l.GetValue() == "age" && m.GetCounter().GetValue() == 0 {
					t.Error("no bytes are counted")
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]float64{"age": 5, "query": 5, "size": 0}, have); diff != "" {
		t.Errorf("lines removed (-want +have)\n%s", diff)
	}
	for _, want := range []string{`"reason":"query"`, `"reason":"age"`, `"lines":5`, `"day":"2026-03-01"`, "lines removed by retention"} {
		if !bytes.Contains(log.Bytes(), []byte(want)) {
			t.Errorf("the log has no %s:\n%s", want, &log)
		}
	}
	if err := x.store.Ready(); err != nil {
		t.Errorf("not ready: %v", err)
	}
}
