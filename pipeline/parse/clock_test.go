package parse

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A missing year is the one that brings the time nearest before the line was observed,
// and not more than a day after it.
func TestMissingYear(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("no zone data: %v", err)
	}
	tests := []struct {
		name, stamp, observed, want string
		loc                         *time.Location
	}{
		{"the same day", "Dec 10 06:55:46", "2016-12-10T07:00:00Z", "2016-12-10T06:55:46Z", time.UTC},
		{"New Year's Eve read on New Year's Day", "Dec 31 23:59:59", "2017-01-01T00:00:01Z", "2016-12-31T23:59:59Z", time.UTC},
		{"New Year's Day from a clock that goes fast", "Jan  1 00:00:05", "2016-12-31T23:59:59Z", "2017-01-01T00:00:05Z", time.UTC},
		{"a day ahead", "Mar  2 12:00:00", "2016-03-01T12:00:00Z", "2016-03-02T12:00:00Z", time.UTC},
		{"more than a day ahead is last year's", "Mar  2 12:00:01", "2016-03-01T12:00:00Z", "2015-03-02T12:00:01Z", time.UTC},
		{"an old backlog", "Jun 14 15:16:01", "2016-05-01T00:00:00Z", "2015-06-14T15:16:01Z", time.UTC},
		{"29 February", "Feb 29 10:00:00", "2018-05-01T00:00:00Z", "2016-02-29T10:00:00Z", time.UTC},
		{"New Year by the location's clock", "Jan  1 00:30:00", "2016-12-31T23:45:00Z", "2016-12-31T23:30:00Z", berlin},
		{"a zone of the location", "Jul  1 12:00:00", "2016-07-02T00:00:00Z", "2016-07-01T10:00:00Z", berlin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tt.observed)
			if err != nil {
				t.Fatal(err)
			}
			c := clock{loc: tt.loc, observed: at.UnixNano()}
			ns, n := c.stamp([]byte(tt.stamp))
			if have := time.Unix(0, ns).UTC().Format(time.RFC3339); n != len(tt.stamp) || have != tt.want {
				t.Errorf("%s (%d bytes), want %s", have, n, tt.want)
			}
		})
	}
}

func TestAMissingZoneIsTheLocations(t *testing.T) {
	c := clock{loc: time.FixedZone("", 3600)}
	for stamp, want := range map[string]string{
		"2016-12-19 23:00:00":       "2016-12-19T22:00:00Z",
		"2016-12-19 23:00:00Z":      "2016-12-19T23:00:00Z",
		"2016-12-19 23:00:00 -0230": "2016-12-20T01:30:00Z",
		"2016-12-19 23:00:00+05":    "2016-12-19T18:00:00Z",
		"2016-12-19 23:00:00 GMT":   "2016-12-19T23:00:00Z",
	} {
		ns, n := c.stamp([]byte(stamp))
		if have := time.Unix(0, ns).UTC().Format(time.RFC3339); n != len(stamp) || have != want {
			t.Errorf("%s: %s (%d bytes), want %s", stamp, have, n, want)
		}
	}
}

// Every time in these layouts is read as the standard library reads it.
func TestStampAgreesWithTimeParse(t *testing.T) {
	layouts := []string{
		time.RFC3339, time.RFC3339Nano, "2006-01-02 15:04:05.000", "2006-01-02 15:04:05,000", "2006-01-02T15:04:05.000-0700",
		"2006/01/02 15:04:05", "2006/01/02 15:04:05.000000", "2006-01-02-15.04.05.000000", "2006.01.02 15:04:05",
		"20060102T150405Z", "20060102-15:04:05", "20060102 15:04:05", "02/Jan/2006:15:04:05 -0700", "02 Jan 2006 15:04:05.000",
		"02-Jan-2006 15:04:05.000", "2-Jan-2006 15:04:05", "01/02/2006 03:04:05 PM", "1/2/2006 3:04:05 PM", "Jan _2 2006 15:04:05",
		"Jan 2, 2006 3:04:05 PM", time.ANSIC, "Mon Jan 02 15:04:05.000000 2006", time.UnixDate, time.RFC1123, time.RFC1123Z,
		"Monday, 02 Jan 2006 15:04:05 MST",
	}
	rapid.Check(t, func(t *rapid.T) {
		layout := rapid.SampledFrom(layouts).Draw(t, "layout")
		zone := rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 12600), time.FixedZone("", -8*3600)}).Draw(t, "zone")
		if layout == time.UnixDate || layout == time.RFC1123 || layout[len(layout)-1] == 'T' || layout[len(layout)-1] == 'Z' {
			zone = time.UTC
		}
		at := time.Unix(rapid.Int64Range(631152000, 4102444800).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns")).In(zone)
		text := at.Format(layout)
		want, err := time.Parse(layout, text)
		if err != nil {
			t.Fatal(err)
		}
		c := clock{loc: time.UTC}
		ns, n := c.stamp([]byte(text))
		if n != len(text) || ns != want.UnixNano() {
			t.Fatalf("%q: %v (%d of %d bytes), want %v", text, time.Unix(0, ns).UTC(), n, len(text), want.UTC())
		}
	})
}

func TestEpoch(t *testing.T) {
	for in, want := range map[string]int64{
		"1482188400": 1482188400e9, "1482188400123": 1482188400123e6, "1482188400123456": 1482188400123456e3,
		"1482188400123456789": 1482188400123456789, "1482188400.5": 1482188400.5e9, "1482188400.123456789": 1482188400123456789,
		"1482188400123.5": 1482188400123.5e6,
	} {
		if have, ok := epoch([]byte(in)); !ok || have != want {
			t.Errorf("%s: %d %v, want %d", in, have, ok, want)
		}
	}
	for _, in := range []string{"", "x", "-1", "1e9", "12345678901234567890", "1.2.3", "99999999999999999999999"} {
		if have, ok := epoch([]byte(in)); ok {
			t.Errorf("%q: %d, want none", in, have)
		}
	}
}
