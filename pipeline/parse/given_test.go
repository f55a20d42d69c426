package parse

import (
	"testing"

	"foghorn/pipeline"
)

// A given value goes before what the text says, and becomes no attribute.
func TestGiven(t *testing.T) {
	const text = `{"time":"2016-12-19T23:00:00Z","level":"info","service":"text","host":"text-host","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","status":200}`
	const textAttrs = `attributes.host=text-host syslog.hostname=text-host`
	for _, c := range []struct {
		name, line string
		labels     []pipeline.Attr
		want       parsed
	}{
		{"nothing given", text, nil, parsed{format: "json", time: "2016-12-19T23:00:00Z", level: "info", text: "info", service: "text",
			trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331",
			attrs: "attributes.host=text-host http.response.status_code=200 syslog.hostname=text-host"}},
		{"all given", text, []pipeline.Attr{
			{Key: GivenTime, Value: "1482188400123456789"}, {Key: GivenSeverity, Value: "18"}, {Key: GivenSeverityText, Value: "Critical"},
			{Key: GivenTrace, Value: "5B8EFFF798038103D269B633813FC60C"}, {Key: GivenSpan, Value: "eee19b7ec3c1b174"},
			{Key: GivenService, Value: "cart"}, {Key: GivenHost, Value: "db-1"}, {Key: "http.response.status_code", Value: "503"}, {Key: "env", Value: "prod"},
		}, parsed{format: "json", time: "2016-12-19T23:00:00.123456789Z", level: "error", text: "Critical", service: "cart", host: "db-1", class: "server",
			trace: "5b8efff798038103d269b633813fc60c", span: "eee19b7ec3c1b174", attrs: "http.response.status_code=503 env=prod " + textAttrs}},
		{"a level by its word alone", "up", []pipeline.Attr{{Key: GivenSeverityText, Value: "WARNING"}}, parsed{format: "text", level: "warn", text: "WARNING"}},
		{"a severity without a word takes the line's away", "ERROR up", []pipeline.Attr{{Key: GivenSeverity, Value: "9"}}, parsed{format: "text", level: "info"}},
		{"values that are none", text, []pipeline.Attr{
			{Key: GivenTime, Value: "now"}, {Key: GivenSeverity, Value: "25"}, {Key: GivenTrace, Value: "xyz"}, {Key: GivenSpan, Value: "0000000000000000"},
			{Key: GivenService, Value: ""}, {Key: GivenHost, Value: ""}, {Key: "http.response.status_code", Value: "OK"},
		}, parsed{format: "json", time: "2016-12-19T23:00:00Z", level: "info", text: "info", service: "text",
			trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331",
			attrs: "attributes.http.response.status_code=OK attributes.host=text-host http.response.status_code=200 syslog.hostname=text-host"}},
		{"an absurd time", "up", []pipeline.Attr{{Key: GivenTime, Value: "5000000000000000000"}}, parsed{format: "text"}},
		{"the sender's address gives way to the line's host", `{"hostname":"db-9","msg":"x"}`, []pipeline.Attr{{Key: GivenPeer, Value: "10.0.0.7"}},
			parsed{format: "json", host: "db-9", attrs: "hostname=db-9 msg=x"}},
		{"the sender's address stays where the line names no host", `{"msg":"x"}`, []pipeline.Attr{{Key: GivenPeer, Value: "fe80::1"}},
			parsed{format: "json", host: "fe80::1", attrs: "msg=x"}},
		{"other labels of that prefix are attributes", "up", []pipeline.Attr{{Key: "foghorn.other", Value: "1"}}, parsed{format: "text", attrs: "attributes.foghorn.other=1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := New(DefaultConfig())
			l := shippedLine(c.line)
			l.Labels = c.labels
			e := p.Parse(l)
			have := summary(p, &e)
			if have != c.want {
				t.Errorf("have %+v\nwant %+v", have, c.want)
			}
			if string(e.Body) != c.line {
				t.Errorf("the body is %q", e.Body)
			}
		})
	}
}
