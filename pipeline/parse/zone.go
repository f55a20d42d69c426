package parse

import "time"

// in sets the location of times that tell no zone: the one of an IANA name, else usual. A
// name that no zone has counts as none.
func (c *clock) in(name string, usual *time.Location) {
	if c.loc != nil && name == c.zone {
		return
	}
	c.zone, c.loc, c.hourKnown = name, usual, false
	if name != "" {
		if loc, err := time.LoadLocation(name); err == nil {
			c.loc = loc
		}
	}
}

// zoneAt returns how many seconds east of UTC a location's clocks are at an instant.
func zoneAt(loc *time.Location, unix int64) int64 {
	_, offset := time.Unix(unix, 0).In(loc).Zone()
	return int64(offset)
}

// local returns the instant, in seconds since 1970, at which the location's clocks show a
// wall time, itself given as the seconds since 1970 that it would be in UTC.
//
// A time that the clocks skip in spring is read by the offset before the change. One that
// they show twice in autumn is told apart as described at pick.
func (c *clock) local(wall int64) int64 {
	hour := wall / 3600
	if c.hourKnown && hour == c.hour {
		return wall - c.hourOffset
	}
	before, after := zoneAt(c.loc, wall-86400), zoneAt(c.loc, wall+86400)
	if before == after {
		c.hour, c.hourOffset, c.hourKnown = hour, before, true
		return wall - before
	}
	first, second := wall-before, wall-after
	early, late := zoneAt(c.loc, first) == before, zoneAt(c.loc, second) == after
	switch {
	case early && late && first != second:
		return c.pick(first, second)
	case late && !early:
		return second
	}
	return first
}

// pick chooses between the two instants of a wall time that comes twice: never one that is
// later than the line was seen; the second where the line was seen at once after it; else
// the first that is not before the source's line before.
func (c *clock) pick(first, second int64) int64 {
	const slack, disorder = 300, 60 // seconds
	observed, last := c.observed/1e9, c.last/1e9
	switch {
	case c.observed != 0 && second > observed+slack:
		return first
	case c.observed != 0 && second > observed-slack:
		return second
	case c.last != 0 && first < last-disorder && last < second+3600:
		return second
	}
	return first
}

// zoneName reads the abbreviation of a zone at the beginning of b and returns its length,
// 0 when it is none that tells an offset. Those that stand for several zones (CST, IST,
// BST) tell none; they are commonly the zone of Config.Location.
func zoneName(b []byte) (offset, n int) {
	for n < len(b) && n < 5 && isUpper(b[n]) {
		n++
	}
	if n < 3 || n < len(b) && isWordByte(b[n]) {
		return 0, 0
	}
	half := 0 // half hours east of UTC
	switch string(b[:n]) {
	case "UTC", "GMT", "WET":
	case "EST":
		half = -10
	case "EDT":
		half = -8
	case "MST":
		half = -14
	case "MDT":
		half = -12
	case "PST":
		half = -16
	case "PDT":
		half = -14
	case "AKST":
		half = -18
	case "AKDT":
		half = -16
	case "HST":
		half = -20
	case "CET", "WEST":
		half = 2
	case "CEST", "EET", "SAST":
		half = 4
	case "EEST", "MSK":
		half = 6
	case "AWST":
		half = 16
	case "JST", "KST":
		half = 18
	case "ACST":
		half = 19
	case "AEST":
		half = 20
	case "AEDT":
		half = 22
	case "NZST":
		half = 24
	case "NZDT":
		half = 26
	default:
		return 0, 0
	}
	return half * 1800, n
}
