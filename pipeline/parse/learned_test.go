package parse

import (
	"testing"
	"time"
)

// parseAt parses lines of one source, each seen at its time, and returns their times.
func parseAt(t *testing.T, cfg Config, zone string, lines [][2]string) []string {
	t.Helper()
	p := New(cfg)
	var times []string
	for _, pair := range lines {
		l := shippedLine(pair[0])
		l.Zone = zone
		at, err := time.Parse(time.RFC3339, pair[1])
		if err != nil {
			t.Fatal(err)
		}
		l.Observed = at
		e := p.Parse(l)
		have := e.EventTime().Format("2006-01-02T15:04:05Z")
		if e.TimeObserved {
			have = "observed"
		}
		times = append(times, have)
	}
	return times
}

// The order of day, month and year: a number that can be only one of them decides for the
// source, until another one decides otherwise.
func TestOrderOfDates(t *testing.T) {
	const seen = "2017-06-20T12:00:00Z"
	tests := []struct {
		name  string
		lines [][3]string // line, seen, want
	}{
		{"nothing decides: month first", [][3]string{
			{"03/04/2016 10:00:00 INFO x", seen, "2016-03-04T10:00:00Z"}}},
		{"a day over 12 in the first place decides", [][3]string{
			{"03/04/2016 10:00:00 INFO x", seen, "2016-03-04T10:00:00Z"},
			{"13/02/2016 10:00:00 INFO x", seen, "2016-02-13T10:00:00Z"},
			{"03/04/2016 10:00:00 INFO x", seen, "2016-04-03T10:00:00Z"},
			{"12/12/2016 10:00:00 INFO x", seen, "2016-12-12T10:00:00Z"},
			{"04/03/2016 10:00:00 INFO x", seen, "2016-03-04T10:00:00Z"}}},
		{"a day over 12 in the second place decides", [][3]string{
			{"02/13/2016 10:00:00 INFO x", seen, "2016-02-13T10:00:00Z"},
			{"03/04/2016 10:00:00 INFO x", seen, "2016-03-04T10:00:00Z"}}},
		{"learned anew when it stops fitting", [][3]string{
			{"13/02/2016 10:00:00 INFO x", seen, "2016-02-13T10:00:00Z"},
			{"02/14/2016 10:00:00 INFO x", seen, "2016-02-14T10:00:00Z"},
			{"03/04/2016 10:00:00 INFO x", seen, "2016-03-04T10:00:00Z"}}},
		{"before that, the reading within a day of the observed time", [][3]string{
			{"04/03/2017 10:00:00 INFO x", "2017-03-04T10:00:05Z", "2017-03-04T10:00:00Z"},
			{"03/04/2017 10:00:00 INFO x", "2017-03-04T10:00:05Z", "2017-03-04T10:00:00Z"}}},
		{"points: day first", [][3]string{
			{"03.04.2016 10:00:00 INFO x", seen, "2016-04-03T10:00:00Z"}}},
		{"points without a year: month first, until a day decides", [][3]string{
			{"[10.12 16:49:06] x", seen, "2016-10-12T16:49:06Z"},
			{"[30.10 16:49:06] x", seen, "2016-10-30T16:49:06Z"},
			{"[10.12 16:49:06] x", seen, "2016-12-10T16:49:06Z"}}},
		{"three numbers of two digits: year first", [][3]string{
			{"17/06/09 20:10:40 INFO x", seen, "2017-06-09T20:10:40Z"},
			{"09/06/05 20:10:40 INFO x", seen, "2009-06-05T20:10:40Z"}}},
		{"unless that were to come", [][3]string{
			{"19/06/17 20:10:40 INFO x", seen, "2017-06-19T20:10:40Z"},
			{"09/06/17 20:10:40 INFO x", seen, "2017-06-09T20:10:40Z"}}},
		{"or the day cannot be", [][3]string{
			{"06/30/16 20:10:40 INFO x", seen, "2016-06-30T20:10:40Z"},
			{"06/09/16 20:10:40 INFO x", seen, "2016-06-09T20:10:40Z"}}},
		{"no date in any order", [][3]string{
			{"13/13/2016 10:00:00 INFO x", seen, "observed"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines [][2]string
			for _, l := range tt.lines {
				lines = append(lines, [2]string{l[0], l[1]})
			}
			for i, have := range parseAt(t, Config{}, "", lines) {
				if have != tt.lines[i][2] {
					t.Errorf("line %d, %s: have %s, want %s", i+1, tt.lines[i][0], have, tt.lines[i][2])
				}
			}
		})
	}
}

// A time that the clocks show twice is never later than the line was seen; it is the second
// where the line was seen at once after it, else the first that is not before the source's
// line before.
func TestTheHourThatComesTwice(t *testing.T) {
	tests := []struct {
		name  string
		zone  string
		lines [][3]string
	}{
		{"live, the first time", "Europe/Berlin", [][3]string{
			{"2016-10-30 02:30:00 INFO x", "2016-10-30T00:30:01Z", "2016-10-30T00:30:00Z"}}},
		{"live, the second time", "Europe/Berlin", [][3]string{
			{"2016-10-30 02:30:00 INFO x", "2016-10-30T01:30:01Z", "2016-10-30T01:30:00Z"}}},
		{"a backlog in order", "Europe/Berlin", [][3]string{
			{"2016-10-30 01:50:00 INFO x", "2016-11-05T00:00:00Z", "2016-10-29T23:50:00Z"},
			{"2016-10-30 02:10:00 INFO x", "2016-11-05T00:00:00Z", "2016-10-30T00:10:00Z"},
			{"2016-10-30 02:55:00 INFO x", "2016-11-05T00:00:00Z", "2016-10-30T00:55:00Z"},
			{"2016-10-30 02:05:00 INFO x", "2016-11-05T00:00:00Z", "2016-10-30T01:05:00Z"},
			{"2016-10-30 02:59:59 INFO x", "2016-11-05T00:00:00Z", "2016-10-30T01:59:59Z"},
			{"2016-10-30 03:00:00 INFO x", "2016-11-05T00:00:00Z", "2016-10-30T02:00:00Z"}}},
		{"an old line alone: the first", "Europe/Berlin", [][3]string{
			{"2016-10-30 02:30:00 INFO x", "2016-11-05T00:00:00Z", "2016-10-30T00:30:00Z"}}},
		{"the abbreviation tells", "Europe/Berlin", [][3]string{
			{"2016-10-30 02:30:00 CET INFO x", "2016-11-05T00:00:00Z", "2016-10-30T01:30:00Z"},
			{"2016-10-30 02:30:00 CEST INFO x", "2016-11-05T00:00:00Z", "2016-10-30T00:30:00Z"}}},
		{"New York", "America/New_York", [][3]string{
			{"2016-11-06 01:30:00 INFO x", "2016-11-06T05:30:01Z", "2016-11-06T05:30:00Z"},
			{"2016-11-06 01:31:00 INFO x", "2016-11-06T06:31:01Z", "2016-11-06T06:31:00Z"},
			{"2016-11-06 01:29:00 INFO x", "2016-11-06T06:29:01Z", "2016-11-06T06:29:00Z"}}},
		{"an hour that the clocks skip is read by the offset before", "Europe/Berlin", [][3]string{
			{"2016-03-27 01:59:59 INFO x", "2016-03-27T12:00:00Z", "2016-03-27T00:59:59Z"},
			{"2016-03-27 02:30:00 INFO x", "2016-03-27T12:00:00Z", "2016-03-27T01:30:00Z"},
			{"2016-03-27 03:00:00 INFO x", "2016-03-27T12:00:00Z", "2016-03-27T01:00:00Z"}}},
		{"summer and winter", "Europe/Berlin", [][3]string{
			{"2016-07-01 12:00:00 INFO x", "2016-11-05T00:00:00Z", "2016-07-01T10:00:00Z"},
			{"2016-01-01 12:00:00 INFO x", "2016-11-05T00:00:00Z", "2016-01-01T11:00:00Z"}}},
		{"New Year's Eve without a year, by the zone's clock", "Asia/Tokyo", [][3]string{
			{"Dec 31 23:59:59 web-1 a[1]: x", "2016-12-31T15:00:00Z", "2016-12-31T14:59:59Z"},
			{"Jan  1 00:00:01 web-1 a[1]: x", "2016-12-31T15:00:02Z", "2016-12-31T15:00:01Z"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines [][2]string
			for _, l := range tt.lines {
				lines = append(lines, [2]string{l[0], l[1]})
			}
			for i, have := range parseAt(t, Config{}, tt.zone, lines) {
				if have != tt.lines[i][2] {
					t.Errorf("line %d, %s: have %s, want %s", i+1, tt.lines[i][0], have, tt.lines[i][2])
				}
			}
		})
	}
}

// Every wall time of a year is an instant at which the clocks show it, as the standard
// library reads it, but for those that come twice or not at all.
func TestLocalAgreesWithTimeDate(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		c := clock{loc: loc}
		for at := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2016; at = at.Add(7*time.Minute + 3*time.Second) {
			wall := at.Unix()
			have := time.Unix(c.local(wall), 0).In(loc)
			shown := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, loc)
			_, offset := shown.Zone()
			if exists := shown.Unix()+int64(offset) == wall; !exists {
				continue
			}
			if _, offset := have.Zone(); have.Unix()+int64(offset) != wall {
				t.Errorf("%s: %v is read as %v, time.Date has %v", name, at, have, shown)
			}
		}
	}
}

