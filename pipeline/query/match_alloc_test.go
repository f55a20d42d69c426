//go:build !race

// The race detector drops what sync.Pool keeps, at random.

package query

import (
	"testing"

	"foghorn/pipeline"
)

func TestMatchAllocatesNothingPerLine(t *testing.T) {
	e := &pipeline.Event{Host: "web-17", Severity: pipeline.SeverityWarn, Body: []byte(logLine), Attrs: []pipeline.Attr{{Key: pipeline.FieldStatus, Value: "504"}}}
	for _, q := range []string{"nothing", `"connection refused"`, "'0x7f'", "/timed? out/i", "web-*9", "level:>=error", "status:<500", "host:web-18", "_grep_:'-w -- time'", "time:<2000-01-01T00:00:00Z"} {
		n, err := Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		m := Compile(n)
		if a := testing.AllocsPerRun(200, func() { m.Match(e) }); a > 0.5 {
			t.Errorf("%s: %.1f allocations", q, a)
		}
	}
}
