package pattern

import (
	"bytes"
	"math"
	"strconv"
)

// Read reads a time that is all of b, blanks around it aside. ok is false when b is not
// written as the layout says, or no calendar has it.
func (l *Layout) Read(b []byte) (c Civil, ok bool) {
	b = bytes.TrimSpace(b)
	if l.epoch != 0 {
		c.IsUnix = true
		c.Unix, ok = readEpoch(b, l.epoch)
		return c, ok
	}
	r := reader{b: b}
	for _, p := range l.parts {
		if !r.part(p) {
			return Civil{}, false
		}
	}
	return r.civil()
}

// reader reads the parts of a time one after the other.
type reader struct {
	Civil
	b       []byte
	yearDay int
	half    byte // 'a' or 'p'
}

// civil is what was read, when nothing is left and the calendar has it.
func (r *reader) civil() (Civil, bool) {
	c := r.Civil
	if len(r.b) > 0 {
		return c, false
	}
	if r.half != 0 {
		if c.Hour < 1 || c.Hour > 12 {
			return c, false
		}
		c.Hour %= 12
		if r.half == 'p' {
			c.Hour += 12
		}
	}
	if r.yearDay > 0 {
		if !c.fromYearDay(r.yearDay) {
			return c, false
		}
	}
	if c.Day != 0 || c.Month != 0 {
		if c.Month < 1 || c.Month > 12 || c.Day < 1 || c.Day > monthLength(c.Year, c.Month) {
			return c, false
		}
	}
	return c, c.Hour < 24 && c.Min < 60 && c.Sec <= 60
}

// fromYearDay sets month and day from the day of the year; without a year it takes one
// of 366 days.
func (c *Civil) fromYearDay(day int) bool {
	for c.Month = 1; c.Month <= 12; c.Month++ {
		n := monthLength(c.Year, c.Month)
		if day <= n {
			c.Day = day
			return true
		}
		day -= n
	}
	return false
}

