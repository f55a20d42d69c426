package parse

import "bytes"

// readLog4j reads the lines of log libraries that begin with a time and name a level:
// log4j, logback, java.util.logging's one-line form, NLog, Oslo, zap's console and their
// like, in the layouts drawn at header. Before the time may stand one word (a file's name).
//
//	2016-12-19 23:00:00,123 INFO  [main] org.example.Main: started
//	[2016-12-19 23:00:00,123] WARN no leader (kafka.server.ReplicaManager)
//
// A time of day without a date is the last one before the line was seen, or within an hour
// after. In the second, which Kafka writes, all behind the level is the message, and the logger
// stands at the end.
func readLog4j(p *Parser, line []byte) bool {
	ns, start, end := p.textTime(line)
	if end == 0 {
		ns, start, end = p.clock.timeOfDay(line)
	}
	if end == 0 || start > 1 && bytes.IndexByte(line[:start], ' ') != start-1 {
		return false
	}
	rest := line[end:]
	level := findLevel(rest, true, true)
	if level == nil {
		return false
	}
	p.setLevel(level)
	p.found.setTime(ns)
	at := cap(rest) - cap(level)
	behind := rest[at+len(level):]
	if start == 1 && line[0] == '[' && string(bytes.TrimSpace(rest[:at])) == "]" {
		behind = p.trailingLogger(bytes.TrimLeft(bytes.TrimPrefix(behind, []byte{':'}), " "))
	} else if p.beforeLevel(rest[:at]) {
		behind = p.trailingFields(p.afterLevel(behind))
	} else {
		return false
	}
	p.setMessage(behind)
	p.details(behind)
	return true
}

// trailingFields takes the object behind a tab at the end, which zap's console writes, and
// returns what precedes it.
func (p *Parser) trailingFields(b []byte) []byte {
	if len(b) == 0 || b[len(b)-1] != '}' {
		return b
	}
	i := bytes.Index(b, []byte("\t{"))
	if i < 0 {
		return b
	}
	m := p.found.attrs.mark()
	if !readJSON(p, b[i+1:]) {
		p.found.attrs.rewind(m)
		return b
	}
	return b[:i]
}

// trailingLogger takes the logger in round brackets at the end, and returns what precedes it.
func (p *Parser) trailingLogger(b []byte) []byte {
	n := len(b) - 1
	if n < 3 || b[n] != ')' {
		return b
	}
	i := bytes.LastIndexByte(b, '(')
	if i < 1 || b[i-1] != ' ' || bytes.IndexByte(b[i:], ' ') >= 0 || !identifier(b[i+1:n]) {
		return b
	}
	p.found.attrs.add("log.logger", b[i+1:n])
	return bytes.TrimRight(b[:i], " ")
}

// readPython reads what Python's logging writes by default, and its most common layout:
//
//	WARNING:root:careful
//	2016-12-19 23:00:00,123 - app.db - ERROR - no connection
func readPython(p *Parser, line []byte) bool {
	if len(line) > 0 && isUpper(line[0]) {
		level, rest, ok := bytes.Cut(line[:min(len(line), 160)], []byte{':'})
		if !ok || !pythonLevel(level) {
			return false
		}
		name, _, ok := bytes.Cut(rest, []byte{':'})
		if !ok || !identifier(name) || bytes.IndexByte(name, ' ') >= 0 {
			return false
		}
		p.setLevel(level)
		p.found.attrs.add("log.logger", name)
		message := line[len(level)+len(name)+2:]
		p.setMessage(message)
		p.details(message)
		return true
	}
	ns, n := p.clock.stamp(line)
	rest, ok := bytes.CutPrefix(line[n:], []byte(" - "))
	if n == 0 || !ok {
		return false
	}
	name, rest, ok := bytes.Cut(rest, []byte(" - "))
	if !ok || !identifier(name) || bytes.IndexByte(name, ' ') >= 0 {
		return false
	}
	level, message, ok := bytes.Cut(rest, []byte(" - "))
	if !ok || !pythonLevel(bytes.TrimRight(level, " ")) {
		return false
	}
	p.found.setTime(ns)
	p.setLevel(bytes.TrimRight(level, " "))
	p.found.attrs.add("log.logger", name)
	p.setMessage(message)
	p.details(message)
	return true
}

func pythonLevel(b []byte) bool {
	switch string(b) {
	case "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "FATAL", "WARN", "NOTSET":
		return true
	}
	return false
}
