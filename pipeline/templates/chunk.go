package templates

import "bytes"

// chunk adds the tokens of msg[i:j], a run without white space and delimiters whose
// classes are m.
func (s *Scratch) chunk(i, j int, m mask, gap uint8) {
	msg := s.msg
	if m&^(letter|hexes|under|dash) == 0 && m&(letter|hexes) != 0 {
		s.word(i, j, gap)
		return
	}
	if m&control != 0 {
		s.add(i, j, variable, gap)
		return
	}
	if m&(digit|hexes|letter) == 0 {
		if m&slash != 0 && (j-i > 1 || s.afterEquals() || s.quoted(j) || bytes.HasPrefix(msg[j:], []byte(" HTTP/"))) {
			s.add(i, j, variable, gap|location)
			return
		}
		s.add(i, j, punct, gap)
		return
	}
	// A sentence's punctuation after the word.
	k := j
	for k > i && (msg[k-1] == '.' || msg[k-1] == ':') {
		k--
	}
	if k < j && !(m&slash != 0 && msg[j-1] == '.' && goesOn(msg[j:])) {
		s.chunk(i, k, maskOf(msg[i:k]), gap)
		s.add(k, j, punct, 0)
		return
	}
	// Leaders: "address space......0".
	if m&dot != 0 && m&slash == 0 {
		if p := bytes.Index(msg[i:j], []byte("..")); p >= 0 {
			n := 2
			for i+p+n < j && msg[i+p+n] == '.' {
				n++
			}
			s.split(i, i+p, n, j, gap)
			return
		}
	}
	if m&digit == 0 {
		s.plain(i, j, m, gap)
	} else {
		s.digits(i, j, m, gap)
	}
}

// quoted tells whether the next token, which ends at j, is all that quotes enclose.
func (s *Scratch) quoted(j int) bool {
	n := len(s.tokens)
	return n > 0 && j < len(s.msg) && (s.msg[j] == '"' || s.msg[j] == '\'') && s.is(&s.tokens[n-1], s.msg[j])
}

// goesOn tells whether a sentence goes on: white space and a small letter.
func goesOn(b []byte) bool {
	return len(b) > 1 && b[0] == ' ' && b[1] >= 'a' && b[1] <= 'z'
}

// split adds the two sides of a joiner of n bytes at p.
func (s *Scratch) split(i, p, n, j int, gap uint8) {
	if p > i {
		s.chunk(i, p, maskOf(s.msg[i:p]), gap)
		gap = 0
	}
	s.add(p, p+n, punct, gap)
	if p+n < j {
		s.chunk(p+n, j, maskOf(s.msg[p+n:j]), 0)
	}
}

// splitColon splits at the colons that begin at p.
func (s *Scratch) splitColon(i, p, j int, gap uint8) {
	n := 1
	for p+n < j && s.msg[p+n] == ':' {
		n++
	}
	s.split(i, p, n, j, gap)
}

// plain adds a chunk without digits.
func (s *Scratch) plain(i, j int, m mask, gap uint8) {
	b := s.msg[i:j]
	switch {
	case isPath(b):
		s.add(i, j, variable, gap|location)
	case m&colon != 0:
		s.splitColon(i, i+bytes.IndexByte(b, ':'), j, gap)
	case m&at != 0 && b[0] != '@':
		s.add(i, j, variable, gap)
	case m&slash != 0 && (m&dot == 0 || bytes.Count(b, []byte("/")) == 1 && bytes.IndexByte(b, '/') < bytes.IndexByte(b, '.')):
		s.split(i, i+bytes.IndexByte(b, '/'), 1, j, gap)
	case m&slash == 0 && isDomain(b):
		s.add(i, j, variable, gap)
	case m&(slash|dot) != 0:
		s.add(i, j, name, gap)
	default:
		s.add(i, j, word, gap)
	}
}

// isDomain tells names of hosts from those of packages and files: small letters, and a
// top level domain at the end.
func isDomain(b []byte) bool {
	labels := 1 + bytes.Count(b, []byte("."))
	for _, c := range b {
		if c >= 'A' && c <= 'Z' || c == '_' {
			return false
		}
	}
	switch top := b[bytes.LastIndexByte(b, '.')+1:]; string(top) {
	case "com", "net", "org", "edu", "gov", "mil", "info", "local", "lan", "internal", "localdomain", "arpa":
		return labels > 1
	default:
		return labels > 3 && len(top) == 2
	}
}

// isPath tells paths of Unix and Windows from words with slashes.
func isPath(b []byte) bool {
	switch {
	case len(b) < 2:
		return false
	case b[0] == '/', b[0] == '\\':
		return true
	case b[0] == '~' || b[0] == '.':
		return b[1] == '/' || len(b) > 2 && b[1] == '.' && b[2] == '/'
	}
	return len(b) > 2 && b[1] == ':' && (b[2] == '\\' || b[2] == '/')
}

// word adds a word of letters, or a variable for the words that are values.
func (s *Scratch) word(i, j int, gap uint8) {
	b := s.msg[i:j]
	if len(b) <= 5 && isValue(b) {
		s.add(i, j, variable, gap)
		return
	}
	if n := len(s.tokens); n > 0 && gap == spaced && len(b) <= 7 {
		last := &s.tokens[n-1]
		if last.kind == variable && last.flags&location == 0 && last.unit == last.end && isUnit(b) {
			last.end = int32(j)
			return
		}
	}
	if len(b) > longest || s.afterEquals() {
		s.add(i, j, word, gap)
		return
	}
	s.pushWord(i, j, gap)
}

