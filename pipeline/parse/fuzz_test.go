package parse

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"

	"foghorn/pipeline"

	"github.com/google/go-cmp/cmp"
)

// checkEvent reports where an event breaks a promise of Parse.
func checkEvent(t *testing.T, p *Parser, raw []byte, e *pipeline.Event) {
	t.Helper()
	if !bytes.Equal(e.Body, raw) {
		t.Errorf("body %q", e.Body)
	}
	if e.Severity > 24 || e.Timestamp < earliest || e.Timestamp > observed.Add(24*time.Hour).UnixNano() || e.TimeObserved && e.Timestamp != e.Observed {
		t.Errorf("severity %d, timestamp %v", e.Severity, e.EventTime())
	}
	if e.TraceID != "" && !hexID([]byte(e.TraceID), 32) || e.SpanID != "" && !hexID([]byte(e.SpanID), 16) {
		t.Errorf("trace %q span %q", e.TraceID, e.SpanID)
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
	message := p.Message(raw)
	if start, end, ok := p.MessageAt(); ok {
		if start < 0 || end < start || end > len(raw) || !bytes.Equal(raw[start:end], message) {
			t.Errorf("the message %q is not at %d to %d", message, start, end)
		}
	}
}

// Whatever the bytes: no panic, the body unchanged, the message inside it, and an event that
// keeps its promises and survives logs.events. It depends on the line and what is learned
// of the source's times alone.
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
		fresh := New(Config{})
		fresh.clock.order, fresh.clock.last = p.clock.order, p.clock.last
		e := p.Parse(&l)
		checkEvent(t, p, raw, &e)
		if d := cmp.Diff(fresh.Parse(&l), e); d != "" || !bytes.Equal(fresh.Message(raw), p.Message(raw)) {
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

// Whatever the bytes and the format that the source is set to have: no panic, the body
// unchanged, the message inside it.
func FuzzFormats(f *testing.F) {
	for _, tt := range samples {
		f.Add([]byte(tt.line))
	}
	parsers := map[string]*Parser{}
	for _, name := range Formats() {
		parsers[name] = New(Config{})
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, p := range parsers {
			l := pipeline.Line{ID: pipeline.LineID{Source: "h:/x", Generation: 1}, Raw: bytes.Clone(raw), Size: int64(len(raw)) + 1, Observed: observed, Format: name, Zone: "Europe/Berlin"}
			e := p.Parse(&l)
			checkEvent(t, p, raw, &e)
		}
	})
}
