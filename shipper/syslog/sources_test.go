package syslog

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestHostname(t *testing.T) {
	for _, test := range []struct{ name, msg, want string }{
		{"RFC 5424", "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - failed", "mymachine.example.com"},
		{"RFC 5424, nil", "<34>1 2003-10-11T22:14:15.003Z - su - ID47 - failed", ""},
		{"RFC 5424, no time", "<34>1 - host su - - - failed", "host"},
		{"RFC 5424, IPv6", "<165>1 2003-08-24T05:14:15.000003-07:00 2001:db8::1 myproc 8710 - - hi", "2001:db8::1"},
		{"RFC 3164", "<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "mymachine"},
		{"RFC 3164, day of one digit", "<34>Oct  1 22:14:15 10.0.0.7 su: 'su root' failed", "10.0.0.7"},
		{"RFC 3164 without host", "<34>Oct 11 22:14:15 su: 'su root' failed", ""},
		{"RFC 3164 without host, with pid", "<34>Oct 11 22:14:15 su[77]: 'su root' failed", ""},
		{"ISO 8601", "<34>2016-12-19T23:00:00.123456+01:00 web-1 kernel: oom", "web-1"},
		{"nothing behind the host", "<34>Oct 11 22:14:15 mymachine", ""},
		{"no priority", "Oct 11 22:14:15 mymachine su: hi", ""},
		{"no time", "<34>su: hi there", ""},
		{"hostile", "<34>Oct 11 22:14:15 ../../etc su: hi", ""},
		{"cut short", "<34>1 ", ""},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if have := string(hostname([]byte(test.msg))); have != test.want {
				t.Errorf("want %q, have %q", test.want, have)
			}
		})
	}
}

// There are MaxSources of them; senders beyond share one source. A sender that was silent for an
// hour makes room for another.
func TestSourcesAreBounded(t *testing.T) {
	s := newSources(3, map[string]string{"zone": "eu", "env": "prod"})
	now, peer := time.Unix(1764000000, 0), netip.MustParseAddr("2001:db8::7")
	msg := func(i int) []byte { return fmt.Appendf(nil, "<34>1 - host%d su - - - hi", i) }
	for i := range 3 {
		if have, want := s.of(msg(i), peer, now).source, fmt.Sprintf("host%d:/syslog/2001-db8--7", i); have != want {
			t.Errorf("want %q, have %q", want, have)
		}
	}
	if have := s.of(msg(3), peer, now).source; have != SharedSource {
		t.Errorf("want %q, have %q", SharedSource, have)
	}
	later := now.Add(time.Hour + time.Second)
	s.of(msg(1), peer, later)
	if have := s.of(msg(3), peer, later).source; have != "host3:/syslog/2001-db8--7" {
		t.Errorf("an hour later: %q", have)
	}
	if n := s.count(); n != 2 {
		t.Errorf("%d senders are known, want 2", n)
	}
	if have := s.of([]byte("hi"), netip.MustParseAddr("::ffff:10.0.0.9"), later); have.source != "10.0.0.9:/syslog/10.0.0.9" ||
		fmt.Sprint(have.labels) != "[{env prod} {network.peer.address 10.0.0.9} {zone eu}]" {
		t.Errorf("have %+v", have)
	}
}
