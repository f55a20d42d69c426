package parse

import "bytes"

// stamp reads a timestamp at the beginning of b and returns the Unix nanoseconds and how
// many bytes it takes; n is 0 when there is none. After it comes no letter or digit.
//
//	2016-12-19T23:00:00.123456Z      2016-12-19 23:00:00,123 +0100    2016/12/19 23:00:00
//	2016-12-19-23.00.00.123456       2016.12.19 23:00:00              20161219-23:00:00:123
//	20161219T230000Z                 161219 230000                    16/12/19 23:00:00
//	19/Dec/2016:23:00:00 +0100       19 Dec 2016 23:00:00             19-Dec-2016 23:00:00.123
//	12/19/2016 11:00:00 PM           12-19 23:00:00.123               12.19 23:00:00
//	Dec 19 23:00:00                  Dec 19 2016 23:00:00             Dec 19, 2016 11:00:00 PM
//	Mon Dec 19 23:00:00.123 2016     Mon, 19 Dec 2016 23:00:00 GMT    Mon Dec 19 23:00:00 UTC 2016
//
// The order of a date's numbers is settled as described at settle. An abbreviation that is
// no zone's, or several zones', does not tell a zone and is passed over.
func (c *clock) stamp(b []byte) (ns int64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	if c.at == &b[0] && c.size == len(b) { // several formats ask for the same
		return c.ns, c.n
	}
	ns, n = c.readStamp(b)
	c.at, c.size, c.ns, c.n = &b[0], len(b), ns, n
	return ns, n
}

func (c *clock) readStamp(b []byte) (ns int64, n int) {
	if len(b) < 14 {
		return 0, 0
	}
	var t civil
	switch {
	case isDigit(b[0]):
		n = t.readNumeric(b)
	case isLetter(b[0]):
		n = t.readNamed(b)
	}
	if n == 0 || !c.settle(&t) || !t.valid() || n < len(b) && isWordByte(b[n]) {
		return 0, 0
	}
	return c.unix(&t), n
}

// whole reads a timestamp that is all of b.
func (c *clock) whole(b []byte) (int64, bool) {
	b = bytes.TrimSpace(b)
	ns, n := c.readStamp(b) // b may be memory that is used again
	return ns, n > 0 && n == len(b)
}

// readNumeric reads a timestamp that begins with a digit.
func (t *civil) readNumeric(b []byte) int {
	digits := 1
	for digits < len(b) && digits < 9 && isDigit(b[digits]) {
		digits++
	}
	if digits == len(b) {
		return 0
	}
	switch digits {
	case 4: // 2016-12-19...
		t.year = num(b, 0, 4)
		sep := b[4]
		if sep != '-' && sep != '/' && sep != '.' {
			return 0
		}
		m, i := num12(b, 5)
		if i == 0 || i >= len(b) || b[i] != sep {
			return 0
		}
		d, i := num12(b, i+1)
		t.month, t.day = m, d
		return t.readTime(b, i, false)
	case 8: // 20161219T230000Z, 20161219-23:00:00:123
		t.year, t.month, t.day = num(b, 0, 4), num(b, 4, 2), num(b, 6, 2)
		if len(b) >= 15 && (b[8] == 'T' || b[8] == '-' || b[8] == ' ') && allDigits(b[9:15]) {
			t.hour, t.min, t.sec = num(b, 9, 2), num(b, 11, 2), num(b, 13, 2)
			return t.readZone(b, t.readFraction(b, 15))
		}
		return t.readTime(b, 8, true)
	case 6: // 161219 230000, 161219 23:00:00
		t.year, t.month, t.day = century(num(b, 0, 2)), num(b, 2, 2), num(b, 4, 2)
		if b[6] == ' ' && allDigits(b[7:13]) && b[13] == ' ' {
			t.hour, t.min, t.sec = num(b, 7, 2), num(b, 9, 2), num(b, 11, 2)
			return 13
		}
		return t.readTime(b, 6, false)
	case 1, 2:
		return t.readShort(b, digits)
	}
	return 0
}

