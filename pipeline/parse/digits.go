package parse

// sixty reads minutes or seconds: two digits, or when lax one or two.
func sixty(b []byte, i int, lax bool) (v, end int, ok bool) {
	if !lax {
		return num2(b, i)
	}
	v, end = num12(b, i)
	return v, end, end > 0
}

// num reads n bytes that are known to be digits.
func num(b []byte, at, n int) int {
	v := 0
	for _, c := range b[at : at+n] {
		v = v*10 + int(c-'0')
	}
	return v
}

// num2 reads exactly two digits at i and returns where they end.
func num2(b []byte, i int) (v, end int, ok bool) {
	if i+2 > len(b) || !isDigit(b[i]) || !isDigit(b[i+1]) {
		return 0, i, false
	}
	return int(b[i]-'0')*10 + int(b[i+1]-'0'), i + 2, true
}

// num12 reads one or two digits, and no more, at i; end is 0 when there are none.
func num12(b []byte, i int) (v, end int) {
	if i >= len(b) || !isDigit(b[i]) {
		return 0, 0
	}
	v = int(b[i] - '0')
	if i++; i < len(b) && isDigit(b[i]) {
		v = v*10 + int(b[i]-'0')
		i++
	}
	if i < len(b) && isDigit(b[i]) {
		return 0, 0
	}
	return v, i
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

func blanks(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}

func isUpper(c byte) bool { return c-'A' < 26 }

// century gives a year of two digits its century, as POSIX strptime does.
func century(yy int) int {
	if yy < 69 {
		return 2000 + yy
	}
	return 1900 + yy
}

// month returns the month that the first three letters of b name, or 0.
func month(b []byte) int {
	if len(b) < 4 || isLetter(b[3]) {
		return 0
	}
	switch string(b[:3]) {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}

func weekday(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	switch string(b[:3]) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}
