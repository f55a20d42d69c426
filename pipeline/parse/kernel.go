package parse

import "bytes"

// readKernel reads the kernel's ring buffer as dmesg shows it and as /dev/kmsg's readers
// write it:
//
//	[   12.345678] usb 1-1: new high-speed USB device
//	<6>[   12.345678] usb 1-1: new high-speed USB device
//	[Mon Dec 19 23:00:00 2016] usb 1-1: new high-speed USB device
//
// Seconds since the start of the system are no time: the line's is when it was seen.
func readKernel(p *Parser, line []byte) bool {
	pri, b := -1, line
	if len(b) > 0 && b[0] == '<' {
		var n int
		if pri, n = priority(b); n == 0 {
			return false
		}
		b = b[n:]
	}
	stamp, rest, ok := bracketed(b)
	if !ok || len(b) == 0 || b[0] != '[' || len(rest) < 2 || rest[0] != ' ' || rest[1] == '[' {
		return false
	}
	uptime := bytes.TrimLeft(stamp, " ")
	if point := bytes.IndexByte(uptime, '.'); point > 0 && len(uptime)-point >= 4 && decimal(uptime) {
		p.found.attrs.add("system.uptime", uptime)
	} else {
		if !weekday(stamp) {
			return false
		}
		ns, ok := p.clock.whole(stamp)
		if !ok {
			return false
		}
		p.found.setTime(ns)
	}
	p.setPriority(pri)
	p.setService(rankProgram, []byte("kernel"))
	message := bytes.TrimLeft(rest, " ")
	p.setMessage(message)
	p.messageLevel(message)
	p.details(message)
	return true
}

// messageLevel takes the level that a message of syslog or the kernel begins with.
func (p *Parser) messageLevel(message []byte) {
	if p.found.severity == 0 {
		if word := findLevel(message, false, len(message) > 0 && isUpper(message[0])); word != nil {
			p.setLevel(word)
		}
	}
}