// readShort reads a timestamp that begins with a number of one or two digits.
func (t *civil) readShort(b []byte, digits int) int {
	first := num(b, 0, digits)
	sep := b[digits]
	if isLetter(b[digits+1]) { // 19/Dec/2016:..., 19 Dec 2016 ..., 19-Dec-2016 ...
		if sep != '/' && sep != ' ' && sep != '-' {
			return 0
		}
		i := digits + 1
		t.day, t.month = first, month(b[i:])
		if t.month == 0 || i+8 >= len(b) || b[i+3] != sep {
			return 0
		}
		if sep == ' ' && b[i+6] == ':' { // 19 Dec 23:00:00.123
			return t.readTime(b, i+3, false)
		}
		if !allDigits(b[i+4 : i+8]) {
			return 0
		}
		t.year = num(b, i+4, 4)
		return t.readTime(b, i+8, false)
	}
	if sep != '/' && sep != '-' && sep != '.' {
		return 0
	}
	second, i := num12(b, digits+1)
	if i == 0 || i >= len(b) {
		return 0
	}
	if b[i] != sep { // 12-19 23:00:00.123
		if b[i] != ' ' || sep == '/' || digits != 2 {
			return 0
		}
		t.mixed = mixed{2, [3]int{first, second}, monthFirst}
		return t.readTime(b, i, false)
	}
	if i+4 < len(b) && allDigits(b[i+1:i+5]) { // 12/19/2016 11:00:00 PM
		t.year, t.mixed = num(b, i+1, 4), mixed{2, [3]int{first, second}, monthFirst}
		if sep == '.' { // 19.12.2016 is German
			t.mixed.usual = dayFirst
		}
		return t.readTime(b, i+5, false)
	}
	if sep != '/' || digits != 2 {
		return 0
	}
	third, i := num12(b, i+1) // 16/12/19 23:00:00
	if i == 0 {
		return 0
	}
	t.mixed = mixed{3, [3]int{first, second, third}, yearFirst}
	return t.readTime(b, i, false)
}

// readNamed reads a timestamp that begins with the name of a weekday or month.
func (t *civil) readNamed(b []byte) int {
	i := 0
	day := month(b) == 0
	if day {
		if !weekday(b) {
			return 0
		}
		for i = 3; i < len(b) && i < 10 && isLetter(b[i]); i++ { // Monday
		}
		if i < len(b) && b[i] == ',' {
			i++
		}
		if i = blanks(b, i); i >= len(b) {
			return 0
		}
		if isDigit(b[i]) { // Mon, 19 Dec 2016 23:00:00 GMT
			d := 1
			if i+1 < len(b) && isDigit(b[i+1]) {
				d = 2
			}
			if len(b) < i+14 {
				return 0
			}
			if n := t.readShort(b[i:], d); n > 0 {
				return i + n
			}
			return 0
		}
	}
	if t.month = month(b[i:]); t.month == 0 {
		return 0
	}
	if i += 3; i >= len(b) || b[i] != ' ' {
		return 0
	}
	t.day, i = num12(b, blanks(b, i))
	if i == 0 || i+1 >= len(b) {
		return 0
	}
	if b[i] == ',' {
		i++
	}
	if j := blanks(b, i); j+4 < len(b) && allDigits(b[j:j+4]) { // Dec 19 2016 23:00:00
		t.year = num(b, j, 4)
		i = j + 4
	}
	if i = t.readTime(b, i, false); i == 0 || t.year != 0 {
		return i
	}
	// Mon Dec 19 23:00:00 2016, with or without a zone's name before the year
	j := i
	if day && j+4 < len(b) && b[j] == ' ' && isUpper(b[j+1]) && isUpper(b[j+2]) && isUpper(b[j+3]) {
		for j += 3; j < len(b) && isUpper(b[j]); j++ {
		}
	}
	if j+5 <= len(b) && b[j] == ' ' && (b[j+1] == '1' || b[j+1] == '2') && allDigits(b[j+1:j+5]) && (j+5 == len(b) || b[j+5] == ' ' || b[j+5] == ']') {
		if year := num(b, j+1, 4); year >= 1970 && year < 2200 {
			t.year = year
			return j + 5
		}
	}
	return i
}
