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

// samples are lines as real programs write them, by format.
var samples = []struct {
	name, line string
	want       parsed
}{
	{"zerolog", `{"level":"error","service":"video","error":"connection refused","status":503,"time":"2016-12-19T23:00:00+01:00","message":"no replica"}`,
		parsed{format: "json", time: "2016-12-19T22:00:00Z", level: "error", text: "error", service: "video", class: "server", attrs: "error=connection refused http.response.status_code=503 message=no replica", message: "no replica"}},
	{"zap", `{"level":"warn","ts":1482188400.1234567,"logger":"http","caller":"a/b.go:10","msg":"slow","dur":1.5}`,
		parsed{format: "json", time: "2016-12-19T23:00:00.1234567Z", level: "warn", text: "warn", attrs: "logger=http caller=a/b.go:10 msg=slow dur=1.5", message: "slow"}},
	{"logrus", `{"animal":"walrus","level":"warning","msg":"A group","time":"2016-12-19T23:00:00Z"}`,
		parsed{format: "json", time: "2016-12-19T23:00:00Z", level: "warn", text: "warning", attrs: "animal=walrus msg=A group", message: "A group"}},
	{"slog", `{"time":"2016-12-19T23:00:00.5Z","level":"INFO","msg":"hi","req":{"id":7,"tags":["a","b"]}}`,
		parsed{format: "json", time: "2016-12-19T23:00:00.5Z", level: "info", text: "INFO", attrs: "msg=hi req.id=7 req.tags=[\"a\",\"b\"]", message: "hi"}},
	{"bunyan", `{"name":"billing","hostname":"db-9","pid":77,"level":50,"msg":"x","time":"2016-12-19T23:00:00.123Z","v":0}`,
		parsed{format: "json", time: "2016-12-19T23:00:00.123Z", level: "error", text: "50", service: "billing", class: "server", attrs: "name=billing hostname=db-9 pid=77 msg=x v=0 syslog.hostname=db-9", message: "x"}},
	{"pino", `{"level":30,"time":1482188400123,"pid":1,"msg":"up"}`,
		parsed{format: "json", time: "2016-12-19T23:00:00.123Z", level: "info", text: "30", attrs: "pid=1 msg=up", message: "up"}},
	{"ECS", `{"@timestamp":"2016-12-19T23:00:00.000Z","log.level":"ERROR","service":{"name":"cart"},"trace":{"id":"0AF7651916CD43DD8448EB211C80319C"},"span":{"id":"b7ad6b7169203331"},"http":{"response":{"status_code":404}},"message":"gone"}`,
		parsed{format: "json", time: "2016-12-19T23:00:00Z", level: "error", text: "ERROR", service: "cart", trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", class: "client", attrs: "http.response.status_code=404 message=gone", message: "gone"}},
	{"JSON with names of ours and twice", `{"path":"/x","host":"h2","status":"ok","a":1,"a":2,"foghorn.offset":"3","trace_id":"short"}`,
		parsed{format: "json", attrs: "attributes.path=/x attributes.host=h2 attributes.status=ok a=1 attributes.a=2 attributes.foghorn.offset=3 attributes.trace_id=short syslog.hostname=h2"}},
	{"JSON cut short is text", `{"level":"error","msg":"conn`, parsed{format: "text"}},

	{"logfmt", `time=2016-12-19T23:00:00.123Z level=error msg="dial \"tcp\": refused" service=mail code=7 empty= traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`,
		parsed{format: "logfmt", time: "2016-12-19T23:00:00.123Z", level: "error", text: "error", service: "mail", trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", class: "server", attrs: "msg=dial \"tcp\": refused code=7", message: "dial \"tcp\": refused"}},
	{"logfmt with epoch", `ts=1482188400 lvl=dbg msg=x`,
		parsed{format: "logfmt", time: "2016-12-19T23:00:00Z", level: "debug", text: "dbg", attrs: "msg=x", message: "x"}},
	{"a sentence is no logfmt", `retry=3 of the upload job has failed again today`, parsed{format: "text", attrs: "retry=3"}},

	{"sshd", `Dec 10 06:55:46 web-1 sshd[24200]: Invalid user webmaster from 173.234.31.186`,
		parsed{format: "syslog", time: "2016-12-10T06:55:46Z", service: "sshd", attrs: "process.pid=24200 client.address=173.234.31.186 user.name=webmaster", message: "Invalid user webmaster from 173.234.31.186"}},
	{"sshd error", `Dec 10 06:55:46 web-1 sshd[24200]: error: Received disconnect from 10.0.0.1`,
		parsed{format: "syslog", time: "2016-12-10T06:55:46Z", level: "error", text: "error", service: "sshd", class: "server", attrs: "process.pid=24200 client.address=10.0.0.1", message: "error: Received disconnect from 10.0.0.1"}},
	{"PAM, from another host", `Dec  1 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0`,
		parsed{format: "syslog", time: "2016-12-01T15:16:01Z", service: "sshd", attrs: "process.pid=19939 uid=0 syslog.hostname=combo", message: "authentication failure; logname= uid=0"}},
	{"kernel", `Dec  1 15:16:01 web-1 kernel: Out of memory: Kill process 1 (a) score 2`,
		parsed{format: "syslog", time: "2016-12-01T15:16:01Z", service: "kernel", message: "Out of memory: Kill process 1 (a) score 2"}},
	{"RFC 3164", `<34>Oct 11 22:14:15 web-1 su: 'su root' failed for lonvick on /dev/pts/8`,
		parsed{format: "syslog", time: "2016-10-11T22:14:15Z", level: "error", service: "su", class: "server", attrs: "syslog.facility=auth", message: "'su root' failed for lonvick on /dev/pts/8"}},
	{"rsyslog's ISO", `2016-12-19T23:00:00.123456+01:00 web-1 kernel: [12.3] usb 1-1`,
		parsed{format: "syslog", time: "2016-12-19T22:00:00.123456Z", service: "kernel", message: "[12.3] usb 1-1"}},
	{"ISO with pid", `2016-12-19T23:00:00Z web-1 cron[12]: (root) CMD`,
		parsed{format: "syslog", time: "2016-12-19T23:00:00Z", service: "cron", attrs: "process.pid=12", message: "(root) CMD"}},
	{"JSON in syslog", `Dec 19 23:00:00 web-1 app[5]: {"level":"info","time":"2016-12-19T23:00:00.7Z","k":"v"}`,
		parsed{format: "syslog", time: "2016-12-19T23:00:00.7Z", level: "info", text: "info", service: "app", attrs: "process.pid=5 k=v", message: "{\"level\":\"info\",\"time\":\"2016-12-19T23:00:00.7Z\",\"k\":\"v\"}"}},
	{"macOS", `Dec 19 23:00:00 web-1 Microsoft Word[14463]: Cocoa scripting error`,
		parsed{format: "syslog", time: "2016-12-19T23:00:00Z", service: "Microsoft Word", attrs: "process.pid=14463", message: "Cocoa scripting error"}},
	{"launchd", `Dec 19 23:00:00 web-1 com.apple.xpc.launchd[1] (com.apple.prefs): Service exited`,
		parsed{format: "syslog", time: "2016-12-19T23:00:00Z", service: "com.apple.xpc.launchd", attrs: "process.pid=1", message: "Service exited"}},
	{"a date and a sentence", `Dec 19 23:00:00 Starting the nightly backup`, parsed{format: "text", time: "2016-12-19T23:00:00Z", message: "Starting the nightly backup"}},

	{"RFC 5424", `<165>1 2003-10-11T22:14:15.003Z web-1 evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App \"x\\\]"][b@1 c="d"] An event`,
		parsed{format: "syslog5424", time: "2003-10-11T22:14:15.003Z", level: "info", service: "evntslog", attrs: "syslog.facility=local4 syslog.msgid=ID47 exampleSDID@32473.iut=3 exampleSDID@32473.eventSource=App \"x\\] b@1.c=d", message: "An event"}},
	{"RFC 5424 without data", "<34>1 2003-10-11T22:14:15.003-07:00 mymachine su 7 ID47 - \xEF\xBB\xBF'su root' failed",
		parsed{format: "syslog5424", time: "2003-10-12T05:14:15.003Z", level: "error", service: "su", class: "server", attrs: "syslog.facility=auth process.pid=7 syslog.msgid=ID47 syslog.hostname=mymachine", message: "'su root' failed"}},
	{"RFC 5424 without a time", `<13>1 - - - - - - x`, parsed{format: "syslog5424", level: "info", attrs: "syslog.facility=user", message: "x"}},

	{"nginx combined", `5.202.214.160 - bob [19/Dec/2016:19:45:25 +0330] "GET /a/b?q=1&r HTTP/1.1" 200 30975 "https://shop.example/" "Mozilla/5.0 (X11)" "-"`,
		parsed{format: "access", time: "2016-12-19T16:15:25Z", attrs: "client.address=5.202.214.160 user.name=bob http.request.method=GET url.path=/a/b http.response.status_code=200 http.response.body.size=30975 http.request.header.referer=https://shop.example/ user_agent.original=Mozilla/5.0 (X11)", message: "\"GET /a/b?q=1&r HTTP/1.1\" 200 30975"}},
	{"Apache common", `::1 - - [19/Dec/2016:23:00:00 +0000] "POST /login HTTP/1.0" 502 -`,
		parsed{format: "access", time: "2016-12-19T23:00:00Z", class: "server", attrs: "client.address=::1 http.request.method=POST url.path=/login http.response.status_code=502", message: "\"POST /login HTTP/1.0\" 502 -"}},
	{"access with a host", `shop.example:443 10.0.0.1 - - [19/Dec/2016:23:00:00 +0000] "GET http://x.example/y HTTP/1.1" 404 12 "-" "curl/7"`,
		parsed{format: "access", time: "2016-12-19T23:00:00Z", class: "client", attrs: "client.address=10.0.0.1 server.address=shop.example:443 http.request.method=GET url.path=/y http.response.status_code=404 http.response.body.size=12 user_agent.original=curl/7", message: "\"GET http://x.example/y HTTP/1.1\" 404 12"}},
	{"access, no request", `10.0.0.1 - - [19/Dec/2016:23:00:00 +0000] "\x16\x03\x01\"" 400 166 "-" "-"`,
		parsed{format: "access", time: "2016-12-19T23:00:00Z", class: "client", attrs: "client.address=10.0.0.1 http.response.status_code=400 http.response.body.size=166", message: "\"\\x16\\x03\\x01\\\"\" 400 166"}},

	{"Apache error 2.4", `[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:4711] File does not exist`,
		parsed{format: "apache_error", time: "2011-09-09T10:42:29.902022Z", level: "error", text: "error", class: "server", attrs: "process.pid=35708 thread.id=4328636416 client.address=72.15.99.187", message: "File does not exist"}},
	{"Apache error 2.2", `[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok`,
		parsed{format: "apache_error", time: "2005-12-04T04:47:44Z", level: "info", text: "notice", message: "workerEnv.init() ok"}},
	{"nginx error", `2016/12/19 23:00:00 [crit] 123#45: *67 open() "/x" failed (13: Permission denied), client: 10.0.0.1, server: _, request: "GET /x?y HTTP/1.1", host: "h"`,
		parsed{format: "nginx_error", time: "2016-12-19T23:00:00Z", level: "error", text: "crit", class: "server", attrs: "process.pid=123 client.address=10.0.0.1 http.request.method=GET url.path=/x", message: "*67 open() \"/x\" failed (13: Permission denied), client: 10.0.0.1, server: _, request: \"GET /x?y HTTP/1.1\", host: \"h\""}},

	{"klog", `E1219 23:00:00.123456   12345 server.go:123] failed`,
		parsed{format: "klog", time: "2016-12-19T23:00:00.123456Z", level: "error", text: "E", class: "server", attrs: "thread.id=12345 code.location=server.go:123", message: "failed"}},
	{"logcat", `12-17 16:13:38.811  1702  2395 W WindowManager: printFreezing`,
		parsed{format: "logcat", time: "2016-12-17T16:13:38.811Z", level: "warn", text: "W", attrs: "process.pid=1702 thread.id=2395 log.logger=WindowManager", message: "printFreezing"}},
	{"CRI", `2016-12-19T23:00:00.669794202Z stderr F {"level":"info","k":"v"}`,
		parsed{format: "cri", time: "2016-12-19T23:00:00.669794202Z", level: "info", text: "info", attrs: "log.iostream=stderr k=v", message: "{\"level\":\"info\",\"k\":\"v\"}"}},
	{"CRI with text", `2016-12-19T23:00:00.669794202Z stdout F WARN slow`,
		parsed{format: "cri", time: "2016-12-19T23:00:00.669794202Z", level: "warn", text: "WARN", attrs: "log.iostream=stdout", message: "slow"}},

	{"log4j", `2016-12-19 23:00:00,123 INFO  [main] org.example.Main: started with level=debug`,
		parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "info", text: "INFO", attrs: "thread.name=main log.logger=org.example.Main", message: "started with level=debug"}},
	{"Kafka", `[2016-12-19 23:00:00,123] WARN [Fetcher-0], Error in fetch (kafka.server)`,
		parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "warn", text: "WARN", attrs: "log.logger=kafka.server", message: "[Fetcher-0], Error in fetch"}},
	{"ZooKeeper", `2015-07-29 17:41:44,747 - ERROR  [Peer[myid=1]/0:0:0:0:0:0:0:0:2181:Election@774] - Notification`,
		parsed{format: "log4j", time: "2015-07-29T17:41:44.747Z", level: "error", text: "ERROR", class: "server", attrs: "thread.name=Peer[myid=1]/0:0:0:0:0:0:0:0:2181:Election@774", message: "Notification"}},
	{"HDFS", `081109 203615 148 INFO dfs.DataNode$PacketResponder: terminating`,
		parsed{format: "log4j", time: "2008-11-09T20:36:15Z", level: "info", text: "INFO", attrs: "process.pid=148 log.logger=dfs.DataNode$PacketResponder", message: "terminating"}},
	{"Spark", `15/06/09 20:10:40 INFO spark.SecurityManager: x`,
		parsed{format: "log4j", time: "2015-06-09T20:10:40Z", level: "info", text: "INFO", attrs: "log.logger=spark.SecurityManager", message: "x"}},
	{"OpenStack", `nova-api.log.1.2016-05-16_13:53:08 2016-05-16 00:00:00.008 25746 WARNING nova.osapi [req-1] "GET /v2 HTTP/1.1" status: 200`,
		parsed{format: "log4j", time: "2016-05-16T00:00:00.008Z", level: "warn", text: "WARNING", attrs: "process.pid=25746 log.logger=nova.osapi log.context=req-1 http.response.status_code=200 http.request.method=GET url.path=/v2", message: "\"GET /v2 HTTP/1.1\" status: 200"}},
	{"Windows", `2016-09-28 04:30:30, Info                  CBS    Loaded`,
		parsed{format: "log4j", time: "2016-09-28T04:30:30Z", level: "info", text: "Info", attrs: "log.logger=CBS", message: "Loaded"}},
	{"BlueGene", `- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 RAS KERNEL FATAL parity`,
		parsed{format: "cfdr", time: "2005-06-03T22:42:50.675872Z", level: "fatal", text: "FATAL", class: "server", attrs: "log.logger=KERNEL syslog.hostname=R02-M1-N0-C:J12-U11", message: "parity"}},
	{"HealthApp", `20161217-22:5:0:119|Step_LSC|30002312|onExtend`, parsed{format: "text", time: "2016-12-17T22:05:00.119Z", attrs: "log.logger=Step_LSC process.pid=30002312", message: "onExtend"}},
	{"Proxifier", `[10.30 16:49:06] chrome.exe - proxy:5070 open`, parsed{format: "text", time: "2016-10-30T16:49:06Z", attrs: "process.executable.name=chrome.exe", message: "proxy:5070 open"}},
	{"Go log", `2016/12/19 23:00:00.000123 main.go:7: listening`, parsed{format: "text", time: "2016-12-19T23:00:00.000123Z", attrs: "code.location=main.go:7", message: "listening"}},
	{"Python logging", `2016-12-19 23:00:00,123 - root - CRITICAL - down`,
		parsed{format: "python", time: "2016-12-19T23:00:00.123Z", level: "error", text: "CRITICAL", class: "server", attrs: "log.logger=root", message: "down"}},
	{"Python basicConfig", `WARNING:root:careful`, parsed{format: "python", level: "warn", text: "WARNING", attrs: "log.logger=root", message: "careful"}},
	{"PostgreSQL", `2016-12-19 23:00:00.123 UTC [77] FATAL:  the database system is starting up`,
		parsed{format: "postgres", time: "2016-12-19T23:00:00.123Z", level: "fatal", text: "FATAL", class: "server", attrs: "process.pid=77", message: "the database system is starting up"}},
	{"PostgreSQL log", `2016-12-19 23:00:00.123 CET [77] LOG:  checkpoint complete`,
		parsed{format: "postgres", time: "2016-12-19T22:00:00.123Z", level: "info", text: "LOG", attrs: "process.pid=77", message: "checkpoint complete"}},
	{"MySQL", `2016-12-19T23:00:00.123456Z 0 [Note] InnoDB: started`,
		parsed{format: "mysql", time: "2016-12-19T23:00:00.123456Z", level: "info", text: "Note", attrs: "thread.id=0", message: "InnoDB: started"}},
	{"MongoDB", `2016-12-19T23:00:00.123+0100 E NETWORK [conn1] Assertion`,
		parsed{format: "text", time: "2016-12-19T22:00:00.123Z", level: "error", text: "E", class: "server", message: "E NETWORK [conn1] Assertion"}},
	{"Redis", `77:M 19 Dec 2016 23:00:00.123 * Ready`, parsed{format: "redis", time: "2016-12-19T23:00:00.123Z", level: "info", text: "*", attrs: "process.pid=77", message: "Ready"}},
	{"Java GC", `2016-12-19T16:32:00.123+0000: 0.234: [GC pause (young)`, parsed{format: "gc", time: "2016-12-19T16:32:00.123Z", attrs: "process.uptime=0.234", message: "[GC pause (young)"}},
	{"java.util.logging", `Dec 19, 2016 11:00:00 PM org.example.Main run`, parsed{format: "text", time: "2016-12-19T23:00:00Z", message: "org.example.Main run"}},
	{"Tomcat", `19-Dec-2016 23:00:00.123 SEVERE [main] Catalina.start`,
		parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "error", text: "SEVERE", class: "server", attrs: "thread.name=main", message: "Catalina.start"}},
	{"squid", `1482188400.450    180 10.0.0.1 TCP_MISS/200 4 GET http://x/`, parsed{format: "text", time: "2016-12-19T23:00:00.45Z", message: "180 10.0.0.1 TCP_MISS/200 4 GET http://x/"}},
	{"zap console", "2016-12-19T23:00:00.123Z\tERROR\tmain\tfailed\t{\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"}",
		parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "error", text: "ERROR", trace: "0af7651916cd43dd8448eb211c80319c", class: "server", message: "main\tfailed"}},
	{"traceparent in text", `INFO call traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 done`,
		parsed{format: "text", level: "info", text: "INFO", trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", message: "call traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 done"}},
	{"Go panic", `panic: runtime error: index out of range`, parsed{format: "text", level: "fatal", text: "panic", class: "server", message: "runtime error: index out of range"}},
	{"level in brackets", `[warn] low on fuel`, parsed{format: "text", level: "warn", text: "warn", message: "low on fuel"}},
	{"level field in text", `worker 7 started, level=error seen`, parsed{format: "text", level: "error", text: "error", class: "server"}},
	{"no level", `there was no error in the configuration`, parsed{format: "text"}},
	{"stack trace", "\tat kafka.utils.Client.send(Client.scala:115)", parsed{format: "text", message: "at kafka.utils.Client.send(Client.scala:115)"}},
	{"an id is no time", `order 1482188400 shipped`, parsed{format: "text"}},
	{"an address is no time", `10.11.10.1 "GET /v2" status: 200`, parsed{format: "text"}},
	{"a priority and nothing known", `<11>something odd`, parsed{format: "text", level: "error", class: "server", attrs: "syslog.facility=user", message: "something odd"}},
	{"empty", ``, parsed{format: "text"}},
	{"blanks", "  \t ", parsed{format: "text"}},
	{"a zero time", `0001-01-01 00:00:00 INFO x`, parsed{format: "log4j", level: "info", text: "INFO", message: "x"}},
	{"the year 1970", `1970-01-01T00:00:09Z INFO x`, parsed{format: "log4j", level: "info", text: "INFO", message: "x"}},
	{"the far future", `9999-01-01T00:00:09Z INFO x`, parsed{format: "log4j", level: "info", text: "INFO", message: "x"}},
	{"two days ahead", `2016-12-22T12:00:01Z INFO x`, parsed{format: "log4j", level: "info", text: "INFO", message: "x"}},
	{"an hour ahead", `2016-12-20T13:00:00Z INFO x`, parsed{format: "log4j", time: "2016-12-20T13:00:00Z", level: "info", text: "INFO", message: "x"}},
	{"no such day", `2016-02-30 12:00:01 INFO x`, parsed{format: "text", level: "info", text: "INFO", message: "x"}},

	{"Docker", `{"log":"{\"level\":\"warn\",\"msg\":\"slow\"}\n","stream":"stderr","time":"2016-12-19T23:00:00.123456789Z"}`, parsed{format: "docker", time: "2016-12-19T23:00:00.123456789Z", level: "warn", text: "warn", attrs: "log.iostream=stderr msg=slow", message: "slow"}},
	{"Docker with text", `{"log":"GET \"x\" é\n","stream":"stdout","attrs":{"a":"b"},"time":"2016-12-19T23:00:00.123456789Z"}`, parsed{format: "docker", time: "2016-12-19T23:00:00.123456789Z", attrs: "log.iostream=stdout", message: "GET \"x\" é"}},
	{"OpenTelemetry's JSON", `{"Timestamp":"2016-12-19T23:00:00Z","SeverityNumber":17,"SeverityText":"ERROR","Body":"no route","TraceId":"0af7651916cd43dd8448eb211c80319c","SpanId":"b7ad6b7169203331","Attributes":{"k":"v"},"Resource":{"service.name":"cart"}}`, parsed{format: "json", time: "2016-12-19T23:00:00Z", level: "error", text: "ERROR", service: "cart", trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", class: "server", attrs: "Body=no route Attributes.k=v", message: "no route"}},
	{"log4j 2's JSON", `{"instant":{"epochSecond":1482188400,"nanoOfSecond":123000000},"thread":"main","level":"ERROR","loggerName":"a.B","message":"x","contextMap":{"traceId":"0af7651916cd43dd8448eb211c80319c"}}`, parsed{format: "json", time: "2016-12-19T23:00:00.123Z", level: "error", text: "ERROR", trace: "0af7651916cd43dd8448eb211c80319c", class: "server", attrs: "thread=main loggerName=a.B message=x", message: "x"}},
	{"MongoDB's JSON", `{"t":{"$date":"2016-12-19T23:00:00.123+00:00"},"s":"W","c":"NETWORK","id":23,"ctx":"conn1","msg":"Slow","attr":{"ms":7}}`, parsed{format: "json", time: "2016-12-19T23:00:00.123Z", level: "warn", text: "W", attrs: "c=NETWORK id=23 ctx=conn1 msg=Slow attr.ms=7", message: "Slow"}},
	{"journald's JSON", `{"__REALTIME_TIMESTAMP":"1482188400123456","PRIORITY":"3","_HOSTNAME":"web-1","SYSLOG_IDENTIFIER":"sshd","_PID":"7","MESSAGE":"fatal: x"}`, parsed{format: "json", time: "2016-12-19T23:00:00.123456Z", level: "error", text: "3", service: "sshd", class: "server", attrs: "_HOSTNAME=web-1 SYSLOG_IDENTIFIER=sshd _PID=7 MESSAGE=fatal: x", message: "fatal: x"}},
	{"Google Cloud's JSON", `{"severity":"ERROR","time":"2016-12-19T23:00:00Z","message":"x","logging.googleapis.com/trace":"projects/p/traces/0af7651916cd43dd8448eb211c80319c","logging.googleapis.com/spanId":"b7ad6b7169203331"}`, parsed{format: "json", time: "2016-12-19T23:00:00Z", level: "error", text: "ERROR", trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", class: "server", attrs: "message=x", message: "x"}},
	{"Datadog's ids", `{"level":"info","msg":"x","dd.trace_id":"1234567890123456789","dd.span_id":"987654321"}`, parsed{format: "json", level: "info", text: "info", trace: "0000000000000000112210f47de98115", span: "000000003ade68b1", attrs: "msg=x", message: "x"}},
	{"B3 in one header", `level=info msg=x b3=80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90`, parsed{format: "logfmt", level: "info", text: "info", trace: "80f198ee56343ba864fe8b2a57d3eff7", span: "e457b5a2e4d86bd1", attrs: "msg=x", message: "x"}},
	{"B3 in several, of 64 bits", `{"level":"info","X-B3-TraceId":"463ac35c9f6413ad","X-B3-SpanId":"a2fb4a1d1a96d312"}`, parsed{format: "json", level: "info", text: "info", trace: "0000000000000000463ac35c9f6413ad", span: "a2fb4a1d1a96d312"}},
	{"X-Ray", `{"level":"info","xray_trace_id":"1-5759e988-bd862e3fe1be46a994272793"}`, parsed{format: "json", level: "info", text: "info", trace: "5759e988bd862e3fe1be46a994272793"}},

	{"auth", `Dec 10 06:55:46 web-1 sshd[24200]: Failed password for invalid user admin from 10.0.0.9 port 38926 ssh2`, parsed{format: "syslog", time: "2016-12-10T06:55:46Z", service: "sshd", attrs: "process.pid=24200 client.address=10.0.0.9 client.port=38926 user.name=admin", message: "Failed password for invalid user admin from 10.0.0.9 port 38926 ssh2"}},
	{"HAProxy in syslog", `Feb  6 12:14:14 web-1 haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 503 2750 - - SC-- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html?a HTTP/1.1"`, parsed{format: "syslog", time: "2009-02-06T12:14:14.655Z", service: "haproxy", class: "server", attrs: "process.pid=14389 client.address=10.0.1.2 haproxy.frontend=http-in haproxy.backend=static haproxy.server=srv1 http.request.method=GET url.path=/index.html http.response.status_code=503 http.response.body.size=2750 haproxy.time_total_ms=109 haproxy.termination_state=SC--", message: "http-in static/srv1 10/0/30/69/109 503 2750 - - SC-- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html?a HTTP/1.1\""}},
	{"kubelet in syslog", `Dec 19 23:00:00 web-1 kubelet[12]: E1219 23:00:00.123456      12 pod.go:9] failed`, parsed{format: "syslog", time: "2016-12-19T23:00:00.123456Z", level: "error", text: "E", service: "kubelet", class: "server", attrs: "process.pid=12 thread.id=12 code.location=pod.go:9", message: "failed"}},
	{"dockerd in syslog", `Dec 19 23:00:00 web-1 dockerd[12]: time="2016-12-19T23:00:00.5Z" level=warning msg="no swap"`, parsed{format: "syslog", time: "2016-12-19T23:00:00.5Z", level: "warn", text: "warning", service: "dockerd", attrs: "process.pid=12 msg=no swap", message: "no swap"}},
	{"the kernel in syslog", `Dec 19 23:00:00 web-1 kernel: [   12.345678] usb 1-1: error: device not accepting address`, parsed{format: "syslog", time: "2016-12-19T23:00:00Z", level: "error", text: "error", service: "kernel", class: "server", attrs: "system.uptime=12.345678", message: "usb 1-1: error: device not accepting address"}},
	{"HAProxy, TCP", `10.0.1.2:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0`, parsed{format: "haproxy", time: "2009-02-06T12:12:51.443Z", attrs: "client.address=10.0.1.2 haproxy.frontend=fnt haproxy.backend=bck haproxy.server=srv1 http.response.body.size=212 haproxy.time_total_ms=5007 haproxy.termination_state=--", message: "fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0"}},

	{"dmesg", `[   12.345678] usb 1-1: new high-speed USB device`, parsed{format: "kernel", service: "kernel", attrs: "system.uptime=12.345678", message: "usb 1-1: new high-speed USB device"}},
	{"dmesg with a priority", `<3>[   12.345678] ata1: COMRESET failed (errno=-16)`, parsed{format: "kernel", level: "error", service: "kernel", class: "server", attrs: "system.uptime=12.345678 syslog.facility=kern errno=-16", message: "ata1: COMRESET failed (errno=-16)"}},
	{"dmesg with the time", `[Mon Dec 19 23:00:00 2016] usb 1-1: new`, parsed{format: "kernel", time: "2016-12-19T23:00:00Z", service: "kernel", message: "usb 1-1: new"}},
	{"Java GC, unified", `[2016-12-19T23:00:00.123+0000][0.234s][info][gc] GC(3) Pause Young (Normal) 24M->4M(256M) 3.456ms`, parsed{format: "gc", time: "2016-12-19T23:00:00.123Z", level: "info", text: "info", attrs: "process.uptime=0.234 log.logger=gc jvm.gc.duration=0.003456", message: "GC(3) Pause Young (Normal) 24M->4M(256M) 3.456ms"}},
	{"Java GC, unified, uptime alone", `[12.234s][warning][gc,alloc] GC(3) slow`, parsed{format: "gc", level: "warn", text: "warning", attrs: "process.uptime=12.234 log.logger=gc,alloc", message: "GC(3) slow"}},
	{"Java GC, old", `2016-12-19T16:32:00.123+0000: 0.234: [GC pause (G1 Evacuation Pause) (young), 0.0123456 secs]`, parsed{format: "gc", time: "2016-12-19T16:32:00.123Z", attrs: "process.uptime=0.234 jvm.gc.duration=0.0123456", message: "[GC pause (G1 Evacuation Pause) (young), 0.0123456 secs]"}},

	{"PostgreSQL with user and database", `2016-12-19 23:00:00.123 UTC [77] bob@shop ERROR:  relation "x" does not exist`, parsed{format: "postgres", time: "2016-12-19T23:00:00.123Z", level: "error", text: "ERROR", class: "server", attrs: "process.pid=77 user.name=bob db.namespace=shop", message: "relation \"x\" does not exist"}},
	{"PostgreSQL for pgBadger", `2016-12-19 23:00:00 UTC [77]: [2-1] user=bob,db=shop,app=psql,client=10.0.0.1 LOG:  duration: 3.1 ms`, parsed{format: "postgres", time: "2016-12-19T23:00:00Z", level: "info", text: "LOG", attrs: "process.pid=77 user.name=bob db.namespace=shop db.client.application=psql client.address=10.0.0.1", message: "duration: 3.1 ms"}},
	{"PostgreSQL's statement", `2016-12-19 23:00:00 UTC [77]: [2-2] user=bob,db=[unknown] STATEMENT:  SELECT 1`, parsed{format: "postgres", time: "2016-12-19T23:00:00Z", attrs: "process.pid=77 user.name=bob", message: "SELECT 1"}},
	{"PostgreSQL's CSV", `2016-12-19 23:00:00.123 UTC,"bob","shop",77,"10.0.0.1:5432",5858f2f0.4d,1,"SELECT",2016-12-19 22:59:59 UTC,3/4,0,ERROR,42P01,"relation ""x"" does not exist",,,,,,"SELECT 1,2",15,,"psql"`, parsed{format: "postgres_csv", time: "2016-12-19T23:00:00.123Z", level: "error", text: "ERROR", class: "server", attrs: "user.name=bob db.namespace=shop process.pid=77 client.address=10.0.0.1 db.operation.name=SELECT db.response.status_code=42P01 db.client.application=psql", message: "relation \"x\" does not exist"}},
	{"MySQL 8", `2016-12-19T23:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed.`, parsed{format: "mysql", time: "2016-12-19T23:00:00.123456Z", level: "warn", text: "Warning", attrs: "thread.id=0 error.code=MY-010068 log.logger=Server", message: "CA certificate is self signed."}},
	{"MySQL 5.5", `161219 23:00:00 [ERROR] Can't start server`, parsed{format: "mysql", time: "2016-12-19T23:00:00Z", level: "error", text: "ERROR", class: "server", message: "Can't start server"}},
	{"MySQL's slow query", "# Time: 2016-12-19T23:00:00.123456Z\n# User@Host: bob[bob] @ web-1 [10.0.0.1]  Id:    77\n# Query_time: 2.000123  Lock_time: 0.000100 Rows_sent: 1  Rows_examined: 100000\nuse shop;\nSET timestamp=1482188398;\nSELECT a\nFROM b;", parsed{format: "mysql_slow", time: "2016-12-19T23:00:00.123456Z", attrs: "user.name=bob client.address=10.0.0.1 thread.id=77 mysql.query_time=2.000123 mysql.lock_time=0.000100 mysql.rows_sent=1 mysql.rows_examined=100000 db.namespace=shop", message: "SELECT a"}},
	{"Redis before 3", `[77] 19 Dec 23:00:00.123 # Server started`, parsed{format: "redis", time: "2016-12-19T23:00:00.123Z", level: "warn", text: "#", attrs: "process.pid=77", message: "Server started"}},

	{"Spring Boot", `2016-12-19 23:00:00.123  INFO 77 --- [           main] o.s.b.w.e.t.TomcatWebServer  : Tomcat started on port(s): 8080`, parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "info", text: "INFO", attrs: "process.pid=77 thread.name=main log.logger=o.s.b.w.e.t.TomcatWebServer", message: "Tomcat started on port(s): 8080"}},
	{"Sleuth", `2016-12-19 23:00:00.123  INFO [cart,80f198ee56343ba864fe8b2a57d3eff7,e457b5a2e4d86bd1,true] 77 --- [nio-1] c.e.Cart : added`, parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "info", text: "INFO", service: "cart", trace: "80f198ee56343ba864fe8b2a57d3eff7", span: "e457b5a2e4d86bd1", attrs: "process.pid=77 thread.name=nio-1 log.logger=c.e.Cart", message: "added"}},
	{"logback", `23:00:00.123 [main] DEBUG c.e.Main - started`, parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "debug", text: "DEBUG", attrs: "thread.name=main log.logger=c.e.Main", message: "started"}},
	{"logback with a date", `2016-12-19 23:00:00.123 [main] DEBUG c.e.Main - started id=7`, parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "debug", text: "DEBUG", attrs: "thread.name=main log.logger=c.e.Main id=7", message: "started id=7"}},
	{"WildFly", `2016-12-19 23:00:00,123 INFO  [org.jboss.as] (MSC service thread 1-2) WFLYSRV0049: starting`, parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "info", text: "INFO", attrs: "thread.name=org.jboss.as log.context=MSC service thread 1-2", message: "WFLYSRV0049: starting"}},
	{"diagnostic context", `2016-12-19 23:00:00,123 WARN [trace_id=0af7651916cd43dd8448eb211c80319c, span_id=b7ad6b7169203331] a.B: slow`, parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "warn", text: "WARN", trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", attrs: "log.logger=a.B", message: "slow"}},
	{"pairs in text", `cache miss, key=user:7 took=12ms reason="not there" a==b url=/x?y=z`, parsed{format: "text", attrs: "key=user:7 took=12ms reason=not there url=/x?y=z"}},
	{"a request in text", `2016-12-19 23:00:00,123 INFO werkzeug: 10.0.0.1 - - "GET /nope?x HTTP/1.1" 404 -`, parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "info", text: "INFO", class: "client", attrs: "http.response.status_code=404 http.request.method=GET url.path=/nope", message: "werkzeug: 10.0.0.1 - - \"GET /nope?x HTTP/1.1\" 404 -"}},
	{"a record with its seconds", `134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change: down`, parsed{format: "text", time: "2004-02-26T14:12:22Z", message: "Component State Change: down"}},
	{"Thunderbird", `- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root`, parsed{format: "cfdr", time: "2005-11-09T20:01:01Z", service: "crond", attrs: "process.pid=2915 syslog.hostname=dn228", message: "session closed for user root"}},
	{"Java exception", "2016-12-19 23:00:00,123 ERROR [main] a.B: failed\njava.io.IOException: closed\n\tat a.B.c(B.java:7)\nCaused by: x.Y: z", parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "error", text: "ERROR", class: "server", attrs: "thread.name=main log.logger=a.B exception.type=java.io.IOException exception.message=closed exception.stacktrace=java.io.IOException: closed\n\tat a.B.c(B.java:7)\nCaused by: x.Y: z", message: "failed"}},
	{"Java exception in the message", "2016-12-19 23:00:00,123 ERROR [main] a.B: failed: java.io.IOException: closed\n\tat a.B.c(B.java:7)", parsed{format: "log4j", time: "2016-12-19T23:00:00.123Z", level: "error", text: "ERROR", class: "server", attrs: "thread.name=main log.logger=a.B exception.type=java.io.IOException exception.message=closed exception.stacktrace=\tat a.B.c(B.java:7)", message: "failed: java.io.IOException: closed"}},
	{"Python exception", "2016-12-19 23:00:00,123 - app.db - ERROR - failed\nTraceback (most recent call last):\n  File \"x.py\", line 1, in <module>\nKeyError: 'a'", parsed{format: "python", time: "2016-12-19T23:00:00.123Z", level: "error", text: "ERROR", class: "server", attrs: "log.logger=app.db exception.type=KeyError exception.message='a' exception.stacktrace=Traceback (most recent call last):\n  File \"x.py\", line 1, in <module>\nKeyError: 'a'", message: "failed"}},
	{"Go panic with its goroutines", "panic: runtime error: index out of range [5]\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:7 +0x1", parsed{format: "text", level: "fatal", text: "panic", class: "server", attrs: "exception.type=panic exception.message=runtime error: index out of range [5] exception.stacktrace=\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:7 +0x1", message: "runtime error: index out of range [5]"}},
	{"Node's exception", "TypeError: x is not a function\n    at a (/srv/x.js:1:2)", parsed{format: "text", attrs: "exception.type=TypeError exception.message=x is not a function exception.stacktrace=    at a (/srv/x.js:1:2)"}},
	{"an object on several lines", "{\n  \"level\": \"error\",\n  \"msg\": \"x\"\n}", parsed{format: "json", level: "error", text: "error", class: "server", attrs: "msg=x", message: "x"}},
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

// The result depends on the line alone, not on the lines before it.
func TestALineParsesTheSameWhateverCameBefore(t *testing.T) {
	for _, before := range samples {
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
