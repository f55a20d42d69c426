package when

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var berlin = time.FixedZone("CET", 3600)

func TestParse(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 30, 15, 500, berlin)
	for _, tc := range []struct{ name, text, want string }{
		{"RFC 3339", "2026-11-20T01:02:03Z", "2026-11-20T01:02:03Z"},
		{"RFC 3339 with fraction and offset", "2026-11-20T01:02:03.25+02:00", "2026-11-19T23:02:03.25Z"},
		{"RFC 3339 in lower case", "2026-11-20t01:02:03z", "2026-11-20T01:02:03Z"},
		{"minutes with zone", "2026-11-20T01:02Z", "2026-11-20T01:02:00Z"},
		{"local time with T", "2026-11-20T01:02:03", "2026-11-20T00:02:03Z"},
		{"local time with fraction", "2026-11-20 01:02:03.5", "2026-11-20T00:02:03.5Z"},
		{"local time", "2026-11-20 01:02:03", "2026-11-20T00:02:03Z"},
		{"local minutes", "2026-11-20 01:02", "2026-11-20T00:02:00Z"},
		{"local day", "2026-11-20", "2026-11-19T23:00:00Z"},
		{"leap day", "2028-02-29", "2028-02-28T23:00:00Z"},
		{"time of day", "14:00", "2026-11-22T13:00:00Z"},
		{"time of day with seconds", "14:00:05", "2026-11-22T13:00:05Z"},
		{"today", "today", "2026-11-21T23:00:00Z"},
		{"today at", "today 14:00", "2026-11-22T13:00:00Z"},
		{"yesterday", "yesterday", "2026-11-20T23:00:00Z"},
		{"yesterday at", "Yesterday 14:00", "2026-11-21T13:00:00Z"},
		{"now", "now", "2026-11-22T08:30:15.0000005Z"},
		{"now minus", "now-1h", "2026-11-22T07:30:15.0000005Z"},
		{"now minus with spaces", "now - 1h", "2026-11-22T07:30:15.0000005Z"},
		{"now plus", "now+5m", "2026-11-22T08:35:15.0000005Z"},
		{"hours ago", "1h", "2026-11-22T07:30:15.0000005Z"},
		{"hours ago with sign", "-1h", "2026-11-22T07:30:15.0000005Z"},
		{"days ago", "7d", "2026-11-15T08:30:15.0000005Z"},
		{"mixed", "1d12h", "2026-11-20T20:30:15.0000005Z"},
		{"weeks", "2w", "2026-11-08T08:30:15.0000005Z"},
		{"half an hour", "0.5h", "2026-11-22T08:00:15.0000005Z"},
		{"Unix seconds", "1795334400", "2026-11-22T08:00:00Z"},
		{"Unix seconds with fraction", "1795334400.5", "2026-11-22T08:00:00.5Z"},
		{"Unix milliseconds", "1795334400500", "2026-11-22T08:00:00.5Z"},
		{"Unix microseconds", "1795334400500000", "2026-11-22T08:00:00.5Z"},
		{"Unix nanoseconds", "1795334400500000000", "2026-11-22T08:00:00.5Z"},
		{"before 1970", "-1.5", "1969-12-31T23:59:58.5Z"},
		{"zero", "0", "1970-01-01T00:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			have, err := Parse(tc.text, now)
			if err != nil {
				t.Fatal(err)
			}
			if s := have.UTC().Format(time.RFC3339Nano); s != tc.want {
				t.Errorf("%q: have %s, want %s", tc.text, s, tc.want)
			}
		})
	}
	if have, err := Parse("  ", now); err != nil || !have.IsZero() {
		t.Errorf("no text: have %v, %v, want the zero time", have, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"soon", "1x", "h", "now1h", "now-", "nowish", "yesterday noon", "25:00", "2026-13-01", "2026-02-30",
		"9999-01-01", "0001-01-01", "99999999999999999999", "123456789012.5", "99999999999999w", "1h ago", "1e9", "--1h", "\x00", "5 m",
	} {
		_, err := Parse(text, time.Unix(1795334400, 0))
		var bad *Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%q: have error %v, want one that says what was expected", text, err)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "7d": 168 * time.Hour, "250ms": 250 * time.Millisecond} {
		if have, err := Duration(text); err != nil || have != want {
			t.Errorf("%s: have %v, %v, want %v", text, have, err, want)
		}
	}
	for _, text := range []string{"", "5", "-1s", "1y"} {
		if have, err := Duration(text); err == nil {
			t.Errorf("%q: have %v, want an error", text, have)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "1h", "now-1h", "yesterday 14:00", "2026-11-20T01:02:03Z", "1795334400.5", "-1h", "12:30"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, berlin)
	f.Fuzz(func(t *testing.T, s string) {
		have, err := Parse(s, now)
		if err != nil || have.IsZero() {
			return
		}
		// What was read can be told in RFC 3339 and is read as the same again.
		again, err := Parse(have.Format(time.RFC3339Nano), now)
		if err != nil || !again.Equal(have) {
			t.Errorf("%q is %v, which reads back as %v, %v", s, have, again, err)
		}
		if time.Unix(0, have.UnixNano()).Equal(have) == false {
			t.Errorf("%q is %v, which does not fit into Unix nanoseconds", s, have)
		}
	})
}
