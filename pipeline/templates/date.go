package templates

// date makes a variable part of the date or time before it, as ctime(3) writes them:
// "Fri Jun 17 07:07:00 PDT 2005".
func (s *Scratch) date(t *token) bool {
	n := len(s.tokens)
	if n == 0 || t.flags&spaced == 0 {
		return false
	}
	last := &s.tokens[n-1]
	b := s.msg[t.start:t.end]
	if last.kind == variable && last.flags&moment != 0 && isYear(b) {
		last.end, last.unit = t.end, t.end
		return true
	}
	if last.kind != word || last.end-last.start > 4 {
		return false
	}
	w := s.msg[last.start:last.end]
	if n > 1 && isYear(b) && isZone(w) {
		if d := &s.tokens[n-2]; d.kind == variable && d.flags&moment != 0 && d.unit == d.end {
			s.drop(n - 1)
			d.end, d.unit = t.end, t.end
			return true
		}
	}
	if !isMonth(w) || len(b) > 2 || maskOf(b) != digit {
		return false
	}
	from := n - 1
	if n > 1 && s.tokens[n-2].kind == word && last.flags&spaced != 0 && isWeekday(s.msg[s.tokens[n-2].start:s.tokens[n-2].end]) {
		from = n - 2
	}
	first := s.tokens[from]
	s.drop(from)
	s.push(&token{start: first.start, end: t.end, unit: t.end, kind: variable, flags: first.flags&spaced | moment})
	return true
}

func isYear(b []byte) bool {
	return len(b) == 4 && maskOf(b) == digit && (b[0] == '1' && b[1] == '9' || b[0] == '2' && b[1] == '0')
}

func isZone(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(b) == 3 || len(b) == 4
}

func isMonth(b []byte) bool {
	switch string(b) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
		return true
	}
	return false
}

func isWeekday(b []byte) bool {
	switch string(b) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}
