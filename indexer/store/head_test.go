package store

import (
	"runtime"
	"testing"
	"weak"

	"foghorn/pipeline"
)

// TestTheHeadKeepsLinesAndNotTheirRecords: a line shares the memory of what was fetched;
// a head that kept it would take many times what it counts.
func TestTheHeadKeepsLinesAndNotTheirRecords(t *testing.T) {
	s := mustOpen(t, testConfig(t.TempDir()), Deps{})
	record := new([1 << 20]byte)
	copy(record[:], "a line of a large record")
	kept := weak.Make(record)
	events := []pipeline.Event{{ID: pipeline.LineID{Source: "a", Generation: 1}, Size: 25, Body: record[:24]}}
	if _, err := s.Append(t.Context(), 0, 1, events); err != nil {
		t.Fatal(err)
	}
	record, events = nil, nil
	runtime.GC()
	if kept.Value() != nil {
		t.Error("the record is still in memory")
	}
	b, err := s.View().Parts[0].Read(0, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b.Body(0)); got != "a line of a large record" {
		t.Errorf("line %q", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
