package parse

import (
	"bytes"

	"foghorn/pipeline"
)

// readRedis reads the log of Redis and Valkey, of version 3 and of those before:
//
//	77:M 19 Dec 2016 23:00:00.123 * Ready to accept connections
//	[77] 19 Dec 23:00:00.123 # Server started
func readRedis(p *Parser, line []byte) bool {
	i := 0
	if len(line) > 0 && line[0] == '[' {
		i = 1
	}
	start := i
	for i < len(line) && isDigit(line[i]) {
		i++
	}
	pid := line[start:i]
	if len(pid) == 0 || i+20 > len(line) {
		return false
	}
	if start == 1 {
		if line[i] != ']' || line[i+1] != ' ' {
			return false
		}
		i += 2
	} else {
		if line[i] != ':' || bytes.IndexByte([]byte("MSCX"), line[i+1]) < 0 || line[i+2] != ' ' {
			return false
		}
		i += 3
	}
	ns, n := p.clock.stamp(line[i:])
	rest := line[i+n:]
	if n == 0 || len(rest) < 3 || rest[0] != ' ' || rest[2] != ' ' {
		return false
	}
	switch rest[1] {
	case '.':
		p.found.severity = pipeline.SeverityDebug
	case '-':
		p.found.severity = pipeline.SeverityInfo
	case '*':
		p.found.severity = pipeline.SeverityInfo + 1
	case '#':
		p.found.severity = pipeline.SeverityWarn
	default:
		return false
	}
	p.found.level = p.names.get(rest[1:2])
	p.found.setTime(ns)
	p.found.attrs.add("process.pid", pid)
	p.setMessage(rest[3:])
	p.details(rest[3:])
	return true
}
