package parse

import "bytes"

// readMySQL reads the error log of MySQL and MariaDB:
//
//	2016-12-19T23:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed.
//	2016-12-19 23:00:00 4711 [Note] InnoDB: started
//	161219 23:00:00 [ERROR] Can't start server
func readMySQL(p *Parser, line []byte) bool {
	open := bytes.IndexByte(line[:min(len(line), 64)], '[')
	if open < 15 {
		return false
	}
	level, rest, ok := bracketed(line[open:])
	if !ok {
		return false
	}
	switch string(level) {
	case "Note", "Warning", "ERROR", "System":
	default:
		return false
	}
	ns, n := p.clock.stamp(line)
	if n == 0 || n >= open {
		return false
	}
	thread := bytes.TrimSpace(line[n:open])
	if !allDigits(thread) || len(thread) == 0 && !allDigits(line[:6]) {
		return false
	}
	p.found.setTime(ns)
	if string(level) == "System" {
		p.found.severity, _ = levelOf([]byte("info"))
		p.found.level = p.names.get(level)
	} else {
		p.setLevel(level)
	}
	p.found.attrs.add("thread.id", thread)
	if code, after, ok := bracketed(rest); ok && bytes.HasPrefix(code, []byte("MY-")) {
		p.found.attrs.add("error.code", code)
		if rest = after; len(rest) > 0 {
			if part, after, ok := bracketed(rest); ok {
				p.found.attrs.add("log.logger", part)
				rest = after
			}
		}
	}
	message := bytes.TrimLeft(rest, " ")
	p.setMessage(message)
	p.details(message)
	return true
}

// readMySQLSlow reads an entry of the slow query log; its message is the statement's first
// line.
//
//	# Time: 2016-12-19T23:00:00.123456Z
//	# User@Host: bob[bob] @ web-1 [10.0.0.1]  Id:    77
//	# Query_time: 2.000123  Lock_time: 0.000100 Rows_sent: 1  Rows_examined: 100000
//	SET timestamp=1482188400;
//	SELECT ...
func readMySQLSlow(p *Parser, line []byte) bool {
	known := false
	for rest := p.event(line); len(rest) > 0; {
		var b []byte
		b, rest, _ = bytes.Cut(rest, []byte{'\n'})
		b = bytes.TrimRight(b, "\r")
		head, comment := bytes.CutPrefix(b, []byte("# "))
		switch {
		case comment:
			if p.slowHeader(head) {
				known = true
			} else if !known {
				return false
			}
		case !known:
			return false
		case bytes.HasPrefix(b, []byte("SET timestamp=")):
			if ns, ok := epoch(bytes.TrimRight(b[len("SET timestamp="):], "; ")); ok {
				p.found.setTime(ns)
			}
		case bytes.HasPrefix(b, []byte("use ")):
			p.found.attrs.add("db.namespace", bytes.Trim(b[4:], "; `"))
		default:
			p.setMessage(b)
			return true
		}
	}
	return known
}

// slowHeader reads a comment line of the slow query log.
func (p *Parser) slowHeader(b []byte) bool {
	f := &p.found.attrs
	if v, ok := bytes.CutPrefix(b, []byte("Time: ")); ok {
		ns, ok := p.clock.whole(v)
		if ok {
			p.found.setTime(ns)
		}
		return ok
	}
	if v, ok := bytes.CutPrefix(b, []byte("User@Host: ")); ok {
		user, rest, _ := bytes.Cut(v, []byte{'['})
		f.add("user.name", user)
		if i := bytes.LastIndexByte(rest, '['); i >= 0 {
			if j := bytes.IndexByte(rest[i:], ']'); j > 0 {
				f.add("client.address", rest[i+1:i+j])
			}
		}
		if _, id, ok := bytes.Cut(rest, []byte("Id:")); ok {
			f.add("thread.id", bytes.TrimSpace(id))
		}
		return true
	}
	if !bytes.HasPrefix(b, []byte("Query_time: ")) {
		return false
	}
	for key, rest := token(b); len(key) > 0; key, rest = token(rest) {
		var value []byte
		value, rest = token(rest)
		if name, ok := bytes.CutSuffix(key, []byte{':'}); ok {
			p.buf.path = append(append(p.buf.path[:0], "mysql."...), bytes.ToLower(name)...)
			f.addFound(p.buf.path, value)
		}
	}
	return true
}
