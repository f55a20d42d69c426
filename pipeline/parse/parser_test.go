package parse

import (
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

// samples are lines as real programs write them, by format.
var samples = []struct {
	name, line string
	want       parsed
}{
	{"zerolog", `{"level":"error","service":"video","error":"connection refused","status":503,"time":"2016-12-19T23:00:00+01:00","message":"no replica"}`,
		parsed{format: "json", time: "2016-12-19T22:00:00Z", level: "error", text: "error", service: "video", class: "server",
			attrs: "error=connection refused http.response.status_code=503 message=no replica"}},
	{"zap", `{"level":"warn","ts":1482188400.1234567,"logger":"http","caller":"a/b.go:10","msg":"slow","dur":1.5}`,
		parsed{format: "json", time: "2016-12-19T23:00:00.1234567Z", level: "warn", text: "warn",
			attrs: "logger=http caller=a/b.go:10 msg=slow dur=1.5"}},
	{"logrus", `{"animal":"walrus","level":"warning","msg":"A group","time":"2016-12-19T23:00:00Z"}`,
		parsed{format: "json", time: "2016-12-19T23:00:00Z", level: "warn", text: "warning", attrs: "animal=walrus msg=A group"}},
	{"slog", `{"time":"2016-12-19T23:00:00.5Z","level":"INFO","msg":"hi","req":{"id":7,"tags":["a","b"]}}`,
		parsed{format: "json", time: "2016-12-19T23:00:00.5Z", level: "info", text: "INFO", attrs: `msg=hi req.id=7 req.tags=["a","b"]`}},
	{"bunyan", `{"name":"billing","hostname":"db-9","pid":77,"level":50,"msg":"x","time":"2016-12-19T23:00:00.123Z","v":0}`,
		parsed{format: "json", time: "2016-12-19T23:00:00.123Z", level: "error", text: "50", service: "billing", class: "server",
			attrs: "name=billing hostname=db-9 pid=77 msg=x v=0 syslog.hostname=db-9"}},
	{"pino", `{"level":30,"time":1482188400123,"pid":1,"msg":"up"}`,
		parsed{format: "json", time: "2016-12-19T23:00:00.123Z", level: "info", text: "30", attrs: "pid=1 msg=up"}},
	{"ECS", `{"@timestamp":"2016-12-19T23:00:00.000Z","log.level":"ERROR","service":{"name":"cart"},"trace":{"id":"0AF7651916CD43DD8448EB211C80319C"},"span":{"id":"b7ad6b7169203331"},"http":{"response":{"status_code":404}},"message":"gone"}`,
		parsed{format: "json", time: "2016-12-19T23:00:00Z", level: "error", text: "ERROR", service: "cart", class: "client",
			trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", attrs: "http.response.status_code=404 message=gone"}},
	{"JSON with names of ours and twice", `{"path":"/x","host":"h2","status":"ok","a":1,"a":2,"foghorn.offset":"3","trace_id":"short"}`,
		parsed{format: "json", attrs: "attributes.path=/x attributes.host=h2 attributes.status=ok a=1 attributes.a=2 attributes.foghorn.offset=3 attributes.trace_id=short syslog.hostname=h2"}},
	{"JSON cut short is text", `{"level":"error","msg":"conn`, parsed{format: "text"}},

	{"logfmt", `time=2016-12-19T23:00:00.123Z level=error msg="dial \"tcp\": refused" service=mail code=7 empty= traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`,
		parsed{format: "logfmt", time: "2016-12-19T23:00:00.123Z", level: "error", text: "error", service: "mail", class: "server",
			trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", attrs: `msg=dial "tcp": refused code=7`}},
	{"logfmt with epoch", `ts=1482188400 lvl=dbg msg=x`,
		parsed{format: "logfmt", time: "2016-12-19T23:00:00Z", level: "debug", text: "dbg", attrs: "msg=x"}},
	{"a sentence is no logfmt", `retry=3 of the upload job has failed again today`, parsed{format: "text"}},

	{"sshd", `Dec 10 06:55:46 web-1 sshd[24200]: Invalid user webmaster from 173.234.31.186`,
		parsed{format: "syslog", time: "2016-12-10T06:55:46Z", service: "sshd", attrs: "process.pid=24200"}},
	{"sshd error", `Dec 10 06:55:46 web-1 sshd[24200]: error: Received disconnect from 10.0.0.1`,
		parsed{format: "syslog", time: "2016-12-10T06:55:46Z", level: "error", text: "error", service: "sshd", class: "server", attrs: "process.pid=24200"}},
	{"PAM, from another host", `Dec  1 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0`,
		parsed{format: "syslog", time: "2016-12-01T15:16:01Z", service: "sshd", attrs: "process.pid=19939 syslog.hostname=combo"}},
	{"kernel", `Dec  1 15:16:01 web-1 kernel: Out of memory: Kill process 1 (a) score 2`,
		parsed{format: "syslog", time: "2016-12-01T15:16:01Z", service: "kernel"}},
	{"RFC 3164", `<34>Oct 11 22:14:15 web-1 su: 'su root' failed for lonvick on /dev/pts/8`,
		parsed{format: "syslog", time: "2016-10-11T22:14:15Z", level: "error", service: "su", class: "server", attrs: "syslog.facility=auth"}},
	{"rsyslog's ISO", `2016-12-19T23:00:00.123456+01:00 web-1 kernel: [12.3] usb 1-1`,
		parsed{format: "syslog", time: "2016-12-19T22:00:00.123456Z", service: "kernel"}},
	{"ISO with pid", `2016-12-19T23:00:00Z web-1 cron[12]: (root) CMD`,
		parsed{format: "syslog", time: "2016-12-19T23:00:00Z", service: "cron", attrs: "process.pid=12"}},
	{"JSON in syslog", `Dec 19 23:00:00 web-1 app[5]: {"level":"info","time":"2016-12-19T23:00:00.7Z","k":"v"}`,
		parsed{format: "syslog", time: "2016-12-19T23:00:00.7Z", level: "info", text: "info", service: "app", attrs: "process.pid=5 k=v"}},
	{"macOS", `Dec 19 23:00:00 web-1 Microsoft Word[14463]: Cocoa scripting error`,
		parsed{format: "syslog", time: "2016-12-19T23:00:00Z", service: "Microsoft Word", attrs: "process.pid=14463"}},
	{"launchd", `Dec 19 23:00:00 web-1 com.apple.xpc.launchd[1] (com.apple.prefs): Service exited`,
		parsed{format: "syslog", time: "2016-12-19T23:00:00Z", service: "com.apple.xpc.launchd", attrs: "process.pid=1"}},
	{"a date and a sentence", `Dec 19 23:00:00 Starting the nightly backup`, parsed{format: "text", time: "2016-12-19T23:00:00Z"}},

	{"RFC 5424", `<165>1 2003-10-11T22:14:15.003Z web-1 evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App \"x\\\]"][b@1 c="d"] An event`,
		parsed{format: "syslog5424", time: "2003-10-11T22:14:15.003Z", level: "info", service: "evntslog",
			attrs: `syslog.facility=local4 syslog.msgid=ID47 exampleSDID@32473.iut=3 exampleSDID@32473.eventSource=App "x\] b@1.c=d`}},
	{"RFC 5424 without data", "<34>1 2003-10-11T22:14:15.003-07:00 mymachine su 7 ID47 - \xEF\xBB\xBF'su root' failed",
		parsed{format: "syslog5424", time: "2003-10-12T05:14:15.003Z", level: "error", service: "su", class: "server",
			attrs: "syslog.facility=auth process.pid=7 syslog.msgid=ID47 syslog.hostname=mymachine"}},
	{"RFC 5424 without a time", `<13>1 - - - - - - x`, parsed{format: "syslog5424", level: "info", attrs: "syslog.facility=user"}},

	{"nginx combined", `5.202.214.160 - bob [19/Dec/2016:19:45:25 +0330] "GET /a/b?q=1&r HTTP/1.1" 200 30975 "https://shop.example/" "Mozilla/5.0 (X11)" "-"`,
		parsed{format: "access", time: "2016-12-19T16:15:25Z",
			attrs: "client.address=5.202.214.160 user.name=bob http.request.method=GET url.path=/a/b http.response.status_code=200 http.response.body.size=30975 http.request.header.referer=https://shop.example/ user_agent.original=Mozilla/5.0 (X11)"}},
	{"Apache common", `::1 - - [19/Dec/2016:23:00:00 +0000] "POST /login HTTP/1.0" 502 -`,
		parsed{format: "access", time: "2016-12-19T23:00:00Z", class: "server",
			attrs: "client.address=::1 http.request.method=POST url.path=/login http.response.status_code=502"}},
	{"access with a host", `shop.example:443 10.0.0.1 - - [19/Dec/2016:23:00:00 +0000] "GET http://x.example/y HTTP/1.1" 404 12 "-" "curl/7"`,
		parsed{format: "access", time: "2016-12-19T23:00:00Z", class: "client",
			attrs: "client.address=10.0.0.1 server.address=shop.example:443 http.request.method=GET url.path=/y http.response.status_code=404 http.response.body.size=12 user_agent.original=curl/7"}},
	{"access, no request", `10.0.0.1 - - [19/Dec/2016:23:00:00 +0000] "\x16\x03\x01\"" 400 166 "-" "-"`,
		parsed{format: "access", time: "2016-12-19T23:00:00Z", class: "client",
			attrs: "client.address=10.0.0.1 http.response.status_code=400 http.response.body.size=166"}},

	{"Apache error 2.4", `[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:4711] File does not exist`,
		parsed{format: "apache_error", time: "2011-09-09T10:42:29.902022Z", level: "error", text: "error", class: "server",
			attrs: "process.pid=35708 thread.id=4328636416 client.address=72.15.99.187"}},
	{"Apache error 2.2", `[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok`,
		parsed{format: "apache_error", time: "2005-12-04T04:47:44Z", level: "info", text: "notice"}},
	{"nginx error", `2016/12/19 23:00:00 [crit] 123#45: *67 open() "/x" failed (13: Permission denied), client: 10.0.0.1, server: _, request: "GET /x?y HTTP/1.1", host: "h"`,
		parsed{format: "nginx_error", time: "2016-12-19T23:00:00Z", level: "error", text: "crit", class: "server",
			attrs: "process.pid=123 client.address=10.0.0.1 http.request.method=GET url.path=/x"}},

	{"klog", `E1219 23:00:00.123456   12345 server.go:123] failed`,
		parsed{format: "klog", time: "2016-12-19T23:00:00.123456Z", level: "error", text: "E", class: "server", attrs: "thread.id=12345 code.location=server.go:123"}},
	{"logcat", `12-17 16:13:38.811  1702  2395 W WindowManager: printFreezing`,
		parsed{format: "logcat", time: "2016-12-17T16:13:38.811Z", level: "warn", text: "W", attrs: "process.pid=1702 thread.id=2395 log.logger=WindowManager"}},
	{"CRI", `2016-12-19T23:00:00.669794202Z stderr F {"level":"info","k":"v"}`,
		parsed{format: "cri", time: "2016-12-19T23:00:00.669794202Z", level: "info", text: "info", attrs: "log.iostream=stderr k=v"}},
	{"CRI with text", `2016-12-19T23:00:00.669794202Z stdout F WARN slow`,
		parsed{format: "cri", time: "2016-12-19T23:00:00.669794202Z", level: "warn", text: "WARN", attrs: "log.iostream=stdout"}},

	{"log4j", `2016-12-19 23:00:00,123 INFO  [main] org.example.Main: started with level=debug`,
		parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "info", text: "INFO", attrs: "thread.name=main log.logger=org.example.Main"}},
	{"Kafka", `[2016-12-19 23:00:00,123] WARN [Fetcher-0], Error in fetch (kafka.server)`,
		parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "warn", text: "WARN", attrs: "log.logger=kafka.server"}},
	{"ZooKeeper", `2015-07-29 17:41:44,747 - ERROR  [Peer[myid=1]/0:0:0:0:0:0:0:0:2181:Election@774] - Notification`,
		parsed{format: "log4j", time: "2015-07-29T17:41:44.747Z", level: "error", text: "ERROR", class: "server", attrs: "thread.name=Peer[myid=1]/0:0:0:0:0:0:0:0:2181:Election@774"}},
	{"HDFS", `081109 203615 148 INFO dfs.DataNode$PacketResponder: terminating`,
		parsed{format: "log4j", time: "2008-11-09T20:36:15Z", level: "info", text: "INFO", attrs: "process.pid=148 log.logger=dfs.DataNode$PacketResponder"}},
	{"Spark", `15/06/09 20:10:40 INFO spark.SecurityManager: x`,
		parsed{format: "log4j", time: "2015-06-09T20:10:40Z", level: "info", text: "INFO", attrs: "log.logger=spark.SecurityManager"}},
	{"OpenStack", `nova-api.log.1.2016-05-16_13:53:08 2016-05-16 00:00:00.008 25746 WARNING nova.osapi [req-1] "GET /v2 HTTP/1.1" status: 200`,
		parsed{format: "log4j", time: "2016-05-16T00:00:00.008Z", level: "warn", text: "WARNING", attrs: "process.pid=25746 log.logger=nova.osapi log.context=req-1"}},
	{"Windows", `2016-09-28 04:30:30, Info                  CBS    Loaded`,
		parsed{format: "log4j", time: "2016-09-28T04:30:30Z", level: "info", text: "Info", attrs: "log.logger=CBS"}},
	{"BlueGene", `- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 RAS KERNEL FATAL parity`,
		parsed{format: "cfdr", time: "2005-06-03T22:42:50.675872Z", level: "fatal", text: "FATAL", class: "server", attrs: "log.logger=KERNEL syslog.hostname=R02-M1-N0-C:J12-U11"}},
	{"HealthApp", `20161217-22:5:0:119|Step_LSC|30002312|onExtend`, parsed{format: "text", time: "2016-12-17T22:05:00.119Z", attrs: "log.logger=Step_LSC process.pid=30002312"}},
	{"Proxifier", `[10.30 16:49:06] chrome.exe - proxy:5070 open`, parsed{format: "text", time: "2016-10-30T16:49:06Z", attrs: "process.executable.name=chrome.exe"}},
	{"Go log", `2016/12/19 23:00:00.000123 main.go:7: listening`, parsed{format: "text", time: "2016-12-19T23:00:00.000123Z", attrs: "code.location=main.go:7"}},
	{"Python logging", `2016-12-19 23:00:00,123 - root - CRITICAL - down`,
		parsed{format: "python", time: "2016-12-19T23:00:00.123Z", level: "error", text: "CRITICAL", class: "server", attrs: "log.logger=root"}},
	{"Python basicConfig", `WARNING:root:careful`, parsed{format: "python", level: "warn", text: "WARNING", attrs: "log.logger=root"}},
	{"PostgreSQL", `2016-12-19 23:00:00.123 UTC [77] FATAL:  the database system is starting up`,
		parsed{format: "postgres", time: "2016-12-19T23:00:00.123Z", level: "fatal", text: "FATAL", class: "server", attrs: "process.pid=77"}},
	{"PostgreSQL log", `2016-12-19 23:00:00.123 CET [77] LOG:  checkpoint complete`,
		parsed{format: "postgres", time: "2016-12-19T22:00:00.123Z", level: "info", text: "LOG", attrs: "process.pid=77"}},
	{"MySQL", `2016-12-19T23:00:00.123456Z 0 [Note] InnoDB: started`,
		parsed{format: "mysql", time: "2016-12-19T23:00:00.123456Z", level: "info", text: "Note", attrs: "thread.id=0"}},
	{"MongoDB", `2016-12-19T23:00:00.123+0100 E NETWORK [conn1] Assertion`,
		parsed{format: "text", time: "2016-12-19T22:00:00.123Z", level: "error", text: "E", class: "server"}},
	{"Redis", `77:M 19 Dec 2016 23:00:00.123 * Ready`, parsed{format: "redis", time: "2016-12-19T23:00:00.123Z", level: "info", text: "*", attrs: "process.pid=77"}},
	{"Java GC", `2016-12-19T16:32:00.123+0000: 0.234: [GC pause (young)`, parsed{format: "gc", time: "2016-12-19T16:32:00.123Z", attrs: "process.uptime=0.234"}},
	{"java.util.logging", `Dec 19, 2016 11:00:00 PM org.example.Main run`, parsed{format: "text", time: "2016-12-19T23:00:00Z"}},
	{"Tomcat", `19-Dec-2016 23:00:00.123 SEVERE [main] Catalina.start`,
		parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "error", text: "SEVERE", class: "server", attrs: "thread.name=main"}},
	{"squid", `1482188400.450    180 10.0.0.1 TCP_MISS/200 4 GET http://x/`, parsed{format: "text", time: "2016-12-19T23:00:00.45Z"}},
	{"zap console", "2016-12-19T23:00:00.123Z\tERROR\tmain\tfailed\t{\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"}",
		parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "error", text: "ERROR", trace: "0af7651916cd43dd8448eb211c80319c", class: "server"}},
	{"traceparent in text", `INFO call traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 done`,
		parsed{format: "text", level: "info", text: "INFO", trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331"}},
	{"Go panic", `panic: runtime error: index out of range`, parsed{format: "text", level: "fatal", text: "panic", class: "server"}},
	{"level in brackets", `[warn] low on fuel`, parsed{format: "text", level: "warn", text: "warn"}},
	{"level field in text", `worker 7 started, level=error seen`, parsed{format: "text", level: "error", text: "error", class: "server"}},
	{"no level", `there was no error in the configuration`, parsed{format: "text"}},
	{"stack trace", "\tat kafka.utils.Client.send(Client.scala:115)", parsed{format: "text"}},
	{"an id is no time", `order 1482188400 shipped`, parsed{format: "text"}},
	{"an address is no time", `10.11.10.1 "GET /v2" status: 200`, parsed{format: "text"}},
	{"a priority and nothing known", `<11>something odd`, parsed{format: "text", level: "error", class: "server", attrs: "syslog.facility=user"}},
	{"empty", ``, parsed{format: "text"}},
	{"blanks", "  \t ", parsed{format: "text"}},
	{"a zero time", `0001-01-01 00:00:00 INFO x`, parsed{format: "log4j", level: "info", text: "INFO"}},
	{"the year 1970", `1970-01-01T00:00:09Z INFO x`, parsed{format: "log4j", level: "info", text: "INFO"}},
	{"the far future", `9999-01-01T00:00:09Z INFO x`, parsed{format: "log4j", level: "info", text: "INFO"}},
	{"two days ahead", `2016-12-22T12:00:01Z INFO x`, parsed{format: "log4j", level: "info", text: "INFO"}},
	{"an hour ahead", `2016-12-20T13:00:00Z INFO x`, parsed{format: "log4j", time: "2016-12-20T13:00:00Z", level: "info", text: "INFO"}},
	{"no such day", `2016-02-30 12:00:01 INFO x`, parsed{format: "text", level: "info", text: "INFO"}},
}

func TestParse(t *testing.T) {
	for _, tt := range samples {
		t.Run(tt.name, func(t *testing.T) {
			p := New(Config{})
			l := shippedLine(tt.line)
			e := p.Parse(l)
			if d := cmp.Diff(tt.want, summary(p, &e), cmp.AllowUnexported(parsed{})); d != "" {
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

// The result depends on the line alone, not on the lines before it.
func TestALineParsesTheSameWhateverCameBefore(t *testing.T) {
	for _, before := range samples {
		for _, tt := range samples {
			p := New(Config{})
			p.Parse(shippedLine(before.line))
			e := p.Parse(shippedLine(tt.line))
			if d := cmp.Diff(tt.want, summary(p, &e), cmp.AllowUnexported(parsed{})); d != "" {
				t.Errorf("%s after %s:\n%s", tt.name, before.name, d)
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
