package parse

import "bytes"

// readCFDR reads the archive format of large machines' logs (Oliner and Stearley, "What
// Supercomputers Say", 2007): an alert's category or '-', seconds since 1970, the date,
// the node, and the line as the machine wrote it.
//
//   - 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[2916]: (root) CMD
//   - 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL INFO parity error
//
// The seconds since 1970 are the time; the machine's own time, which tells no zone, adds
// its fraction.
func readCFDR(p *Parser, line []byte) bool {
	label, rest := token(line)
	if len(label) == 0 || len(label) > 32 || len(rest) < 24 || rest[10] != ' ' || rest[15] != '.' || rest[18] != '.' || rest[21] != ' ' {
		return false
	}
	ns, ok := epoch(rest[:10])
	if !ok || !allDigits(rest[11:15]) || !allDigits(rest[16:18]) || !allDigits(rest[19:21]) {
		return false
	}
	node, b := token(rest[22:])
	stamp, n := p.clock.stamp(b)
	if n == 0 || n >= len(b) || b[n] != ' ' {
		return false
	}
	if d := stamp/1e9 - ns/1e9; d%900 == 0 {
		ns += stamp % 1e9
	}
	p.found.setTime(ns)
	p.setHost(node)
	p.found.attrs.add("alert.category", dash(label))
	place, message := token(bytes.TrimLeft(b[n:], " "))
	if tag, pid, text, ok := syslogTag(message); ok {
		p.setService(rankProgram, program(tag))
		p.found.attrs.add("process.pid", pid)
		message = text
		p.messageLevel(message)
	} else if string(place) == string(node) {
		kind, after := token(message)
		component, after := token(after)
		level, after := token(after)
		if len(kind) > 0 && p.setLevel(level) {
			p.found.attrs.add("log.logger", component)
			message = after
		}
	}
	p.setMessage(message)
	p.details(message)
	return true
}
