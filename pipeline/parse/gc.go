package parse

import (
	"bytes"
	"strconv"
)

// readGC reads the garbage collector's log of the JVM: unified logging (JEP 158) with a
// time or the uptime, a level and tags; and the form before Java 9.
//
//	[2016-12-19T23:00:00.123+0000][0.234s][info][gc] GC(3) Pause Young (Normal) 24M->4M(256M) 3.456ms
//	2016-12-19T16:32:00.123+0000: 0.234: [GC pause (G1 Evacuation Pause) (young), 0.0123456 secs]
//
// Without a time the line has only the uptime, and its time is when it was seen. The pause
// is the attribute jvm.gc.duration, in seconds.
func readGC(p *Parser, line []byte) bool {
	if len(line) < 16 {
		return false
	}
	if line[0] == '[' {
		return p.unifiedGC(line)
	}
	i := 0
	ns, n := p.clock.stamp(line)
	if n > 0 {
		if i = n; i+2 >= len(line) || line[i] != ':' || line[i+1] != ' ' {
			return false
		}
		i += 2
	}
	start := i
	for i < len(line) && (isDigit(line[i]) || line[i] == '.') {
		i++
	}
	uptime, rest := line[start:i], line[i:]
	if bytes.IndexByte(uptime, '.') < 1 || !bytes.HasPrefix(rest, []byte(": ")) {
		return false
	}
	message := rest[2:]
	if !bytes.HasPrefix(message, []byte{'['}) && !bytes.HasPrefix(message, []byte("Total time")) && !bytes.HasPrefix(message, []byte("Application time")) {
		return false
	}
	if n > 0 {
		p.found.setTime(ns)
	}
	p.found.attrs.add("process.uptime", uptime)
	if head, ok := bytes.CutSuffix(bytes.TrimRight(message, " "), []byte(" secs]")); ok {
		if value := head[bytes.LastIndexByte(head, ' ')+1:]; decimal(value) {
			p.found.attrs.add("jvm.gc.duration", value)
		}
	}
	p.setMessage(message)
	return true
}

// unifiedGC reads `[time][uptime][level][tags] message`.
func (p *Parser) unifiedGC(line []byte) bool {
	var tags []byte
	level, timed := false, false
	rest := line
	for len(rest) > 0 && rest[0] == '[' {
		word, after, ok := bracketed(rest)
		if !ok {
			return false
		}
		rest = after
		word = bytes.TrimRight(word, " ")
		unit := bytes.TrimRight(word, "mns")
		switch {
		case level:
			tags = word
		case len(unit) > 0 && len(unit) < len(word) && decimal(unit):
			timed = true
			if len(word)-len(unit) == 1 {
				p.found.attrs.add("process.uptime", unit)
			}
		default:
			if ns, ok := p.clock.whole(word); ok {
				p.found.setTime(ns)
				timed = true
			} else if level = len(word) > 3 && isLower(word[0]) && p.setLevel(word); !level {
				return false
			}
		}
		if tags != nil {
			break
		}
	}
	if !level || !timed || len(tags) == 0 || len(rest) == 0 || rest[0] != ' ' {
		return false
	}
	p.found.attrs.add("log.logger", tags)
	message := bytes.TrimLeft(rest, " ")
	if head, ok := bytes.CutSuffix(message, []byte("ms")); ok && bytes.HasPrefix(tags, []byte("gc")) {
		if ms, err := strconv.ParseFloat(string(head[bytes.LastIndexByte(head, ' ')+1:]), 64); err == nil {
			p.buf.text = strconv.AppendFloat(p.buf.text[:0], ms/1000, 'f', -1, 64)
			p.found.attrs.add("jvm.gc.duration", p.buf.text)
		}
	}
	p.setMessage(message)
	return true
}

// decimal says whether b is a number with or without a fraction.
func decimal(b []byte) bool {
	points := 0
	for _, c := range b {
		if c == '.' {
			points++
		} else if !isDigit(c) {
			return false
		}
	}
	return len(b) > points && points <= 1
}
