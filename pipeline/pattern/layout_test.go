package pattern

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLayout(t *testing.T) {
	at := func(year, month, day, hour, minute, sec, nsec int) Civil {
		return Civil{Year: year, Month: month, Day: day, Hour: hour, Min: minute, Sec: sec, Nanosecond: nsec}
	}
	zoned := func(c Civil, offset int) Civil {
		c.Zoned, c.Offset = true, offset
		return c
	}
	ms := at(2026, 3, 2, 9, 8, 7, 250e6)
	tests := []struct {
		layout, text string
		want         Civil
	}{
		{"2006-01-02 15:04:05.000", "2026-03-02 09:08:07.250", ms},
		{"2006-01-02 15:04:05.000", "2026-03-02 09:08:07", at(2026, 3, 2, 9, 8, 7, 0)},
		{"2006-01-02 15:04:05,000", "2026-03-02 09:08:07.250000000", ms},
		{"02.01.2006 15:04", "02.03.2026 09:08", at(2026, 3, 2, 9, 8, 0, 0)},
		{"20060102-15:04:05:000", "20260302-09:08:07:250", ms},
		{"Jan _2 15:04:05", "Mar  2 09:08:07", at(0, 3, 2, 9, 8, 7, 0)},
		{"Monday, 2 January 2006 3:04:05 PM MST", "Monday, 2 March 2026 9:08:07 pm CET", at(2026, 3, 2, 21, 8, 7, 0)},
		{"2006-01-02T15:04:05Z07:00", "2026-03-02T09:08:07-05:30", zoned(at(2026, 3, 2, 9, 8, 7, 0), -19800)},
		{"%Y-%m-%d %H:%M:%S.%f", "2026-03-02 09:08:07.250", ms},
		{"%d/%b/%Y:%H:%M:%S %z", "02/Mar/2026:09:08:07 +0100", zoned(at(2026, 3, 2, 9, 8, 7, 0), 3600)},
		{"%F %T", "2026-03-02   9:08:07", at(2026, 3, 2, 9, 8, 7, 0)},
		{"%-d.%-m.%y %I:%M %p", "2.3.26 12:08 AM", at(2026, 3, 2, 0, 8, 0, 0)},
		{"%Y %j %H%M", "2026 061 0908", at(2026, 3, 2, 9, 8, 0, 0)},
		{"%H:%M:%S", "09:08:07", at(0, 0, 0, 9, 8, 7, 0)},
		{"yyyy-MM-dd HH:mm:ss.SSS", "2026-03-02 09:08:07.250", ms},
		{"yyyy-MM-dd'T'HH:mm:ss,SSSXXX", "2026-03-02T09:08:07,250Z", zoned(ms, 0)},
		{"yy/MM/dd HH:mm:ss", "26/03/02 09:08:07", at(2026, 3, 2, 9, 8, 7, 0)},
		{"EEE MMM d HH:mm:ss zzz yyyy", "Mon Mar 2 09:08:07 UTC 2026", zoned(at(2026, 3, 2, 9, 8, 7, 0), 0)},
		{"HH:mm:ss:SSS", "09:08:07:250", at(0, 0, 0, 9, 8, 7, 250e6)},
		{"h 'o''clock' a", "9 o'clock AM", at(0, 0, 0, 9, 0, 0, 0)},
		{"iso8601", "2026-03-02 09:08:07,250", ms},
		{"ISO8601", "2026-03-02T09:08:07.25+01", zoned(ms, 3600)},
		{"rfc1123", "Mon, 02 Mar 2026 09:08:07 GMT", zoned(at(2026, 3, 2, 9, 8, 7, 0), 0)},
		{"httpdate", "02/Mar/2026:09:08:07 +0000", zoned(at(2026, 3, 2, 9, 8, 7, 0), 0)},
		{"epoch", "1772442487", Civil{IsUnix: true, Unix: 1772442487e9}},
		{"epoch", "1772442487250", Civil{IsUnix: true, Unix: 1772442487250e6}},
		{"epoch_s", "1772442487.25", Civil{IsUnix: true, Unix: 1772442487250e6}},
		{"epoch_us", "1772442487250000", Civil{IsUnix: true, Unix: 1772442487250e6}},
	}
	for _, test := range tests {
		l, err := NewLayout(test.layout)
		if err != nil {
			t.Errorf("%s: %v", test.layout, err)
			continue
		}
		have, ok := l.Read([]byte(" " + test.text + " "))
		if diff := cmp.Diff(test.want, have); diff != "" || !ok {
			t.Errorf("%s: %q: ok %v (-want +have):\n%s", test.layout, test.text, ok, diff)
		}
	}
}

// A text that is not written as the layout says, or that no calendar has, is no time.
func TestLayoutRefuses(t *testing.T) {
	for _, test := range []struct{ layout, text string }{
		{"2006-01-02 15:04:05", "2026-02-29 09:08:07"},
		{"2006-01-02 15:04:05", "2026-13-01 09:08:07"},
		{"2006-01-02 15:04:05", "2026-03-02 24:08:07"},
		{"2006-01-02 15:04:05", "2026-03-02 09:08:07 x"},
		{"2006-01-02 15:04:05", "2026-03-02 09:08"},
		{"2006-01-02 15:04:05", ""},
		{"3:04 PM", "13:04 PM"},
		{"%Y %j %H", "2026 366 09"},
		{"Jan _2 15:04:05", "Foo  2 09:08:07"},
		{"epoch_ns", "99999999999999999999"},
		{"epoch_s", "99999999999"},
		{"epoch_s", "17.x"},
	} {
		l, err := NewLayout(test.layout)
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := l.Read([]byte(test.text)); ok {
			t.Errorf("%s took %q for %+v", test.layout, test.text, c)
		}
	}
}

func TestLayoutFaults(t *testing.T) {
	for _, test := range []struct {
		layout string
		column int
		want   string
	}{
		{"%Y-%Q-%d", 4, `expected a directive of strftime, found "%Q"`},
		{"%Y-%m-%", 7, `expected a letter behind %`},
		{"yyyy-MM-dd QQQ", 12, `expected letters of a layout such as yyyy-MM-dd HH:mm:ss, found "QQQ"; text stands in single quotes`},
		{"yyyy-MM-dd'T", 11, `expected a second ' that ends the text`},
		{"%I:%M", 1, `has hours of 12 without AM or PM`},
		{"%Y-%m %H:%M", 1, `has a part of a date alone`},
		{"%H:%S", 1, `has minutes or seconds without what they belong to`},
		{"%Y-%m-%d %Y", 1, `has one part twice`},
		{"...", 1, `expected a layout such as "2006-01-02 15:04:05.000"`},
		{"%s", 1, `the layout epoch_s is a time in seconds`},
		{"", 1, `expected a layout of times`},
	} {
		_, err := NewLayout(test.layout)
		var at *Error
		if !errors.As(err, &at) || at.Column != test.column || !strings.Contains(at.Message, test.want) {
			t.Errorf("%s: have %+v, want %d: %s", test.layout, err, test.column, test.want)
		}
	}
}

// A layout reads what Go writes with it.
func FuzzLayout(f *testing.F) {
	f.Add("2006-01-02 15:04:05.000", int64(1772442487250))
	f.Add("Mon Jan _2 03:04:05 PM 2006", int64(0))
	f.Add("%Y-%m-%d", int64(1))
	f.Add("yyyy", int64(1))
	f.Fuzz(func(t *testing.T, layout string, ms int64) {
		l, err := NewLayout(layout)
		if err != nil {
			return
		}
		l.Read([]byte(time.UnixMilli(ms % 4e12).UTC().Format(layout)))
	})
}
