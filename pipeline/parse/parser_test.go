package parse

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"

	"github.com/google/go-cmp/cmp"
)

// observed is when the lines of the tests were seen.
var observed = time.Date(2016, 12, 20, 12, 0, 0, 0, time.UTC)

// parsed is what a test says of an event: the format, and what is not the line's own.
type parsed struct {
	format, time, level, text, service, host, trace, span, class string
	attrs                                                        string // key=value, joined by blanks
	message                                                      string // unless it is the first line
}

// shippedLine is a line of a file on host web-1.
func shippedLine(raw string) *pipeline.Line {
	return &pipeline.Line{
		ID:  pipeline.LineID{Source: "web-1:/var/log/app.log", Generation: 7, Offset: 42},
		Raw: []byte(raw), Size: int64(len(raw)) + 1, Observed: observed,
	}
}

func summary(p *Parser, e *pipeline.Event) parsed {
	s := parsed{
		format: p.Format(), level: e.Severity.String(), text: e.SeverityText, service: e.Service,
		trace: e.TraceID, span: e.SpanID, class: e.ErrorClass,
	}
	if !e.TimeObserved {
		s.time = e.EventTime().Format("2006-01-02T15:04:05.999999999Z")
	}
	if e.Host != "web-1" {
		s.host = e.Host
	}
	for i, a := range e.Attrs {
		if i > 0 {
			s.attrs += " "
		}
		s.attrs += a.Key + "=" + a.Value
	}
	return s
}

// told is a summary with the message.
func told(p *Parser, e *pipeline.Event) parsed {
	s := summary(p, e)
	if m := p.Message(e.Body); !bytes.Equal(m, firstLine(e.Body)) {
		s.message = string(m)
	}
	return s
}

func TestParse(t *testing.T) {
	for _, tt := range samples {
		t.Run(tt.name, func(t *testing.T) {
			p := New(Config{})
			l := shippedLine(tt.line)
			e := p.Parse(l)
			if d := cmp.Diff(tt.want, told(p, &e), cmp.AllowUnexported(parsed{})); d != "" {
				t.Errorf("%s\n%s", tt.line, d)
			}
			if e.TimeObserved && e.Timestamp != observed.UnixNano() {
				t.Errorf("no time of its own, and not the observed one: %v", e.EventTime())
			}
			if string(e.Body) != tt.line || e.ID != l.ID || e.Size != l.Size || e.Host != "web-1" || e.Path != "/var/log/app.log" {
				t.Errorf("identity or body changed: %+v", e)
			}
		})
	}
}

// The result depends on the line alone, not on the lines before it (where it tells its time).
func TestALineParsesTheSameWhateverCameBefore(t *testing.T) {
	seen := map[string]bool{}
	for _, before := range samples {
		if seen[before.want.format] { // one of each format comes before
			continue
		}
		seen[before.want.format] = true
		for _, tt := range samples {
			p := New(Config{})
			p.Parse(shippedLine(before.line))
			e := p.Parse(shippedLine(tt.line))
			if have := told(p, &e); have != tt.want {
				t.Errorf("%s after %s:\n%s", tt.name, before.name, cmp.Diff(tt.want, have, cmp.AllowUnexported(parsed{})))
			}
		}
	}
}

// The shapes that the formats accept exclude each other, but for the loose ones at the end.
func TestNoLineIsOfTwoFormats(t *testing.T) {
	for _, tt := range samples {
		var fit []string
		for i := range formats[:looseFormat] {
			p := New(Config{})
			p.clock.observed = observed.UnixNano()
			if formats[i].read(p, []byte(tt.line)) {
				fit = append(fit, formats[i].name)
			}
		}
		if len(fit) > 1 {
			t.Errorf("%s is of formats %v", tt.name, fit)
		}
	}
}

func TestAttrsDoNotAliasTheParsersBuffers(t *testing.T) {
	p := New(Config{})
	raw := []byte(`{"k":"first","n":1}`)
	l := shippedLine("")
	l.Raw = raw
	e := p.Parse(l)
	want := append([]pipeline.Attr(nil), e.Attrs...)
	for i := range 100 {
		p.Parse(shippedLine(fmt.Sprintf(`{"other":"%d xxxxxxxxxxxxx","z":%d}`, i, i)))
	}
	clear(raw)
	if d := cmp.Diff(want, e.Attrs); d != "" || want[0].Value != "first" {
		t.Errorf("attributes changed with later lines: %s", d)
	}
}

func TestLabels(t *testing.T) {
	l := shippedLine(`{"service":"inner","env":"dev","k":"v"}`)
	l.Labels = []pipeline.Attr{{Key: "env", Value: "prod"}, {Key: "host", Value: "x"}, {Key: "service", Value: "outer"}}
	p := New(Config{})
	e := p.Parse(l)
	want := []pipeline.Attr{{Key: "env", Value: "prod"}, {Key: "attributes.host", Value: "x"}, {Key: "attributes.env", Value: "dev"}, {Key: "k", Value: "v"}}
	if d := cmp.Diff(want, e.Attrs); d != "" || e.Service != "outer" || e.Host != "web-1" {
		t.Errorf("service %q host %q\n%s", e.Service, e.Host, d)
	}
}