// A zone that there is not counts as none; the configuration's then holds.
func TestZones(t *testing.T) {
	tests := []struct{ zone, line, want string }{
		{"Europe/Berlin", "2016-12-19 12:00:00 INFO x", "2016-12-19T11:00:00Z"},
		{"No/Such", "2016-12-19 12:00:00 INFO x", "2016-12-19T10:00:00Z"},
		{"../../etc/passwd", "2016-12-19 12:00:00 INFO x", "2016-12-19T10:00:00Z"},
		{"", "2016-12-19 12:00:00 INFO x", "2016-12-19T10:00:00Z"},
		{"Europe/Berlin", "2016-12-19T12:00:00Z INFO x", "2016-12-19T12:00:00Z"},
	}
	for _, tt := range tests {
		have := parseAt(t, Config{Location: time.FixedZone("", 7200)}, tt.zone, [][2]string{{tt.line, "2016-12-20T00:00:00Z"}})
		if have[0] != tt.want {
			t.Errorf("%s in %q: have %s, want %s", tt.line, tt.zone, have[0], tt.want)
		}
	}
}

// The format that a source is set to have goes before what the parser would learn; a name
// that there is not, and a line that does not fit, are text.
func TestGivenFormat(t *testing.T) {
	tests := []struct {
		name, line, given, format, message string
		misfit                             bool
	}{
		{"it fits", `level=info msg=x`, "logfmt", "logfmt", "x", false},
		{"it would be another", `2016-12-19 23:00:00,123 INFO  [main] a.B: x`, "text", "text", "x", false},
		{"it does not fit", `level=info msg=x`, "json", "text", "level=info msg=x", true},
		{"it is unknown", `{"msg":"x"}`, "nope", "text", `{"msg":"x"}`, true},
		{"in a container", `2016-12-19T23:00:00.669794202Z stderr F {"msg":"x"}`, "json", "cri", "x", false},
		{"in a container, not fitting", `2016-12-19T23:00:00.669794202Z stderr F {"msg":"x"}`, "logfmt", "cri", `{"msg":"x"}`, true},
		{"in Docker", `{"log":"a=b msg=x\n","stream":"stdout","time":"2016-12-19T23:00:00Z"}`, "logfmt", "docker", "x", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := New(Config{})
			p.Parse(shippedLine(`{"msg":"before"}`))
			l := shippedLine(tt.line)
			l.Format = tt.given
			e := p.Parse(l)
			if p.Format() != tt.format || string(p.Message(e.Body)) != tt.message || p.Misfit() != tt.misfit || string(e.Body) != tt.line {
				t.Errorf("have %s %q misfit %v, want %s %q %v", p.Format(), p.Message(e.Body), p.Misfit(), tt.format, tt.message, tt.misfit)
			}
			if p.Parse(shippedLine(`{"msg":"after"}`)); p.Misfit() || p.Format() != "json" {
				t.Errorf("the line behind it: misfit %v, format %s", p.Misfit(), p.Format())
			}
		})
	}
}

