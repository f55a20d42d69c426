package client

import (
	"fmt"
	"testing"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// TestALogOfForeignProducersHasManyHosts: --host finds the lines of each, and each line is
// shown with its own.
func TestALogOfForeignProducersHasManyHosts(t *testing.T) {
	m := &memory{coverage: search.Coverage{Complete: true}}
	m.add("z", "/z.log", 1, []byte("no line\n"))
	for i, host := range []string{"a", "b", "a"} {
		m.rows = append(m.rows, row{pipeline.Event{
			ID: pipeline.LineID{Source: "logs.raw/0", Offset: int64(i)}, Size: 1, Host: host, Path: "logs.raw/0",
			Body: fmt.Append(nil, "word ", i), Timestamp: 1795334400e9,
		}, int64(i + 1)})
	}
	m.coverage.Sources = append(m.coverage.Sources, search.SourceCoverage{Source: "logs.raw/0", Host: "a", Path: "logs.raw/0"})
	c := serve(t, m)
	for _, tc := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"word"}, "a:logs.raw/0:word 0\nb:logs.raw/0:word 1\na:logs.raw/0:word 2\n", ExitMatch},
		{[]string{"-h", "--host", "b", "word"}, "word 1\n", ExitMatch},
		{[]string{"-h", "--host", "b", "-c", "word"}, "1\n", ExitMatch},
		{[]string{"-h", "--host", "z", "word"}, "", ExitNone},
	} {
		if out, stderr, code := run(t, c, tc.args...); out != tc.want || code != tc.code || stderr != "" {
			t.Errorf("%q: exit code %d, %q, have %q, want %q", tc.args, code, stderr, out, tc.want)
		}
	}
}
