package parse

// readTime reads the time of day behind a date that ends at i, with fraction, AM or PM
// and zone. lax says that minutes and seconds may lack their leading zero and a fraction
// may stand after a colon, in milliseconds.
func (t *civil) readTime(b []byte, i int, lax bool) int {
	if i == 0 || i >= len(b) {
		return 0
	}
	switch b[i] {
	case ' ', 'T', '-', '_', ':':
		i++
	case ',':
		if i++; i < len(b) && b[i] == ' ' {
			i++
		}
	default:
		return 0
	}
	return t.clockTime(b, blanks(b, i), lax)
}

// clockTime reads the time of day at i; see readTime.
func (t *civil) clockTime(b []byte, i int, lax bool) int {
	var ok bool
	if t.hour, i = num12(b, i); i == 0 || i >= len(b) {
		return 0
	}
	sep := b[i]
	if sep != ':' && sep != '.' {
		return 0
	}
	if t.min, i, ok = sixty(b, i+1, lax); !ok || i >= len(b) || b[i] != sep {
		return 0
	}
	if t.sec, i, ok = sixty(b, i+1, lax); !ok {
		return 0
	}
	if lax && i+1 < len(b) && b[i] == ':' && isDigit(b[i+1]) {
		ms := 0
		for i++; i < len(b) && isDigit(b[i]) && ms < 1000; i++ {
			ms = ms*10 + int(b[i]-'0')
		}
		t.nsec = min(ms, 999) * 1e6
	} else {
		i = t.readFraction(b, i)
	}
	if i+2 < len(b) && b[i] == ' ' && b[i+2]|0x20 == 'm' && (i+3 == len(b) || !isWordByte(b[i+3])) {
		switch b[i+1] | 0x20 {
		case 'a':
			if i += 3; t.hour == 12 {
				t.hour = 0
			}
		case 'p':
			if i += 3; t.hour < 12 {
				t.hour += 12
			}
		}
	}
	return t.readZone(b, i)
}

// readFraction reads a fraction of a second at i, where there is one.
func (t *civil) readFraction(b []byte, i int) int {
	if i+1 >= len(b) || b[i] != '.' && b[i] != ',' || !isDigit(b[i+1]) {
		return i
	}
	unit := int(1e8)
	for i++; i < len(b) && isDigit(b[i]); i++ {
		t.nsec += int(b[i]-'0') * unit
		unit /= 10
	}
	return i
}

// readZone reads a zone at i, where there is one, after at most one blank.
func (t *civil) readZone(b []byte, i int) int {
	j := i
	if j < len(b) && b[j] == ' ' {
		j++
	}
	if j >= len(b) {
		return i
	}
	switch c := b[j]; {
	case c == 'Z' && (j+1 == len(b) || !isWordByte(b[j+1])):
		t.zoned = true
		return j + 1
	case isUpper(c):
		if offset, n := zoneName(b[j:]); n > 0 { // the year may follow: Mon Dec 19 23:00:00 UTC 2016
			t.zoned, t.offset = true, offset
			return j + n
		}
	case c == '+' || c == '-':
		h, k, ok := num2(b, j+1)
		if !ok || h > 14 {
			return i
		}
		m, short := 0, true
		if l := k; l < len(b) {
			if b[l] == ':' {
				l++
			}
			if v, e, ok := num2(b, l); ok && v < 60 {
				m, k, short = v, e, false
			}
		}
		if short && j != i || k < len(b) && isWordByte(b[k]) { // " -05" is too little
			return i
		}
		t.zoned, t.offset = true, h*3600+m*60
		if c == '-' {
			t.offset = -t.offset
		}
		return k
	}
	return i
}