// Every name of Formats is one that a source can be set to have.
func TestFormats(t *testing.T) {
	names := map[string]bool{}
	for i, name := range Formats() {
		if name == "" || names[name] || formats[i].read == nil || formats[i].begins == 0 {
			t.Errorf("format %d: %q", i, name)
		}
		names[name] = true
	}
	for _, tt := range samples {
		l := shippedLine(tt.line)
		l.Format = tt.want.format
		p := New(Config{})
		e := p.Parse(l)
		if have := told(p, &e); p.Misfit() || have != tt.want {
			t.Errorf("%s: not the same when its format is given: %+v", tt.name, have)
		}
		delete(names, tt.want.format)
	}
	for name := range names {
		t.Errorf("no sample of format %s", name)
	}
}

// The message is a part of the first line, at the place that MessageAt tells.
func TestMessageAt(t *testing.T) {
	for _, tt := range samples {
		p := New(Config{})
		l := shippedLine(tt.line)
		p.Parse(l)
		start, end, ok := p.MessageAt()
		if ok && tt.line[start:end] != string(p.Message(l.Raw)) {
			t.Errorf("%s: %q at %d to %d, want %q", tt.name, tt.line[start:end], start, end, p.Message(l.Raw))
		}
		if format := p.Format(); !ok && format != "json" && format != "docker" && format != "logfmt" && format != "syslog" && format != "cri" && format != "postgres_csv" {
			t.Errorf("%s: the message of format %s is not told where", tt.name, format)
		}
	}
}
