package parse

// readKlog reads the lines of klog and glog (Kubernetes, etcd, many C++ servers):
//
//	I1219 23:00:00.123456   12345 server.go:123] starting
//
// The year is missing; glog's newer form has it (I20161219 ...).
func readKlog(p *Parser, line []byte) bool {
	if len(line) < 22 || !isDigit(line[1]) {
		return false
	}
	var level string
	switch line[0] {
	case 'I':
		level = "info"
	case 'W':
		level = "warn"
	case 'E':
		level = "error"
	case 'F':
		level = "fatal"
	default:
		return false
	}
	i := 1
	for i < len(line) && isDigit(line[i]) {
		i++
	}
	var t civil
	switch i {
	case 5:
		t.month, t.day = num(line, 1, 2), num(line, 3, 2)
	case 9:
		t.year, t.month, t.day = num(line, 1, 4), num(line, 5, 2), num(line, 7, 2)
	default:
		return false
	}
	if i = t.readTime(line, i, false); i == 0 || !t.valid() || i >= len(line) || line[i] != ' ' {
		return false
	}
	i = blanks(line, i)
	start := i
	for i < len(line) && isDigit(line[i]) {
		i++
	}
	if i == start || i >= len(line) || line[i] != ' ' {
		return false
	}
	thread := line[start:i]
	place, rest := token(line[blanks(line, i):])
	if len(place) < 4 || place[len(place)-1] != ']' {
		return false
	}
	p.found.setTime(p.clock.unix(&t))
	p.found.severity, _ = levelOf([]byte(level))
	p.found.level = p.names.get(line[:1])
	p.setMessage(rest)
	p.found.attrs.add("thread.id", thread)
	p.found.attrs.add("code.location", place[:len(place)-1])
	p.details(rest)
	return true
}
