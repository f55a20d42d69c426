package parse

import (
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/leodido/go-syslog/v4/rfc5424"
)

// What leodido/go-syslog reads from a line of RFC 5424, we read.
func TestSyslog5424AgreesWithLeodido(t *testing.T) {
	lines := []string{
		`<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed for lonvick on /dev/pts/8`,
		`<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.`,
		`<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] An application event`,
		`<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application"][examplePriority@32473 class="high"]`,
		`<0>1 2003-10-11T22:14:15Z h a 1 - [x@1 k="quote \" slash \\ bracket \]"] m`,
		`<191>1 - h - - - -`,
	}
	machine := rfc5424.NewMachine()
	for _, line := range lines {
		msg, err := machine.Parse([]byte(line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		want := msg.(*rfc5424.SyslogMessage)
		p := New(Config{})
		e := p.Parse(shippedLine(line))
		if p.Format() != "syslog5424" {
			t.Errorf("%s: format %s", line, p.Format())
		}
		if want.Timestamp == nil != e.TimeObserved || want.Timestamp != nil && !want.Timestamp.Equal(e.EventTime()) {
			t.Errorf("%s: time %v, want %v", line, e.EventTime(), want.Timestamp)
		}
		if e.Severity != syslogSeverity[*want.Severity] {
			t.Errorf("%s: severity %d", line, e.Severity)
		}
		var have, wanted []string
		for _, a := range e.Attrs {
			if i := strings.LastIndexByte(a.Key, '.'); strings.Contains(a.Key, "@") {
				have = append(have, a.Key[:i]+"|"+a.Key[i+1:]+"|"+a.Value)
			}
		}
		if want.StructuredData != nil {
			for id, params := range *want.StructuredData {
				for k, v := range params {
					wanted = append(wanted, id+"|"+k+"|"+v)
				}
			}
		}
		sort.Strings(wanted)
		sort.Strings(have)
		if d := cmp.Diff(wanted, have); d != "" {
			t.Errorf("%s: structured data\n%s", line, d)
		}
		for _, pair := range [][2]*string{{want.Appname, &e.Service}} {
			if pair[0] != nil && *pair[0] != *pair[1] || pair[0] == nil && *pair[1] != "" {
				t.Errorf("%s: program %q", line, *pair[1])
			}
		}
	}
}
