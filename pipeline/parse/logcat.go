package parse

import (
	"bytes"

	"foghorn/pipeline"
)

// readLogcat reads Android's logcat in its threadtime form:
//
//	03-17 16:13:38.811  1702  2395 D WindowManager: message
func readLogcat(p *Parser, line []byte) bool {
	if len(line) < 32 || !isDigit(line[0]) || line[2] != '-' || line[5] != ' ' {
		return false
	}
	ns, n := p.clock.stamp(line)
	if n == 0 {
		return false
	}
	pid, rest := token(bytes.TrimLeft(line[n:], " "))
	tid, rest := token(rest)
	if len(pid) == 0 || len(tid) == 0 || !allDigits(pid) || !allDigits(tid) || len(rest) < 3 || rest[1] != ' ' {
		return false
	}
	var s pipeline.Severity
	switch rest[0] {
	case 'V':
		s = pipeline.SeverityTrace
	case 'D':
		s = pipeline.SeverityDebug
	case 'I':
		s = pipeline.SeverityInfo
	case 'W':
		s = pipeline.SeverityWarn
	case 'E':
		s = pipeline.SeverityError
	case 'F', 'A':
		s = pipeline.SeverityFatal
	default:
		return false
	}
	p.found.setTime(ns)
	p.found.severity, p.found.level = s, p.names.get(rest[:1])
	p.found.attrs.add("process.pid", pid)
	p.found.attrs.add("thread.id", tid)
	if i := bytes.IndexByte(rest, ':'); i > 2 && i < 128 {
		p.found.attrs.add("log.logger", bytes.TrimRight(rest[2:i], " "))
		rest = bytes.TrimLeft(rest[i+1:], " ")
		p.setMessage(rest)
		p.details(rest)
	}
	return true
}
