package parse

import (
	"math"
	"time"
)

// clock reads timestamps; it knows what a line leaves out.
type clock struct {
	loc      *time.Location
	zone     string // the name that loc was set by, or empty
	observed int64  // Unix nanoseconds, 0 when not known
	// What is learned of the source: its time before, Unix nanoseconds or 0, and the order
	// of its dates.
	last  int64
	order dateOrder
	// What stamp found last, and where. It is forgotten with the line.
	at      *byte
	size, n int
	ns      int64
	// hourOffset is the location's offset throughout a wall clock's hour, in seconds.
	hour, hourOffset int64
	hourKnown        bool
}

// earliest is the first time that a line can tell: 1990. Before it are the zero values
// and the clocks of machines that do not know the time.
const earliest = 631152000 * int64(time.Second)

// civil is a time as a line spells it.
type civil struct {
	year           int // 0 when missing
	month, day     int
	hour, min, sec int
	nsec           int
	zoned          bool
	offset         int // seconds east of UTC
	mixed          mixed
}

func (t *civil) valid() bool {
	return t.month >= 1 && t.month <= 12 && t.day >= 1 && t.day <= daysIn(t.year, t.month) &&
		t.hour <= 23 && t.min <= 59 && t.sec <= 60
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) { // year 0 too: 29 is possible
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// unix returns the Unix nanoseconds of t: the smallest for years before 1900, the
// largest for years after 2200, which are no log's time and do not all fit.
func (c *clock) unix(t *civil) int64 {
	if t.year == 0 {
		return c.guessYear(t)
	}
	return c.inYear(t, t.year)
}

func (c *clock) inYear(t *civil, year int) int64 {
	switch {
	case year < 1900:
		return math.MinInt64
	case year > 2200:
		return math.MaxInt64
	}
	wall := daysSinceEpoch(year, t.month, t.day)*86400 + int64(t.hour*3600+t.min*60+t.sec)
	switch {
	case t.zoned:
		wall -= int64(t.offset)
	case c.loc != time.UTC:
		wall = c.local(wall)
	}
	return wall*int64(time.Second) + int64(t.nsec)
}

// guessYear gives t the year that puts it nearest before the observed time, and not more
// than a day after it: a line of New Year's Eve read on New Year's Day is last year's.
func (c *clock) guessYear(t *civil) int64 {
	if c.observed == 0 {
		return math.MinInt64
	}
	limit := c.observed + int64(24*time.Hour)
	year := time.Unix(0, limit).In(c.loc).Year() + 1
	for range 9 { // 29 February: up to eight years back
		if t.day <= daysIn(year, t.month) {
			if ns := c.inYear(t, year); ns <= limit {
				return ns
			}
		}
		year--
	}
	return math.MinInt64
}

// timeOfDay reads a time without a date that begins b, or stands behind a bracket there:
// 23:00:00.123, [23:00:00]. It is the one nearest to the observed time.
func (c *clock) timeOfDay(b []byte) (ns int64, start, end int) {
	if len(b) > 0 && b[0] == '[' {
		start = 1
	}
	if c.observed == 0 || len(b) < start+9 || b[start+2] != ':' || b[start+5] != ':' {
		return 0, 0, 0
	}
	var t civil
	if end = t.clockTime(b, start, false); end == 0 || end < len(b) && b[end] != ' ' && b[end] != ']' && b[end] != '\t' {
		return 0, 0, 0
	}
	limit := c.observed + int64(time.Hour)
	for days := 0; ; days-- {
		y, m, d := time.Unix(0, limit).In(c.loc).AddDate(0, 0, days).Date()
		t.year, t.month, t.day = y, int(m), d
		if !t.valid() {
			return 0, 0, 0
		}
		if ns = c.unix(&t); ns <= limit || days < -1 {
			break
		}
	}
	return ns, start, end
}

// daysSinceEpoch counts the days from 1970-01-01 in the proleptic Gregorian calendar
// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
func daysSinceEpoch(y, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}

// epoch reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970,
// told apart by its size, with a fraction or exponent where it has one.
func epoch(b []byte) (ns int64, ok bool) {
	if len(b) == 0 || len(b) > 32 {
		return 0, false
	}
	var whole int64
	i := 0
	for ; i < len(b) && isDigit(b[i]); i++ {
		if i >= 19 {
			return 0, false
		}
		whole = whole*10 + int64(b[i]-'0')
	}
	if i == 0 || whole < 0 {
		return 0, false
	}
	unit := int64(1)
	switch {
	case whole < 1e11:
		unit = 1e9
	case whole < 1e14:
		unit = 1e6
	case whole < 1e17:
		unit = 1e3
	}
	if whole > math.MaxInt64/unit {
		return 0, false
	}
	ns = whole * unit
	if i == len(b) {
		return ns, true
	}
	if b[i] != '.' {
		return 0, false
	}
	for i++; i < len(b); i++ {
		if !isDigit(b[i]) {
			return 0, false
		}
		unit /= 10
		ns += int64(b[i]-'0') * unit
	}
	return ns, ns >= 0
}
