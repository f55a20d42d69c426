package client

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// The lines around a line are printed with their numbers, as grep -n -C does, across
// rotations and events.
func TestContextShowsTheLinesAround(t *testing.T) {
	m := &memory{}
	m.add("h", "/a.log", 1, []byte("one\ntwo\nthree\n"))
	m.add("h", "/a.log", 2, []byte("four\nfi\x1bve\nsix\n"))
	c := serveStore(t, joined(rand.New(rand.NewPCG(3, 4)), m.rows, 3), time.Minute)
	for _, tc := range []struct {
		name     string
		x        Context
		out, err string
		code     int
	}{
		{"within a generation", Context{Offset: "4", Before: 1, After: 1}, "1-one\n2:two\n3-three\n", "", ExitMatch},
		{"across a rotation", Context{Offset: "8", Before: 1, After: 2}, "2-two\n3:three\n1-four\n2-fi\x1bve\n", "", ExitMatch},
		{"on a terminal", Context{Generation: "2", Offset: "5", After: 9, Terminal: true}, "2:fi\\x1bve\n3-six\n", "", ExitMatch},
		{"alone", Context{}, "1:one\n", "", ExitMatch},
		{"none", Context{Offset: "99"}, "", "foghorn context: no such line: h:/a.log, generation 1, offset 99\n", ExitError},
		{"no number", Context{Offset: "x"}, "", "offset", ExitError},
		{"too many", Context{After: 1 << 20}, "", "10000", ExitError},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.x.Source = "h:/a.log"
			if tc.x.Generation == "" {
				tc.x.Generation = "1"
			}
			if tc.x.Offset == "" {
				tc.x.Offset = "0"
			}
			var out, errOut bytes.Buffer
			code := tc.x.Run(context.Background(), c, &out, &errOut)
			if out.String() != tc.out || code != tc.code || !strings.Contains(errOut.String(), tc.err) || (tc.err == "") != (errOut.Len() == 0) {
				t.Errorf("exit code %d, want %d\nhave %q\nwant %q\nstderr %q, want %q", code, tc.code, out.String(), tc.out, errOut.String(), tc.err)
			}
		})
	}
	var out, errOut bytes.Buffer
	x := Context{Source: "h:/a.log", Generation: "1", Offset: "0", JSON: true}
	if code := x.Run(context.Background(), c, &out, &errOut); code != ExitMatch || !strings.Contains(out.String(), `"line":"one"`) || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("--json: exit code %d, %q, have %s", code, errOut.String(), &out)
	}
}
