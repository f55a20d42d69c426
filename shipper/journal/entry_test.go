package journal

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDecode(t *testing.T) {
	at := time.Date(2026, 11, 22, 11, 12, 7, 835_189_000, time.UTC)
	const stamps = `"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1795345927835320","_SOURCE_REALTIME_TIMESTAMP":"1795345927835189"`
	type result struct {
		Raw, Service, Cursor string
		Time                 time.Time
		Severity             int
	}
	for _, test := range []struct {
		name, json string
		want       result
	}{
		{
			"a service", `{` + stamps + `,"MESSAGE":"Accepted publickey","PRIORITY":"3","_HOSTNAME":"web-1","SYSLOG_IDENTIFIER":"sshd","_COMM":"sshd-session","_PID":"812","_SYSTEMD_UNIT":"ssh.service"}`,
			result{"2026-11-22T11:12:07.835189+00:00 web-1 sshd[812]: Accepted publickey", "ssh", "s=1;i=2", at, 17},
		},
		{
			"the kernel", `{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1795345927835320","MESSAGE":"oom-kill","PRIORITY":"6","_HOSTNAME":"web-1","SYSLOG_IDENTIFIER":"kernel"}`,
			result{"2026-11-22T11:12:07.835320+00:00 web-1 kernel: oom-kill", "kernel", "c", at.Add(131 * time.Microsecond), 9},
		},
		{
			"bytes that are no text, and lines", `{` + stamps + `,"MESSAGE":[109,10,32,255,10],"_HOSTNAME":"h","_COMM":"app","SYSLOG_PID":"7"}`,
			result{"2026-11-22T11:12:07.835189+00:00 h app[7]: m\n \xff", "app", "s=1;i=2", at, 0},
		},
		{
			"a container", `{` + stamps + `,"MESSAGE":"hi","PRIORITY":"9","_HOSTNAME":"h","SYSLOG_IDENTIFIER":"dockerd","CONTAINER_NAME":"shop","_SYSTEMD_UNIT":"docker.service"}`,
			result{"2026-11-22T11:12:07.835189+00:00 h dockerd: hi", "shop", "s=1;i=2", at, 0},
		},
		{
			"a session, whose unit is no service", `{` + stamps + `,"MESSAGE":"hi","_HOSTNAME":"h","SYSLOG_IDENTIFIER":"su","_SYSTEMD_UNIT":"session-4.scope"}`,
			result{"2026-11-22T11:12:07.835189+00:00 h su: hi", "su", "s=1;i=2", at, 0},
		},
		{
			"a field twice, message too large", `{"__CURSOR":"c","MESSAGE":null,"SYSLOG_IDENTIFIER":["a","b"],"_PID":[[49,50],"7"]}`,
			result{"a[12]: ", "a", "c", time.Time{}, 0},
		},
		{
			"an identifier without bounds", `{"__CURSOR":"c","MESSAGE":"m","SYSLOG_IDENTIFIER":"a\nb` + strings.Repeat("c", 9000) + `"}`,
			result{"a b" + strings.Repeat("c", 509) + ": m", "a b" + strings.Repeat("c", 509), "c", time.Time{}, 0},
		},
		{"nothing known", `{"__CURSOR":"c"}`, result{"unknown: ", "unknown", "c", time.Time{}, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d decoder
			e, err := d.decode([]byte(test.json))
			if err != nil {
				t.Fatal(err)
			}
			have := result{string(e.raw(nil)), e.service(), e.cursor, e.time, int(e.severity)}
			if diff := cmp.Diff(test.want, have); diff != "" {
				t.Errorf("entry (-want +have):\n%s", diff)
			}
		})
	}
	for _, bad := range []string{"", "[]", `{"MESSAGE":"x"}`, `{"__CURSOR":`, "null"} {
		var d decoder
		if _, err := d.decode([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// Whatever the bytes are: no panic, and the head of the line is one line.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"__CURSOR":"c","MESSAGE":[109,10],"SYSLOG_IDENTIFIER":["a","b"],"_PID":[[49],"7"],"__REALTIME_TIMESTAMP":"1"}`))
	f.Add([]byte(`{"__CURSOR":"c","MESSAGE":null,"PRIORITY":"9","_HOSTNAME":"a\nb"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d decoder
		e, err := d.decode(b)
		if err != nil {
			return
		}
		message := strings.TrimRight(string(e.message), "\n")
		raw := string(e.raw(nil))
		head, ok := strings.CutSuffix(raw, message)
		if !ok || strings.Contains(head, "\n") {
			t.Errorf("line %q of message %q", raw, message)
		}
		cfg := DefaultConfig("h")
		cfg.LineLimit = 50
		s := &sources{cfg: &cfg, known: map[string]string{}}
		if l := s.line(&e, []byte(raw)); len(l.Raw) > 50 || strings.Count(l.ID.Source, "\n") > 0 && !strings.Contains(e.service(), "\n") {
			t.Errorf("line %+v", l)
		}
	})
}
