// Package when reads points in time as people type them: "1h", "yesterday 14:00",
// "now-15m", RFC 3339, Unix seconds. A text and the present moment go in, a point in time
// or an error that says what was expected comes out; nothing is guessed and no clock is
// read.
package when

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Forms says what Parse reads, for help texts and error messages.
const Forms = `a time such as 2026-11-22T14:00:00Z, 2026-11-22, 14:00, "yesterday 14:00", Unix seconds, or a time ago such as 90s, 1h, 7d, now-1h`

// Error says that a text is no point in time.
type Error struct {
	Text, Reason string
}

// Error returns the reason and what was expected.
func (e *Error) Error() string {
	return fmt.Sprintf("bad time %q: %s; expected %s", e.Text, e.Reason, Forms)
}

// layouts are the absolute forms. Those without a zone are read in the zone of now.
var layouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04Z07:00",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04",
	"2006-01-02 15:04",
	"2006-01-02",
}

var clocks = []string{"15:04:05", "15:04"}

// Parse returns the point in time that text tells, seen from now:
//
//	""  the zero time (no bound)          now, today, yesterday (0:00)
//	RFC 3339, or shortened: 2026-11-22 14:00   14:00 or 14:00:05 (today)
//	today 14:00, yesterday 14:00          1h, 7d, 1h30m: that long before now
//	1795334400, 1795334400.5: Unix seconds; 13, 16 and 19 digits: ms, µs, ns
//	now-1h, now+5m, -1h
//
// Days and weeks (d, w) are 24 hours and 7 days. What does not fit into Unix nanoseconds
// is refused.
func Parse(text string, now time.Time) (time.Time, error) {
	s := strings.TrimSpace(text)
	if s == "" {
		return time.Time{}, nil
	}
	t, reason := parse(s, now)
	if reason == "" && (t.Year() < 1678 || t.Year() > 2261) {
		reason = "the year is out of range"
	}
	if reason != "" {
		return time.Time{}, &Error{Text: text, Reason: reason}
	}
	return t, nil
}

func parse(s string, now time.Time) (t time.Time, reason string) {
	lower := strings.ToLower(s)
	if rest, ok := strings.CutPrefix(lower, "now"); ok {
		if rest = strings.ReplaceAll(rest, " ", ""); rest == "" {
			return now, ""
		}
		if rest[0] != '-' && rest[0] != '+' {
			return t, `after "now" comes + or -`
		}
		d, reason := duration(rest[1:])
		if rest[0] == '-' {
			d = -d
		}
		return now.Add(d), reason
	}
	if rest, ok := strings.CutPrefix(lower, "today"); ok {
		return clock(rest, now, 0)
	}
	if rest, ok := strings.CutPrefix(lower, "yesterday"); ok {
		return clock(rest, now, -1)
	}
	upper := strings.ToUpper(s) // a lower-case t or z is RFC 3339 too
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, upper, now.Location()); err == nil {
			return t, ""
		}
	}
	if strings.Contains(s, ":") {
		return clock(s, now, 0)
	}
	if t, reason, ok := unix(s); ok {
		return t, reason
	}
	d, reason := duration(strings.TrimPrefix(lower, "-"))
	return now.Add(-d), reason
}

// clock returns the time of day rest on the day that is days after now's; no rest is
// midnight.
func clock(rest string, now time.Time, days int) (t time.Time, reason string) {
	y, m, d := now.Date()
	rest = strings.TrimSpace(rest)
	if rest == "" {
		return time.Date(y, m, d+days, 0, 0, 0, 0, now.Location()), ""
	}
	for _, layout := range clocks {
		if c, err := time.Parse(layout, rest); err == nil {
			return time.Date(y, m, d+days, c.Hour(), c.Minute(), c.Second(), c.Nanosecond(), now.Location()), ""
		}
	}
	return t, "the time of day cannot be read"
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// unix reads a plain number. The third result is false when s is none.
func unix(s string) (t time.Time, reason string, ok bool) {
	if !number.MatchString(s) {
		return t, "", false
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return t, "the number is too large", true
	}
	switch digits := len(strings.TrimPrefix(whole, "-")); {
	case fraction == "" && digits >= 18:
		return time.Unix(0, n), "", true
	case fraction == "" && digits >= 15:
		return time.UnixMicro(n), "", true
	case fraction == "" && digits >= 12:
		return time.UnixMilli(n), "", true
	case digits > 11:
		return t, "the number is too large", true
	}
	nanos, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if whole[0] == '-' {
		nanos = -nanos
	}
	return time.Unix(n, nanos), "", true
}

var (
	span  = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d|w))+$`)
	spans = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h|d|w)`)
)

var units = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond,
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

// Duration reads a length of time: Go's form with days and weeks added (7d, 2w, 1d12h).
func Duration(text string) (time.Duration, error) {
	d, reason := duration(strings.TrimSpace(text))
	if reason != "" {
		return 0, fmt.Errorf("bad duration %q: %s; expected a number and ms, s, m, h, d or w, such as 90s or 1h30m", text, reason)
	}
	return d, nil
}

func duration(s string) (d time.Duration, reason string) {
	if !span.MatchString(s) {
		return 0, "it cannot be read"
	}
	var sum float64
	for _, m := range spans.FindAllStringSubmatch(s, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, "the number is too large"
		}
		sum += n * float64(units[m[2]])
	}
	if sum > math.MaxInt64/2 {
		return 0, "it is too long"
	}
	return time.Duration(math.Round(sum)), ""
}
