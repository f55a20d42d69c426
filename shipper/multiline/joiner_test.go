package multiline

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/shipper/tail"
)

// lines cuts text at its line feeds.
func lines(text string) []tail.Line {
	var out []tail.Line
	at := int64(0)
	for _, s := range strings.SplitAfter(text, "\n") {
		if s == "" {
			continue
		}
		out = append(out, tail.Line{Offset: at, Size: int64(len(s)), Raw: []byte(strings.TrimSuffix(s, "\n"))})
		at += int64(len(s))
	}
	return out
}

func joiner(t testing.TB, cfg Config, emit func([]tail.Line)) *Joiner {
	t.Helper()
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r.Joiner(emit)
}

// group returns the events of text, all at hand at once.
func group(t testing.TB, cfg Config, text string) []string {
	t.Helper()
	var out []string
	j := joiner(t, cfg, func(e []tail.Line) { out = append(out, joined(e)) })
	for _, l := range lines(text) {
		j.Add(l, time.Unix(0, 0))
	}
	j.Settle()
	j.Flush()
	return out
}

func joined(e []tail.Line) string {
	var raw []string
	for _, l := range e {
		raw = append(raw, string(l.Raw))
	}
	return strings.Join(raw, "\n")
}

// split takes the events of a test's text apart, which stand between lines of "=".
func split(text string) (events []string, whole string) {
	events = strings.Split(strings.TrimPrefix(text, "\n"), "\n=\n")
	events[len(events)-1] = strings.TrimSuffix(events[len(events)-1], "\n")
	return events, strings.Join(events, "\n") + "\n"
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		text string
	}{
		{"start", Config{Start: `^\d{4}-`}, "rest of before\nmore\n=\n2026-01-01 a\n b\n\nc\n=\n2026-01-02 b\n"},
		{"continue", Config{Continue: `^\s|\\$`}, "a\n b\n\tc\n=\nd\n=\ne\n f\n"},
		{"start inside CRI", Config{Start: `^BEGIN`}, `
2016-10-06T00:17:09.669794202Z stdout F BEGIN a
2016-10-06T00:17:10.669794202Z stdout F b
=
2016-10-06T00:17:11.669794202Z stdout F BEGIN c
=
2016-10-06T00:17:11.669794202Z stderr F other stream
`},
		{"bounds cut an event into several", Config{Start: "^S", MaxLines: 3}, "S\n1\n2\n=\n3\n4\n5\n=\n6\n=\nS\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, text := split(c.text)
			if diff := cmp.Diff(want, group(t, c.cfg, text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAGroupHasAtMostMaxLinesAndMaxBytes(t *testing.T) {
	frame := "\tat a.B.c(" + strings.Repeat("x", 90) + ")\n"
	for _, cfg := range []Config{{MaxLines: 7}, {MaxBytes: 1 << 10}} {
		var total int
		for _, e := range group(t, cfg, "java.lang.Error: x\n"+strings.Repeat(frame, 100)) {
			if n := strings.Count(e, "\n") + 1; cfg.MaxLines > 0 && n > cfg.MaxLines || cfg.MaxBytes > 0 && len(e)+1 > cfg.MaxBytes {
				t.Errorf("%+v: an event has %d lines and %d bytes", cfg, n, len(e))
			} else {
				total += n
			}
		}
		if total != 101 {
			t.Errorf("%+v: want 101 lines, have %d", cfg, total)
		}
	}
	long := strings.Repeat("y", 2<<10)
	want := []string{"S", long, "a"}
	if diff := cmp.Diff(want, group(t, Config{Start: "^S", MaxBytes: 1 << 10}, "S\n"+long+"\na\n")); diff != "" {
		t.Errorf("a single line may have more: %s", diff)
	}
}

func TestALineCutAtTheLimitIsAlone(t *testing.T) {
	var have []string
	j := joiner(t, Config{}, func(e []tail.Line) { have = append(have, joined(e)) })
	for i, l := range lines("java.lang.Error: x\n\tat a.B.c(B.java:1)\n\tat a.B.c(B.java:2)\n\tat a.B.c(B.java:3)\n") {
		l.Truncated = i == 2
		j.Add(l, time.Unix(0, 0))
	}
	j.Flush()
	want := []string{"java.lang.Error: x\n\tat a.B.c(B.java:1)", "\tat a.B.c(B.java:2)", "\tat a.B.c(B.java:3)"}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsHeldBackIsGivenOutAfterTheTimeout(t *testing.T) {
	var have []string
	j := joiner(t, Config{Timeout: time.Second}, func(e []tail.Line) { have = append(have, joined(e)) })
	now := time.Unix(100, 0)
	in := lines("ordinary\njava.lang.Error: x\n\tat a.B.c(B.java:1)\n\tat a.B.c(B.java:2)\n")
	step := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	j.Add(in[0], now)
	step("a line is held until another is at hand")
	j.Settle()
	step("or none is", "ordinary")
	j.Add(in[1], now)
	j.Add(in[2], now.Add(900*time.Millisecond))
	j.Settle()
	j.Expire(now.Add(1800 * time.Millisecond))
	step("a trace waits", "ordinary")
	if n, b, at := j.Held(); n != 2 || b != len("java.lang.Error: x\n\tat a.B.c(B.java:1)\n") || at != in[1].Offset {
		t.Errorf("held: %d lines, %d bytes at %d", n, b, at)
	}
	j.Expire(now.Add(1900 * time.Millisecond))
	step("until the time-out", "ordinary", "java.lang.Error: x\n\tat a.B.c(B.java:1)")
	j.Add(in[3], now.Add(2*time.Second))
	j.Drop()
	j.Flush()
	step("what is dropped is not given out", "ordinary", "java.lang.Error: x\n\tat a.B.c(B.java:1)")
}

func TestHeldLinesGetMemoryOfTheirOwn(t *testing.T) {
	var have string
	j := joiner(t, Config{}, func(e []tail.Line) { have = joined(e) })
	text := []byte("java.lang.Error: x\n")
	j.Add(tail.Line{Size: int64(len(text)), Raw: text[:len(text)-1]}, time.Unix(0, 0))
	j.Own()
	copy(text, "overwritten")
	j.Flush()
	if have != "java.lang.Error: x" {
		t.Errorf("have %q", have)
	}
}

func TestBadSettingsAreReportedAllAtOnce(t *testing.T) {
	_, err := New(Config{Mode: "on", Start: "(", Continue: "x", Timeout: time.Hour, MaxLines: 1, MaxBytes: 4 << 20})
	want := `multiline: mode: want auto or off, have "on"
continue: want start or continue, have both
start: error parsing regexp: missing closing ): ` + "`(`" + `
timeout: want 10ms to 1m, have 1h0m0s
max_lines: want 2 to 100000, have 1
max_bytes: want 1024 to 2097152, have 4194304`
	if err == nil || err.Error() != want {
		t.Errorf("want\n%s\nhave\n%v", want, err)
	}
	if err := (&Config{Mode: "auto", Start: "x"}).Validate(); err == nil {
		t.Error("mode and start together were taken")
	}
	if r, err := New(Config{Mode: "off"}); r != nil || err != nil {
		t.Errorf("off: %v, %v", r, err)
	}
}

// FuzzJoiner checks that the groups, put together, are exactly the lines that were added,
// whatever the time-outs.
func FuzzJoiner(f *testing.F) {
	for _, c := range traces {
		_, text := split(c.text)
		f.Add([]byte(text), []byte{0, 1, 0, 0, 9, 4, 2, 0, 0, 3}, uint8(0))
	}
	f.Add([]byte("a\n b\nc\n"), []byte{}, uint8(1))
	f.Add([]byte("a\n b\nc\n"), []byte{5}, uint8(2))
	configs := []Config{
		{MaxLines: 20, MaxBytes: 2 << 10}, {Start: `^[a-z]`, MaxLines: 5}, {Continue: `^\s`, MaxBytes: 1 << 10},
	}
	f.Fuzz(func(t *testing.T, text, moves []byte, which uint8) {
		cfg := configs[int(which)%len(configs)]
		limits := cfg.fill()
		var have []tail.Line
		j := joiner(t, cfg, func(e []tail.Line) {
			size := 0
			for _, l := range e {
				size += len(l.Raw) + 1
				if l.Truncated && len(e) > 1 {
					t.Fatalf("a line cut at the limit is in an event of %d", len(e))
				}
			}
			if len(e) == 0 || len(e) > limits.MaxLines || len(e) > 1 && size > limits.MaxBytes {
				t.Fatalf("an event of %d lines and %d bytes", len(e), size)
			}
			have = append(have, e...)
		})
		in := lines(string(text))
		now := time.Unix(0, 0)
		for i := 0; i < len(in); i++ {
			l := in[i]
			move := byte(0)
			if len(moves) > 0 {
				move = moves[i%len(moves)]
			}
			l.Truncated = move == 9
			in[i].Truncated = l.Truncated
			j.Add(l, now)
			switch move {
			case 1:
				j.Settle()
			case 2:
				now = now.Add(time.Minute)
				j.Expire(now)
			case 3:
				j.Flush()
			case 4:
				j.Own()
			case 5: // what is held is dropped and added again, once
				if n, _, at := j.Held(); n > 0 {
					j.Drop()
					moves = bytes.ReplaceAll(moves, []byte{5}, []byte{0})
					for in[i].Offset != at {
						i--
					}
					i--
				}
			}
		}
		j.Flush()
		if diff := cmp.Diff(in, have); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	for _, c := range []struct{ name, line string }{
		{"text", "2026-11-22 10:00:00,123 INFO [main] c.e.Shop - order 8812736 of customer 99172 accepted in 12 ms, total 129.90"},
		{"letters", strings.Repeat("x", 119)},
		{"name", "INFO: order 8812736 of customer 99172 accepted in 12 ms, total 129.90 EUR, items 3, warehouse fra-2"},
		{"JSON", `{"time":"2026-11-22T10:00:00.123Z","level":"info","msg":"order 8812736 of customer 99172 accepted"}`},
		{"CRI", "2026-11-22T10:00:00.123456789Z stdout F order 8812736 of customer 99172 accepted in 12 ms, total 129.90"},
		{"Docker", `{"log":"order 8812736 of customer 99172 accepted in 12 ms\n","stream":"stdout","time":"2026-11-22T10:00:00.123456789Z"}`},
		{"frame", "\tat com.example.shop.OrderController.accept(OrderController.java:128)"},
	} {
		b.Run(c.name, func(b *testing.B) {
			n := 0
			j := joiner(b, Config{}, func(e []tail.Line) { n += len(e) })
			l := tail.Line{Size: int64(len(c.line)) + 1, Raw: []byte(c.line)}
			now := time.Now()
			b.ReportAllocs()
			added := 0
			for b.Loop() {
				j.Add(l, now)
				added++
			}
			j.Flush()
			if n != added {
				b.Fatal(fmt.Sprint(n, " of ", added))
			}
		})
	}
}