func TestForeignLines(t *testing.T) {
	line := func(raw string, labels ...pipeline.Attr) pipeline.Event {
		return New(Config{}).Parse(&pipeline.Line{
			ID: pipeline.LineID{Source: "logs.raw/3", Offset: 9}, Raw: []byte(raw), Size: 1, Observed: observed, Labels: labels,
		})
	}
	e := line(`Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user`)
	if e.Host != "LabSZ" || e.Path != "logs.raw/3" || len(e.Attrs) != 1 {
		t.Errorf("host %q path %q attrs %v, want LabSZ, logs.raw/3 and the pid", e.Host, e.Path, e.Attrs)
	}
	if e = line(`{"host":{"name":"db-1"}}`); e.Host != "db-1" {
		t.Errorf("host %q, want db-1", e.Host)
	}
	if e = line(`Dec 10 06:55:46 LabSZ sshd[1]: x`, pipeline.Attr{Key: "host", Value: "given"}); e.Host != "given" {
		t.Errorf("host %q, want the label's", e.Host)
	}
}

func TestFieldsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"long":"` + strings.Repeat("é", 100) + `"`)
	for i := range 50 {
		fmt.Fprintf(&b, `,"k%d":%d`, i, i)
	}
	b.WriteString(`,"deep":` + strings.Repeat(`{"d":`, 20) + "1" + strings.Repeat("}", 20) + "}")
	p := New(Config{MaxAttrs: 10, MaxValue: 33, MaxDepth: 3})
	e := p.Parse(shippedLine(b.String()))
	if len(e.Attrs) != 10 || e.Attrs[0].Value != strings.Repeat("é", 16) {
		t.Errorf("%d attributes, first %q; want 10, cut before the 17th é", len(e.Attrs), e.Attrs[0].Value)
	}
	if p.Dropped() != 1+41+1 {
		t.Errorf("%d fields dropped or cut, want 43", p.Dropped())
	}
	e = New(Config{MaxDepth: 3}).Parse(shippedLine(`{"a":{"b":{"c":{"d":1}}}}`))
	if want := []pipeline.Attr{{Key: "a.b.c", Value: `{"d":1}`}}; cmp.Diff(want, e.Attrs) != "" {
		t.Errorf("nested deeper than the limit: %v, want %v", e.Attrs, want)
	}
}

func TestValuesThatAreNotUTF8(t *testing.T) {
	e := New(Config{}).Parse(shippedLine("a=\xff\xfeb c=d"))
	if want := []pipeline.Attr{{Key: "a", Value: "\uFFFDb"}, {Key: "c", Value: "d"}}; cmp.Diff(want, e.Attrs) != "" || string(e.Body) != "a=\xff\xfeb c=d" {
		t.Errorf("%q with body %q, want %q and the raw line", e.Attrs, e.Body, want)
	}
}

func TestConfigValidate(t *testing.T) {
	c := Config{MaxAttrs: -1, MaxValue: 1 << 30}
	err := c.Validate()
	if err == nil || !strings.Contains(err.Error(), "max_attrs") || !strings.Contains(err.Error(), "max_value") {
		t.Errorf("%v, want both faults", err)
	}
	if c = (Config{}); c.Validate() != nil {
		t.Errorf("the zero value: %v", c.Validate())
	}
}

// A field name is the service where bunyan or pino wrote the line, whose levels are
// numbers; elsewhere it may be anybody's name.
func TestNameIsTheServiceOfBunyanAlone(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{`{"name":"cart","hostname":"h","pid":1,"level":30,"msg":"x","time":"2026-03-02T10:00:00Z","v":0}`, "cart"},
		{`{"level":30,"time":1772445600000,"pid":1,"hostname":"h","name":"cart","msg":"x"}`, "cart"},
		{`{"time":"2026-03-02T10:00:00Z","level":"info","msg":"user created","name":"Bob"}`, ""},
		{`{"app":"shop","level":"info","msg":"user created","name":"Bob"}`, "shop"},
		{`time=2026-03-02T10:00:00Z level=info msg="user created" name=Bob`, ""},
		{`Mar  2 10:00:00 web-1 cart[1]: {"level":"info","msg":"user created","name":"Bob"}`, "cart"},
	} {
		e := New(DefaultConfig()).Parse(&pipeline.Line{Raw: []byte(test.line), Observed: time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC)})
		if e.Service != test.want {
			t.Errorf("have service %q, want %q: %s", e.Service, test.want, test.line)
		}
	}
}
