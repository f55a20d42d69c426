package entry

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

var observed = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newBatch(limits Limits) *Batch {
	b := New(limits, NewSources(100))
	b.Reset(Origin{Endpoint: "test", Peer: "10.0.0.7", Observed: observed})
	return b
}

var wide = Limits{Lines: 1000, Line: 1000, Attrs: 10, Value: 100, Size: 1 << 20, Depth: 8}

// text shows lines: source, raw, labels.
func text(lines []pipeline.Line) (out []string) {
	for i := range lines {
		l := &lines[i]
		s := l.ID.Source + " " + fmt.Sprintf("%q", l.Raw)
		if l.Truncated {
			s += " cut"
		}
		for _, a := range l.Labels {
			s += " " + a.Key + "=" + a.Value
		}
		out = append(out, s)
	}
	return out
}

func add(t *testing.T, b *Batch, r Record) {
	t.Helper()
	if err := b.Add(&r); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, b *Batch, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, text(b.Lines)); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
}

func TestAttributesOfNearerScopesGoBeforeFartherOnes(t *testing.T) {
	b := newBatch(wide)
	b.Source([]byte("web-1"), []byte("shop"))
	b.Attr([]byte("env"), []byte("prod"))
	m := b.Mark()
	b.Attr([]byte("env"), []byte("test"))
	b.Attr([]byte("a"), []byte("1"))
	b.Attr([]byte("none"), nil)
	add(t, b, Record{Line: []byte("one")})
	b.Rewind(m)
	add(t, b, Record{Line: []byte("two\n")})
	check(t, b, `web-1:/test/shop "one" env=test a=1`, `web-1:/test/shop "two" env=prod`)
}

func TestWhatARecordTellsTravelsInLabels(t *testing.T) {
	b := newBatch(wide)
	b.Source([]byte("web-1"), []byte("shop"))
	add(t, b, Record{Time: 1700000000123456789, Severity: 17, SeverityText: []byte("ERROR"),
		Trace: []byte("5b8efff798038103d269b633813fc60c"), Span: []byte("eee19b7ec3c1b174"), Line: []byte("x")})
	add(t, b, Record{Severity: 99, Trace: []byte("short"), Line: []byte("y")})
	check(t, b, `web-1:/test/shop "x" foghorn.timestamp=1700000000123456789 foghorn.severity=17 foghorn.severity_text=ERROR`+
		` foghorn.trace_id=5b8efff798038103d269b633813fc60c foghorn.span_id=eee19b7ec3c1b174`, `web-1:/test/shop "y"`)
	if !b.Dated {
		t.Error("a time finer than a second is not noticed")
	}
}

func TestWhatASenderNamesCannotPassForALabelOfOurs(t *testing.T) {
	b := newBatch(wide)
	b.Source([]byte("h"), []byte("s"))
	b.Service([]byte("shop"))
	b.Attr([]byte("foghorn.timestamp"), []byte("1"))
	b.Attr([]byte("service"), []byte("other"))
	add(t, b, Record{Line: []byte("x")})
	check(t, b, `h:/test/s "x" foghorn.service=shop attributes.foghorn.timestamp=1 attributes.service=other`)
}

func TestHostsOfSources(t *testing.T) {
	b := New(wide, NewSources(100))
	b.Reset(Origin{Endpoint: "test", Peer: "fe80::1", Observed: observed, Labels: []pipeline.Attr{{Key: "env", Value: "x"}}})
	add(t, b, Record{Line: []byte("peer")})
	b.Source([]byte("a:9100"), []byte("s\n\x1b[1m"))
	add(t, b, Record{Line: []byte("named")})
	check(t, b, `fe80--1:/test/ "peer" foghorn.peer=fe80::1 env=x`, `a-9100:/test/s__[1m "named" foghorn.host=a:9100 env=x`)
}

// Beyond the bound sources share one per endpoint, and their lines still tell the host.
func TestSourcesAreBounded(t *testing.T) {
	s := NewSources(1)
	b := New(wide, s)
	b.Reset(Origin{Endpoint: "test", Peer: "p", Observed: observed})
	for _, host := range []string{"a", "b", "a"} {
		b.Source([]byte(host), []byte("s"))
		add(t, b, Record{Line: []byte(host)})
	}
	check(t, b, `a:/test/s "a"`, `:/test/others "b" foghorn.host=b`, `a:/test/s "a"`)
	b.Reset(Origin{Endpoint: "test", Peer: "p", Observed: observed.Add(2 * time.Hour)})
	b.Source([]byte("c"), []byte("s"))
	add(t, b, Record{Line: []byte("c")})
	check(t, b, `c:/test/s "c"`)
}

func TestLongLines(t *testing.T) {
	limits := wide
	limits.Line = 4
	b := newBatch(limits)
	b.Source([]byte("h"), []byte("s"))
	add(t, b, Record{Line: []byte("123456")})
	add(t, b, Record{Line: []byte("ab\ncdefgh\n\nij")})
	add(t, b, Record{Line: []byte("a\nb")})
	check(t, b, `h:/test/s "1234" cut`, `h:/test/s "ab"`, `h:/test/s "cdef" cut`, `h:/test/s ""`, `h:/test/s "ij"`, `h:/test/s "a\nb"`)
	if b.Cut != 2 {
		t.Errorf("counted %d cut lines, want 2", b.Cut)
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 50)
	for _, c := range []struct {
		name   string
		limits func(*Limits)
		want   error
		drops  int
	}{
		{"within", func(*Limits) {}, nil, 0},
		{"records", func(l *Limits) { l.Lines = 9 }, ErrTooLarge, 0},
		// Shared attributes count with every record.
		{"size", func(l *Limits) { l.Size = 1000 }, ErrTooLarge, 0},
		{"attributes", func(l *Limits) { l.Attrs = 1 }, nil, 1},
		{"values", func(l *Limits) { l.Value = 49 }, nil, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			limits := wide
			c.limits(&limits)
			b := newBatch(limits)
			b.Attr([]byte("a"), []byte(long))
			b.Attr([]byte("b"), []byte(long))
			var err error
			for range 10 {
				if err = b.Add(&Record{Line: []byte("x")}); err != nil {
					break
				}
			}
			if !errors.Is(err, c.want) || b.Dropped != c.drops {
				t.Errorf("have %v and %d dropped, want %v and %d", err, b.Dropped, c.want, c.drops)
			}
		})
	}
}

func TestRedactionReachesLinesAndAttributes(t *testing.T) {
	b := New(wide, NewSources(100))
	b.Reset(Origin{Endpoint: "test", Peer: "p", Observed: observed, Redact: func(p []byte) []byte {
		return []byte(strings.ReplaceAll(string(p), "secret", "*"))
	}})
	b.Source([]byte("h"), []byte("s"))
	b.Attr([]byte("k"), []byte("my secret"))
	add(t, b, Record{Line: []byte("a secret line")})
	check(t, b, `h:/test/s "a * line" k=my *`)
}

// What was gathered for one request is not changed by the next but through its body.
func TestResetLeavesNothingBehind(t *testing.T) {
	b := newBatch(wide)
	b.Attr([]byte("k"), []byte("v"))
	b.Settings("json", "UTC")
	add(t, b, Record{Time: 1, Line: []byte("x")})
	b.Reset(Origin{Endpoint: "test", Peer: "p", Observed: observed})
	add(t, b, Record{Line: []byte("y")})
	check(t, b, `p:/test/ "y" foghorn.peer=p`)
	if b.Dated || b.Lines[0].Format != "" || b.Lines[0].Zone != "" {
		t.Error("the last request's settings are left")
	}
}
