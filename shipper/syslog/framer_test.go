package syslog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// frame runs a framer over pieces, and writes what it emits.
func frame(limit int, pieces ...string) []string {
	var out []string
	f := framer{limit: limit}
	f.emit = func(msg []byte, truncated bool) {
		text := string(msg)
		if truncated {
			text += " (truncated)"
		}
		out = append(out, text)
	}
	for _, p := range pieces {
		f.feed([]byte(p))
	}
	f.end()
	return out
}

func TestFraming(t *testing.T) {
	for _, test := range []struct {
		name, stream string
		want         []string
	}{
		{"nothing", "", nil},
		{"line feeds", "<1>a\n<2>b\n", []string{"<1>a", "<2>b"}},
		{"no line feed at the end", "<1>a\n<2>b", []string{"<1>a", "<2>b"}},
		{"NULs", "<1>a\x00<2>b\x00", []string{"<1>a", "<2>b"}},
		{"CRLF", "<1>a\r\n<2>b\r\n", []string{"<1>a\r", "<2>b\r"}},
		{"empty lines", "\n\n<1>a\n\n\x00<2>b\n", []string{"<1>a", "<2>b"}},
		{"octet counting", "4 <1>a5 <2>bc", []string{"<1>a", "<2>bc"}},
		{"octet counting, line feeds inside", "12 <1>a\n  at b\n4 <2>c", []string{"<1>a\n  at b", "<2>c"}},
		{"octet counting, line feeds behind", "4 <1>a\n4 <2>b\n", []string{"<1>a", "<2>b"}},
		{"both in one stream", "4 <1>a<2>b\n4 <3>c", []string{"<1>a", "<2>b", "<3>c"}},
		{"a number that counts nothing", "12 monkeys\n7\n12 <no\n1", []string{"12 monkeys", "7", "<no\n1 (truncated)"}},
		{"a leading zero", "012 <1>a\n", []string{"012 <1>a"}},
		{"a number too long", "12345678901 <1>a\n", []string{"12345678901 <1>a"}},
		{"counted past the end", "10 <1>abc", []string{"<1>abc (truncated)"}},
		{"too long, by line feed", "<1>" + strings.Repeat("x", 20) + "\n<2>b\n", []string{"<1>xxxxxxxxxxxxx (truncated)", "<2>b"}},
		{"too long, counted", "23 <1>" + strings.Repeat("x", 20) + "<2>b\n", []string{"<1>xxxxxxxxxxxxx (truncated)", "<2>b"}},
		{"no syslog at all", "hello\nworld\n", []string{"hello", "world"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(test.want, frame(16, test.stream)); d != "" {
				t.Errorf("messages (-want +have):\n%s", d)
			}
		})
	}
}

// However the stream is cut into pieces, the messages are the same.
func TestHoweverTheStreamIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 8).Draw(t, "messages") {
			msg := "<13>" + rapid.StringMatching(`[a-z0-9 <>\x00\n]{0,40}`).Draw(t, "message")
			switch rapid.IntRange(0, 3).Draw(t, "framing") {
			case 0:
				fmt.Fprintf(&b, "%d %s", len(msg), msg)
			case 1:
				b.WriteString(msg + "\n")
			case 2:
				b.WriteString(msg + "\x00")
			case 3:
				b.WriteString(rapid.StringMatching(`[0-9 <\n]{0,20}`).Draw(t, "noise"))
			}
		}
		checkCuts(t, b.String(), rapid.SliceOf(rapid.IntRange(0, b.Len())).Draw(t, "cuts"))
	})
}

func checkCuts(t interface{ Errorf(string, ...any) }, stream string, cuts []int) {
	at := make([]bool, len(stream)+1)
	for _, c := range cuts {
		at[c] = true
	}
	var pieces []string
	last := 0
	for i := range stream {
		if at[i] {
			pieces = append(pieces, stream[last:i])
			last = i
		}
	}
	pieces = append(pieces, stream[last:])
	for _, limit := range []int{16, 30, 1000} {
		if d := cmp.Diff(frame(limit, stream), frame(limit, pieces...)); d != "" {
			t.Errorf("limit %d, pieces %q (-whole +pieces):\n%s", limit, pieces, d)
		}
	}
}

func FuzzFramer(f *testing.F) {
	f.Add("4 <1>a<2>b\n12 monkeys\n", uint16(3), uint16(9))
	f.Add("0 <1>\x00\n99999999999 <", uint16(1), uint16(2))
	f.Fuzz(func(t *testing.T, stream string, a, b uint16) {
		n := len(stream) + 1
		checkCuts(t, stream, []int{int(a) % n, int(b) % n})
		single := make([]int, len(stream))
		for i := range single {
			single[i] = i
		}
		checkCuts(t, stream, single)
		total := 0
		for _, msg := range frame(64, stream) {
			total += len(strings.TrimSuffix(msg, " (truncated)"))
		}
		if total > len(stream) {
			t.Errorf("%d bytes came in, %d out", len(stream), total)
		}
		hostname([]byte(stream))
	})
}
