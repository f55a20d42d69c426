package parse

import "bytes"

var byteOrderMark = []byte("\xEF\xBB\xBF")

// readSyslog5424 reads RFC 5424, with its priority or, as files may hold it, without:
//
//	<165>1 2003-10-11T22:14:15.003Z host app 1234 ID47 [exampleSDID@32473 iut="3"] message
//
// Structured data become attributes named id.param, in the line's order. (Own code, since
// leodido/go-syslog needs 1.45 µs and 18 allocations for this line and returns structured
// data as a map, without their order; the tests compare the two.)
func readSyslog5424(p *Parser, line []byte) bool {
	b, pri := line, -1
	if len(b) < 16 || b[0] != '<' && b[0] != '1' {
		return false
	}
	if b[0] == '<' {
		var n int
		if pri, n = priority(b); n == 0 {
			return false
		}
		b = b[n:]
	}
	version, b := token(b)
	if string(version) != "1" {
		return false
	}
	stamp, b := token(b)
	host, b := token(b)
	app, b := token(b)
	pid, b := token(b)
	id, b := token(b)
	ns, timed := p.clock.whole(stamp)
	if !timed && (string(stamp) != "-" || pri < 0) || len(b) == 0 || !hostname(host) {
		return false
	}
	f := &p.found
	p.setPriority(pri)
	p.setHost(dash(host))
	p.setService(rankProgram, dash(app))
	if pid = dash(pid); allDigits(pid) {
		f.attrs.add("process.pid", pid)
	} else {
		f.attrs.add("syslog.procid", pid)
	}
	f.attrs.add("syslog.msgid", dash(id))
	if b[0] == '-' {
		b = b[1:]
	} else if rest, ok := p.structured(b); ok {
		b = rest
	} else {
		return false
	}
	b = bytes.TrimPrefix(bytes.TrimLeft(b, " "), byteOrderMark)
	p.setMessage(b)
	inner := p.readInner(b)
	if timed {
		f.setTime(ns)
	}
	p.messageLevel(b)
	if !inner {
		p.details(b)
	}
	return true
}

// structured reads one or more [id name="value" ...] and returns what follows; ok is
// false when b is no structured data.
func (p *Parser) structured(b []byte) (rest []byte, ok bool) {
	if b[0] != '[' {
		return nil, false
	}
	for len(b) > 0 && b[0] == '[' {
		i := bytes.IndexAny(b, " ]")
		if i < 2 {
			return nil, false
		}
		id := b[1:i]
		b = b[i:]
		for b[0] == ' ' {
			b = bytes.TrimLeft(b, " ")
			eq := bytes.IndexByte(b, '=')
			if eq < 1 || eq+1 >= len(b) || b[eq+1] != '"' {
				return nil, false
			}
			value, end := quoted(b, eq+1)
			if end == 0 || end >= len(b) {
				return nil, false
			}
			if bytes.IndexByte(value, '\\') >= 0 {
				p.buf.text = unescapeParam(p.buf.text[:0], value)
				value = p.buf.text
			}
			p.buf.path = append(append(append(p.buf.path[:0], id...), '.'), b[:eq]...)
			p.found.attrs.addFound(p.buf.path, value)
			b = b[end:]
		}
		if b[0] != ']' {
			return nil, false
		}
		b = b[1:]
	}
	return b, true
}

// unescapeParam appends a parameter's value without its escapes: only \" \\ and \] are
// escapes (RFC 5424, section 6.3.3).
func unescapeParam(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\' || b[i+1] == ']') {
			i++
		}
		dst = append(dst, b[i])
	}
	return dst
}