func isValue(b []byte) bool {
	switch string(b) {
	case "true", "false", "True", "False", "TRUE", "FALSE", "null", "NULL", "None", "nil":
		return true
	}
	return false
}

func isUnit(b []byte) bool {
	switch string(b) {
	case "B", "bytes", "byte", "KB", "kB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB",
		"ns", "us", "ms", "s", "sec", "secs", "second", "seconds", "msec", "msecs", "min", "mins", "minute", "minutes",
		"h", "hour", "hours", "day", "days":
		return true
	}
	return false
}

// digits adds a chunk with digits.
func (s *Scratch) digits(i, j int, m mask, gap uint8) {
	b := s.msg[i:j]
	c := b[0]
	switch {
	case m&(hexes|letter|under|at|back) == 0 && c != ':': // numbers, times, dates, addresses
		if m&colon != 0 || m&dash != 0 && c != '-' || m&slash != 0 {
			gap |= moment
		}
		s.add(i, j, variable, gap)
		return
	case isPath(b):
		s.add(i, j, variable, gap|location)
		return
	}
	if m&colon != 0 {
		p := bytes.LastIndexByte(b, ':')
		rm := maskOf(b[p+1:])
		if rm&digit == 0 && rm&letter != 0 && isDigit(c) { // 10.0.0.1:50010:Got
			s.split(i, i+p, 1, j, gap)
			return
		}
	}
	switch {
	case isDigit(c), c == '<', (c == '-' || c == '+') && len(b) > 1 && isDigit(b[1]), m&back != 0:
		s.add(i, j, variable, gap)
	case m&(letter|under|at|slash|odd) == 0 && len(b) >= 6 && c != ':': // hex, MAC, IPv6, UUID
		s.add(i, j, variable, gap)
	case m&colon != 0:
		s.colons(i, j, gap)
	case m&at != 0:
		p := bytes.IndexByte(b, '@')
		if p > 0 && maskOf(b[:p])&(letter|hexes) != 0 {
			s.add(i, j, variable, gap)
			return
		}
		s.split(i, i+p, 1, j, gap)
	case m&slash != 0:
		s.slashes(i, j, gap)
	default:
		s.mixed(i, j, m, gap)
	}
}

// colons adds a chunk with digits and a colon: host:port, key:value.
func (s *Scratch) colons(i, j int, gap uint8) {
	b := s.msg[i:j]
	p := bytes.IndexByte(b, ':')
	if p > 0 && maskOf(b[p+1:]) == digit && isHost(b[:p]) {
		s.add(i, j, variable, gap)
		return
	}
	s.splitColon(i, i+p, j, gap)
}

// isHost tells host names, before a port, from identifiers and source files: they have
// digits, or dots and letters of one case and no underscore (RFC 952).
func isHost(b []byte) bool {
	var upper, lower bool
	for _, c := range b {
		upper = upper || c >= 'A' && c <= 'Z'
		lower = lower || c >= 'a' && c <= 'z'
	}
	m := maskOf(b)
	if m&digit != 0 {
		return true
	}
	return m&dot != 0 && m&under == 0 && !(upper && lower) && !isSource(b)
}

// isSource tells files of source code by their ending.
func isSource(b []byte) bool {
	p := bytes.IndexByte(b, '.')
	switch string(b[p+1:]) {
	case "c", "h", "cc", "cpp", "cs", "go", "java", "js", "kt", "php", "pl", "py", "rb", "rs", "scala", "sh", "ts":
		return true
	}
	return false
}

// slashes adds a chunk with digits and a slash that is no path.
func (s *Scratch) slashes(i, j int, gap uint8) {
	b := s.msg[i:j]
	p := bytes.IndexByte(b, '/')
	if n := len(s.tokens); n > 0 && string(b[:p]) == "HTTP" && s.tokens[n-1].flags&location != 0 {
		// A request line: target and version are one value.
		s.tokens[n-1].end, s.tokens[n-1].unit = int32(j), int32(j)
		return
	}
	if bytes.Count(b, []byte("/")) > 1 || maskOf(b[:p])&digit != 0 {
		s.add(i, j, variable, gap)
		return
	}
	s.split(i, i+p, 1, j, gap)
}

// mixed adds a word of letters and digits that begins with no digit.
func (s *Scratch) mixed(i, j int, m mask, gap uint8) {
	b := s.msg[i:j]
	first := 0
	for !isDigit(b[first]) {
		first++
	}
	rest := maskOf(b[first:])
	before := maskOf(b[:max(first-1, 0)])
	switch {
	case rest&(letter|hexes|under) == 0 && first > 1 && (b[first-1] == '-' || b[first-1] == '.') &&
		before&(letter|hexes) != 0 && before&(dash|dot|under) == 0: // node-129, core.2275, UTF-8
		s.addStem(i, j, first, gap|joined)
	case rest == digit && m&(under|dash|dot|odd) == 0 && !(first == 1 && b[0]|0x20 == 'v'): // eth0, U11
		s.addStem(i, j, first, gap)
	case j < len(s.msg) && s.msg[j] == '(': // a function
		s.add(i, j, weak, gap)
	default:
		s.add(i, j, variable, gap)
	}
}