// monthLength returns the days of a month; year 0, which is not known, may be a leap year.
func monthLength(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func (r *reader) part(p part) bool {
	switch p.is {
	case text:
		return r.text(p.text)
	case year4:
		return r.number(&r.Year, 4, 4)
	case year2:
		if !r.number(&r.Year, 2, 2) {
			return false
		}
		if r.Year += 1900; r.Year < 1970 {
			r.Year += 100
		}
		return true
	case month2:
		return r.number(&r.Month, 1, 2)
	case monthName:
		r.Month = r.name(monthNames)
		return r.Month > 0
	case day2:
		r.b = bytes.TrimLeft(r.b, " ")
		return r.number(&r.Day, 1, 2)
	case dayOfYear:
		return r.number(&r.yearDay, 1, 3) && r.yearDay > 0
	case weekday:
		return r.name(dayNames) > 0
	case hour24, hour12:
		r.b = bytes.TrimLeft(r.b, " ")
		return r.number(&r.Hour, 1, 2)
	case minute:
		return r.number(&r.Min, 1, 2)
	case second:
		return r.number(&r.Sec, 1, 2)
	case fraction:
		return r.fraction()
	case optionalFraction:
		if len(r.b) < 2 || r.b[0] != '.' && r.b[0] != ',' {
			return true
		}
		r.b = r.b[1:]
		return r.fraction()
	case ampm:
		return r.ampm()
	case offset:
		return r.offset()
	case zoneName:
		return r.zoneName()
	case dateTime:
		if len(r.b) > 0 && (r.b[0] == 'T' || r.b[0] == 't') {
			r.b = r.b[1:]
			return true
		}
		return r.text(" ")
	case optionalZone:
		r.b = bytes.TrimLeft(r.b, " ")
		return len(r.b) == 0 || r.offset()
	}
	return false
}

// text passes over text; a blank stands for one or more.
func (r *reader) text(s string) bool {
	if !bytes.HasPrefix(r.b, []byte(s)) {
		return false
	}
	if r.b = r.b[len(s):]; s == " " {
		r.b = bytes.TrimLeft(r.b, " ")
	}
	return true
}

// number reads low to high digits.
func (r *reader) number(into *int, low, high int) bool {
	n, v := 0, 0
	for n < high && n < len(r.b) && r.b[n]-'0' < 10 {
		v = v*10 + int(r.b[n]-'0')
		n++
	}
	if n < low {
		return false
	}
	*into, r.b = v, r.b[n:]
	return true
}

func (r *reader) fraction() bool {
	n, unit := 0, int(1e8)
	r.Nanosecond = 0
	for n < len(r.b) && r.b[n]-'0' < 10 {
		r.Nanosecond += int(r.b[n]-'0') * unit
		unit /= 10
		n++
	}
	r.b = r.b[n:]
	return n > 0
}

var (
	monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	dayNames   = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
)

// name reads a name or its first three letters in any case, and returns its number from 1.
func (r *reader) name(names []string) int {
	n := 0
	for n < len(r.b) && (r.b[n]|0x20)-'a' < 26 {
		n++
	}
	word := string(bytes.ToLower(r.b[:n]))
	for i, full := range names {
		if word == full || word == full[:3] || word == "sept" && full == "september" {
			r.b = bytes.TrimPrefix(r.b[n:], []byte(".")) // Sept.
			return i + 1
		}
	}
	return 0
}

func (r *reader) ampm() bool {
	if len(r.b) < 2 || r.b[1]|0x20 != 'm' {
		return false
	}
	r.half = r.b[0] | 0x20
	r.b = r.b[2:]
	return r.half == 'a' || r.half == 'p'
}

func (r *reader) offset() bool {
	if len(r.b) > 0 && r.b[0]|0x20 == 'z' {
		r.Zoned, r.b = true, r.b[1:]
		return true
	}
	if len(r.b) < 3 || r.b[0] != '+' && r.b[0] != '-' {
		return false
	}
	negative := r.b[0] == '-'
	var hours, minutes int
	r.b = r.b[1:]
	if !r.number(&hours, 2, 2) {
		return false
	}
	rest := r.b
	r.b = bytes.TrimPrefix(r.b, []byte(":"))
	if !r.number(&minutes, 2, 2) {
		r.b = rest
	}
	if r.Zoned, r.Offset = true, hours*3600+minutes*60; negative {
		r.Offset = -r.Offset
	}
	return hours <= 14 && minutes < 60
}

// zoneName reads UTC, GMT, Z, an offset, or passes over another abbreviation.
func (r *reader) zoneName() bool {
	n := 0
	for n < len(r.b) && (r.b[n]|0x20)-'a' < 26 {
		n++
	}
	switch string(r.b[:n]) {
	case "":
		return r.offset()
	case "UTC", "GMT", "Z", "utc", "gmt", "z":
		r.Zoned = true
	}
	r.b = r.b[n:]
	return n <= 5
}

// readEpoch reads a number since 1970, with a fraction where it has one.
func readEpoch(b []byte, unit int64) (int64, bool) {
	whole, rest, fraction := bytes.Cut(b, []byte("."))
	n, err := strconv.ParseInt(string(whole), 10, 64)
	if err != nil || n < 0 {
		return 0, false
	}
	if unit == autoEpoch {
		switch {
		case n < 1e11:
			unit = 1e9
		case n < 1e14:
			unit = 1e6
		case n < 1e17:
			unit = 1e3
		default:
			unit = 1
		}
	}
	if n > math.MaxInt64/unit {
		return 0, false
	}
	n *= unit
	for _, c := range rest {
		if c-'0' >= 10 {
			return 0, false
		}
		unit /= 10
		n += int64(c-'0') * unit
	}
	return n, n >= 0 && (!fraction || len(rest) > 0)
}
