package query

import (
	"math"
	"strconv"
	"strings"
	"time"

	"foghorn/pipeline"
)

// Canonical returns the form in which a field's values are compared by Equal: two values
// are equal exactly when their canonical forms are. Numbers take their shortest spelling
// (500, 500.0, +5e2 and 0500 are 500), all else is folded.
func Canonical(value string) string {
	n, ok := parseNumber(value)
	switch {
	case !ok:
		return foldString(value)
	case n.whole:
		return strconv.FormatInt(n.i, 10)
	}
	return strconv.FormatFloat(n.f, 'g', -1, 64)
}

// number is the value of a text that is a decimal number: a whole one that fits int64, or
// one with a point or exponent. Longer digit strings are ids and no numbers.
type number struct {
	whole bool
	i     int64
	f     float64
}

func parseNumber(s string) (number, bool) {
	if s == "" || len(s) > 40 {
		return number{}, false
	}
	digits, fraction := false, false
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits = true
		case c == '.', (c == 'e' || c == 'E') && digits:
			fraction = true
		case c == '+', c == '-':
			if i > 0 && s[i-1] != 'e' && s[i-1] != 'E' {
				return number{}, false
			}
		default:
			return number{}, false
		}
	}
	if !digits {
		return number{}, false
	}
	if !fraction {
		i, err := strconv.ParseInt(s, 10, 64)
		return number{whole: true, i: i, f: float64(i)}, err == nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return number{}, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return number{whole: true, i: int64(f), f: f}, true
	}
	return number{f: f}, true
}

func (n number) compare(o number) int {
	switch {
	case n.whole && o.whole && n.i < o.i, !(n.whole && o.whole) && n.f < o.f:
		return -1
	case n.whole && o.whole && n.i > o.i, !(n.whole && o.whole) && n.f > o.f:
		return 1
	}
	return 0
}

// parseTime reads an RFC 3339 time; the check before it spares the cost of an error.
func parseTime(s string) (time.Time, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[10] != 'T' && s[10] != 't' {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

// isLevel reports whether a field holds the normalised name of a level.
func isLevel(name string) bool { return pipeline.CanonicalField(name) == "severity_text" }

// levelName returns the normalised name of a level in any spelling.
func levelName(word string) (string, bool) {
	s, ok := pipeline.ParseSeverity(strings.TrimSpace(word))
	return s.String(), ok
}
