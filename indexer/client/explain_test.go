package client

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// --explain tells on standard error, behind the whole answer, how it came about; also
// where a budget cut the answer into parts.
func TestExplainIsToldBehindTheAnswer(t *testing.T) {
	_, m, _ := writeCorpus(t)
	for _, budget := range []time.Duration{30 * time.Second, time.Microsecond} {
		c := serveStore(t, joined(nil, m.rows, 1), budget)
		want, _, _ := run(t, c, "-n", "error")
		for _, args := range [][]string{{"-n", "error"}, {"-q", "error"}, {"-c", "error"}} {
			out, stderr, code := run(t, c, append(args, "--explain")...)
			if code != ExitMatch || args[0] == "-n" && out != want {
				t.Errorf("%q: exit code %d, have %q, want %q", args, code, out, want)
			}
			for _, part := range []string{`_grep_:'error'  →  a word holding "error": `, " blocks", "lines evaluated", "total "} {
				if !strings.Contains(stderr, part) {
					t.Errorf("%q, budget %v: have %q, want %q in it", args, budget, stderr, part)
				}
			}
		}
		var out, errOut bytes.Buffer
		f := Find{Query: "error ok", Limit: 5, Explain: true}
		if code := f.Run(context.Background(), c, &out, &errOut, nil); code == ExitError || !strings.Contains(errOut.String(), "\nok  →  ") {
			t.Errorf("search: exit code %d, %s", code, &errOut)
		}
	}
}
