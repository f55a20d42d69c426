package check

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
	"foghorn/pipeline/pattern"
)

// FormatResult is the outcome of one test of a format.
type FormatResult struct {
	Format *pattern.Format
	Test   *pattern.Test
	// Fields are what the format found in the line; nil when the line is not of the format.
	Fields map[string]string
	// Faults say what differs from the test's expectations; none means that it passed.
	Faults []string
}

// Passed says whether the test passed.
func (r *FormatResult) Passed() bool { return len(r.Faults) == 0 }

// RunFormat runs all tests of a format of a set: each line is parsed as one of a source
// that is set to have the format.
func RunFormat(set *pattern.Set, f *pattern.Format) []FormatResult {
	parser := newParser(set)
	out := make([]FormatResult, 0, len(f.Tests))
	for i := range f.Tests {
		t := &f.Tests[i]
		line := pipeline.Line{
			ID:  pipeline.LineID{Source: "test"}, // of no host, so that the host is what the line tells
			Raw: []byte(t.Text), Size: 1, Observed: observed, Format: f.Name,
		}
		e := parser.Parse(&line)
		res := FormatResult{Format: f, Test: t}
		if parser.Format() == f.Name {
			res.Fields = fieldsOf(&e, string(parser.Message(line.Raw)))
		}
		res.Faults = compareFields(&res, &e)
		out = append(out, res)
	}
	return out
}

func newParser(set *pattern.Set) *parse.Parser {
	cfg := parse.DefaultConfig()
	cfg.Patterns = pattern.NewLive(set)
	return parse.New(cfg)
}

// fieldsOf are the fields of an event that a line tells.
func fieldsOf(e *pipeline.Event, message string) map[string]string {
	out := map[string]string{pattern.FieldMessage: message}
	if !e.TimeObserved {
		out[pattern.FieldTimestamp] = time.Unix(0, e.Timestamp).UTC().Format(time.RFC3339Nano)
	}
	for _, name := range []string{"level", "service", "host", "trace_id", "span_id"} {
		if v, ok := e.Field(name); ok {
			out[name] = v
		}
	}
	for i := range e.Attrs {
		out[e.Attrs[i].Key] = e.Attrs[i].Value
	}
	return out
}

// compareFields says what a test expects and the line does not tell.
func compareFields(res *FormatResult, e *pipeline.Event) (faults []string) {
	t, f := res.Test, res.Format
	switch {
	case t.None && res.Fields != nil:
		return []string{"expected no line of this format, found one"}
	case !t.None && res.Fields == nil:
		return []string{"expected a line of this format, found none"}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Expect)) {
		want := t.Expect[name]
		have, ok := res.Fields[name]
		if !ok && name == pattern.FieldTimestamp {
			faults = append(faults, noTime(res, want))
			continue
		}
		if !ok {
			have, ok = e.Field(name)
		}
		if kind := f.TypeOf(name); kind != "" && ok {
			if _, typed := kind.Canonical([]byte(have)); !typed {
				faults = append(faults, fmt.Sprintf("%s: expected a value of type %s, found %q", name, kind, have))
				continue
			}
		}
		if !ok && want != "" {
			faults = append(faults, fmt.Sprintf("%s: expected %q, found no such field", name, want))
		} else if !equal(f, e, name, want, have) {
			faults = append(faults, fmt.Sprintf("%s: expected %q, found %q", name, want, have))
		}
	}
	return faults
}

// noTime is the fault of a line that tells no time, or not as the format's layout says.
func noTime(res *FormatResult, want string) string {
	written, ok := res.Fields["attributes."+pattern.FieldTimestamp]
	if !ok {
		return fmt.Sprintf("timestamp: expected %q, found no time", want)
	}
	return fmt.Sprintf("timestamp: expected %q, found %q, which is no time of the format's layout", want, written)
}

// equal says whether a field has the value that a test expects. A time is the same in any
// zone, a level in any spelling, and a value of a type in any of the type's.
func equal(f *pattern.Format, e *pipeline.Event, name, want, have string) bool {
	switch kind := f.TypeOf(name); {
	case name == pattern.FieldTimestamp:
		t, err := f.ExpectedTime(want)
		return err == nil && !e.TimeObserved && t.UnixNano() == e.Timestamp
	case name == "level":
		s, ok := pipeline.ParseSeverity(want)
		return want == e.SeverityText || ok && s == e.Severity
	case kind != "":
		value, ok := kind.Canonical([]byte(want))
		return ok && (string(value) == have || kind == pattern.TypeFloat && sameNumber(string(value), have))
	}
	return want == have
}

func sameNumber(a, b string) bool {
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && x == y
}
