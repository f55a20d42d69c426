package parse

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/pattern"
)

func compiled(t testing.TB, text string) *pattern.Set {
	t.Helper()
	set, err := pattern.Compile([]pattern.File{{Name: "f.yml", Data: []byte(text)}}, Formats())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const shopFormat = `formats:
  - name: shop
    match: '^%{DATA:timestamp} \[%{WORD:level}\] (?P<order_id>ord-[0-9a-f]{8}) %{NOTSPACE:took:duration} %{GREEDYDATA:message}$'
    timestamp: '%d.%m.%Y %H:%M:%S,%f'
    zone: Europe/Berlin
`

// What a format of one's own says of a line: its time, level, message and fields; and which
// lines it is tried on.
func TestCustomFormats(t *testing.T) {
	const line = "02.03.2026 10:00:00,250 [WARN] ord-00c0ffee 250ms paid late"
	at := func(zone string, clock string) string {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		v, err := time.ParseInLocation("2006-01-02 15:04:05.000", clock, loc)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC().Format(time.RFC3339Nano)
	}
	type found struct{ Format, Time, Level, Message, Took, Order, Stamp string }
	late := found{"shop", at("Europe/Berlin", "2026-03-02 10:00:00.250"), "warn", "paid late", "0.25", "ord-00c0ffee", ""}
	with := func(f found, change func(*found)) found {
		change(&f)
		return f
	}
	tests := []struct {
		name, patterns string
		line           pipeline.Line
		want           found
	}{
		{"on a line that no built-in format takes", shopFormat, pipeline.Line{Raw: []byte(line)}, late},
		{"the source's zone goes first", shopFormat, pipeline.Line{Raw: []byte(line), Zone: "America/New_York"},
			with(late, func(f *found) { f.Time = at("America/New_York", "2026-03-02 10:00:00.250") })},
		{"a time that no calendar has stays a field", shopFormat, pipeline.Line{Raw: []byte("31.02.2026" + line[10:])},
			with(late, func(f *found) { f.Time, f.Stamp = "", "31.02.2026 10:00:00,250" })},
		{"a value that is not of its type stays as it is", shopFormat, pipeline.Line{Raw: []byte("02.03.2026 10:00:00,250 [WARN] ord-00c0ffee soon paid late")},
			with(late, func(f *found) { f.Took = "soon" })},
		{"the first line of an event", shopFormat, pipeline.Line{Raw: []byte(line + "\n\tat x")}, late},
		{"a line that does not fit is text", shopFormat, pipeline.Line{Raw: []byte("hello")}, found{Format: "text", Message: "hello"}},
		{"built-in formats go first", "formats: [{name: any, match: '%{GREEDYDATA:message}'}]", pipeline.Line{Raw: []byte(`{"msg":"hello"}`)},
			found{Format: "json", Message: "hello"}},
		{"unless the source is set to have the format", "formats: [{name: any, match: '%{GREEDYDATA:message}'}]", pipeline.Line{Raw: []byte(`{"msg":"hello"}`), Format: "any"},
			found{Format: "any", Message: `{"msg":"hello"}`}},
		{"or the format is restricted to its path", "formats: [{name: any, match: '%{GREEDYDATA:message}', sources: ['/srv/*.log']}]", pipeline.Line{Raw: []byte(`{"msg":"hello"}`)},
			found{Format: "any", Message: `{"msg":"hello"}`}},
		{"which another source's is not", "formats: [{name: any, match: '%{GREEDYDATA:message}', sources: ['/srv/a/*.log']}]", pipeline.Line{Raw: []byte(`{"msg":"hello"}`)},
			found{Format: "json", Message: "hello"}},
		{"a line that a container wrote", shopFormat, pipeline.Line{Raw: []byte("2026-03-02T09:00:01.5Z stdout F " + line)}, late},
		{"such a line of a format restricted to its path", shopFormat + "    sources: [/srv/*]\n", pipeline.Line{Raw: []byte("2026-03-02T09:00:01.5Z stdout F " + line)}, late},
		{"a line that a container wrote, of a source set to have the format", shopFormat, pipeline.Line{Raw: []byte("2026-03-02T09:00:01.5Z stdout F " + line), Format: "shop"}, late},
		{"another one of that source", shopFormat, pipeline.Line{Raw: []byte("2026-03-02T09:00:01.5Z stdout F hello"), Format: "shop"},
			found{Format: "cri", Time: "2026-03-02T09:00:01.5Z", Message: "hello"}},
		{"a time without a date is of the day nearest to the observed one", "formats: [{name: clock, match: '^%{TIME:timestamp} # %{GREEDYDATA:message}', timestamp: 'HH:mm:ss.SSS'}]",
			pipeline.Line{Raw: []byte("23:59:59.500 # hello")}, found{Format: "clock", Time: "2026-03-02T23:59:59.5Z", Message: "hello"}},
		{"a time without a year", "formats: [{name: clock, match: '^%{DATA:timestamp} # %{GREEDYDATA:message}', timestamp: 'dd MMM HH:mm'}]",
			pipeline.Line{Raw: []byte("24 Dec 18:00 # hello")}, found{Format: "clock", Time: "2025-12-24T18:00:00Z", Message: "hello"}},
		{"a time in any way that is known", "formats: [{name: clock, match: '^# %{DATA:timestamp} # %{GREEDYDATA:message}'}]",
			pipeline.Line{Raw: []byte("# 02/Mar/2026:10:00:00 +0100 # hello")}, found{Format: "clock", Time: "2026-03-02T09:00:00Z", Message: "hello"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := New(Config{Patterns: pattern.NewLive(compiled(t, test.patterns))})
			l := test.line
			l.ID = pipeline.LineID{Source: pipeline.SourceID("a", "/srv/x.log"), Generation: 1}
			l.Observed = time.Date(2026, 3, 3, 0, 0, 1, 0, time.UTC)
			e := p.Parse(&l)
			have := found{Format: p.Format(), Message: string(p.Message(l.Raw))}
			if !e.TimeObserved {
				have.Time, _ = e.Field("timestamp")
			}
			have.Level, _ = e.Field("level")
			have.Took, _ = e.Field("took")
			have.Order, _ = e.Field("order_id")
			have.Stamp, _ = e.Field("attributes.timestamp")
			if diff := cmp.Diff(test.want, have); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

// A parser takes the formats that are in force with each line.
func TestCustomFormatsAreSwapped(t *testing.T) {
	live := pattern.NewLive(nil)
	p := New(Config{Patterns: live})
	l := shippedLine("paid ord-00c0ffee")
	format := func() string {
		p.Parse(l)
		return p.Format()
	}
	if have := format(); have != "text" {
		t.Errorf("without formats: have %s, want text", have)
	}
	live.Swap(compiled(t, "formats: [{name: a, match: '(?P<order>ord-.*)'}]"))
	if have := format(); have != "a" {
		t.Errorf("with a format: have %s, want a", have)
	}
	live.Swap(compiled(t, "formats: [{name: b, match: '(?P<order>ord-.*)'}]"))
	if have := format(); have != "b" {
		t.Errorf("with another: have %s, want b", have)
	}
	live.Swap(nil)
	if have := format(); have != "text" {
		t.Errorf("with none again: have %s, want text", have)
	}
}

// BenchmarkCustom parses lines with formats of one's own in force: fits is a line of one,
// others are the mixed lines, which are of none of ten.
func BenchmarkCustom(b *testing.B) {
	run := func(name, text string, lines ...[]byte) {
		b.Run(name, func(b *testing.B) {
			p := New(Config{Patterns: pattern.NewLive(compiled(b, text))})
			l := *shippedLine("")
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				l.Raw = lines[i%len(lines)]
				p.Parse(&l)
				i++
			}
		})
	}
	run("fits", shopFormat, []byte("02.03.2026 10:00:00,250 [WARN] ord-00c0ffee 250ms paid late"))
	text := []byte("2026-03-02 10:00:00,250 INFO [main] org.example.Main: started in 250 ms")
	run("none", "patterns: {A: a}", text)
	many := "formats:\n"
	for i := range 10 {
		many += "  - name: f" + string(rune('0'+i)) + "\n    match: '^%{TIMESTAMP_ISO8601:timestamp} own" + string(rune('0'+i)) + " %{GREEDYDATA:message}$'\n"
	}
	run("others", many, text)
}
