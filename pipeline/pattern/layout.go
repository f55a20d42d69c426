package pattern

import (
	"fmt"
	"strings"
)

// Layout is a way of writing a time. It is written in one of these ways:
//
//	2006-01-02 15:04:05.000    as package time of Go writes layouts
//	%Y-%m-%d %H:%M:%S.%f       as strftime(3) and Python write them
//	yyyy-MM-dd HH:mm:ss.SSS    as Java and Joda write them ('T' is text)
//	iso8601, rfc1123, ...      by name, see layoutNames
//	epoch, epoch_ms, ...       a number since 1970: epoch tells seconds to nanoseconds
//	                           apart by its size; epoch_s, epoch_ms, epoch_us, epoch_ns
//
// A fraction of a second may have any number of digits and stand behind '.' or ','; a blank
// stands for one or more blanks. A year, a date or a zone that the layout does not hold
// is missing in the Civil.
type Layout struct {
	parts []part
	epoch int64 // nanoseconds of one unit, autoEpoch, or 0 when it is no epoch
}

const autoEpoch = -1

// element is what a part of a layout reads.
type element uint8

const (
	text             element = iota // as it is written
	year4                           // 2026
	year2                           // 26: 1970 to 2069
	month2                          // 01, 1
	monthName                       // Jan, January
	day2                            // 02, 2, and 2 behind a blank
	dayOfYear                       // 002
	weekday                         // Mon, Monday: it says nothing more
	hour24                          // 15
	hour12                          // 03, 3
	minute                          // 04
	second                          // 05
	fraction                        // 000: what stands before it is its own part
	optionalFraction                // .000 or nothing
	ampm                            // AM, pm
	offset                          // Z, +01:00, +0100, +01
	zoneName                        // UTC, GMT, Z, or an abbreviation, which does not tell a zone
	dateTime                        // 'T' or blanks, as ISO 8601 has it
	optionalZone                    // an offset or nothing
)

type part struct {
	is   element
	text string
}

// Civil is a time as a line spells it.
type Civil struct {
	// Year is 0 when it is missing, Month and Day are 0 when the date is.
	Year, Month, Day           int
	Hour, Min, Sec, Nanosecond int
	// Zoned says that the line tells its zone: Offset is seconds east of UTC.
	Zoned  bool
	Offset int
	// IsUnix says that Unix (nanoseconds since 1970) is the time, and nothing else is set.
	IsUnix bool
	Unix   int64
}

// layoutNames are the layouts that have a name.
var layoutNames = map[string]string{
	"rfc3339":  "", // as iso8601
	"rfc1123":  "Mon, 02 Jan 2006 15:04:05 MST",
	"rfc1123z": "Mon, 02 Jan 2006 15:04:05 -0700",
	"rfc822":   "02 Jan 06 15:04 MST",
	"rfc822z":  "02 Jan 06 15:04 -0700",
	"rfc850":   "Monday, 02-Jan-06 15:04:05 MST",
	"ansic":    "Mon Jan _2 15:04:05 2006",
	"unixdate": "Mon Jan _2 15:04:05 MST 2006",
	"rubydate": "Mon Jan 02 15:04:05 -0700 2006",
	"httpdate": "02/Jan/2006:15:04:05 -0700",
	"clf":      "02/Jan/2006:15:04:05 -0700",
	"syslog":   "Jan _2 15:04:05",
	"stamp":    "Jan _2 15:04:05",
}

// isoParts is ISO 8601 and RFC 3339, with the freedom that logs take: blank or T, a
// fraction or none, a zone or none.
var isoParts = []part{
	{year4, ""}, {text, "-"}, {month2, ""}, {text, "-"}, {day2, ""}, {dateTime, ""},
	{hour24, ""}, {text, ":"}, {minute, ""}, {text, ":"}, {second, ""}, {optionalFraction, ""}, {optionalZone, ""},
}

var epochUnits = map[string]int64{
	"epoch": autoEpoch, "unix": autoEpoch, "epoch_s": 1e9, "epoch_ms": 1e6, "epoch_us": 1e3, "epoch_ns": 1,
	"unix_ms": 1e6, "unix_us": 1e3, "unix_ns": 1,
}

// NewLayout reads a layout. The error is an *Error with the place of the fault.
func NewLayout(s string) (*Layout, error) {
	l := &Layout{}
	name := strings.ToLower(s)
	if unit, ok := epochUnits[name]; ok {
		l.epoch = unit
		return l, nil
	}
	if name == "iso8601" || name == "rfc3339" {
		l.parts = isoParts
		return l, nil
	}
	written := s
	if known, ok := layoutNames[name]; ok {
		written = known
	}
	var err error
	switch {
	case written == "":
		return nil, &Error{1, "expected a layout of times"}
	case strings.Contains(written, "%"):
		err = l.strftime(written)
	case goLayout(written):
		l.golang(written)
	default:
		err = l.java(written)
	}
	if err == nil {
		err = l.check(s)
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// check finds what a layout cannot do without or has twice.
func (l *Layout) check(s string) error {
	var has [optionalZone + 1]bool
	for _, p := range l.parts {
		if p.is != text && p.is != zoneName && p.is != weekday && has[p.is] {
			return &Error{1, fmt.Sprintf("the layout %q has one part twice", s)}
		}
		has[p.is] = true
	}
	hour := has[hour24] || has[hour12]
	day := has[day2] && (has[month2] || has[monthName]) || has[dayOfYear]
	switch {
	case !hour && !day:
		return &Error{1, fmt.Sprintf(`expected a layout such as "2006-01-02 15:04:05.000", "%%Y-%%m-%%d %%H:%%M:%%S", "yyyy-MM-dd HH:mm:ss", or one of %s; found %q`, strings.Join(names(), ", "), s)}
	case has[hour12] && !has[ampm]:
		return &Error{1, fmt.Sprintf("the layout %q has hours of 12 without AM or PM", s)}
	case (has[minute] || has[second]) && !hour || has[second] && !has[minute]:
		return &Error{1, fmt.Sprintf("the layout %q has minutes or seconds without what they belong to", s)}
	case (has[year4] || has[year2]) && !day, has[day2] != (has[month2] || has[monthName]) && !has[dayOfYear]:
		return &Error{1, fmt.Sprintf("the layout %q has a part of a date alone", s)}
	}
	return nil
}

func (l *Layout) add(is element) { l.parts = append(l.parts, part{is: is}) }

// literal adds text; blanks are parts of their own, because one stands for several.
func (l *Layout) literal(s string) {
	for _, c := range []byte(s) {
		n := len(l.parts)
		if n == 0 || l.parts[n-1].is != text || c == ' ' || l.parts[n-1].text == " " {
			l.parts = append(l.parts, part{text, string(c)})
		} else {
			l.parts[n-1].text += string(c)
		}
	}
}

// fractionHere adds digits of a second. Behind a '.' or ',' the separator becomes part of
// it, so that a time without a fraction fits as well.
func (l *Layout) fractionHere() {
	n := len(l.parts)
	if n > 1 && l.parts[n-1].is == text && l.parts[n-2].is == second && (l.parts[n-1].text == "." || l.parts[n-1].text == ",") {
		l.parts[n-1] = part{is: optionalFraction}
		return
	}
	l.add(fraction)
}
