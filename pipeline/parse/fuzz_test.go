package parse

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"

	"foghorn/pipeline"

	"github.com/google/go-cmp/cmp"
)

// Whatever the bytes: no panic, the body unchanged, and an event that keeps its promises
// and survives logs.events.
func FuzzParse(f *testing.F) {
	for _, tt := range samples {
		f.Add([]byte(tt.line))
	}
	p := New(Config{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		l := pipeline.Line{ID: pipeline.LineID{Source: "h:/x", Generation: 1}, Raw: bytes.Clone(raw), Size: int64(len(raw)) + 1, Observed: observed}
		if l.Raw == nil {
			l.Raw = []byte{}
		}
		e := p.Parse(&l)
		if !bytes.Equal(e.Body, raw) {
			t.Errorf("body %q", e.Body)
		}
		if e.Severity > 24 || e.Timestamp < earliest || e.Timestamp > observed.Add(24*time.Hour).UnixNano() || e.TimeObserved && e.Timestamp != e.Observed {
			t.Errorf("severity %d, timestamp %v", e.Severity, e.EventTime())
		}
		keys := map[string]bool{}
		for _, a := range e.Attrs {
			if keys[a.Key] || a.Key == "" || a.Value == "" || len(a.Value) > 3*DefaultConfig().MaxValue || !utf8.ValidString(a.Key) || !utf8.ValidString(a.Value) || reserved(a.Key) && a.Key != pipeline.FieldStatus {
				t.Errorf("attribute %q = %q", a.Key, a.Value)
			}
			keys[a.Key] = true
		}
		if len(e.Attrs) > DefaultConfig().MaxAttrs {
			t.Errorf("%d attributes", len(e.Attrs))
		}
		fresh := New(Config{}).Parse(&l)
		if d := cmp.Diff(fresh, e); d != "" {
			t.Errorf("depends on the lines before: %s", d)
		}
		m, err := pipeline.EncodeEvents(0, []pipeline.Event{e})
		if err != nil {
			t.Fatal(err)
		}
		back, err := pipeline.DecodeEvents(&m)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]pipeline.Event{e}, back); d != "" {
			t.Errorf("not the same behind logs.events: %s", d)
		}
	})
}
