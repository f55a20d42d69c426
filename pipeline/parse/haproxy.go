package parse

import "bytes"

// readHAProxy reads HAProxy's HTTP and TCP log lines (HAProxy configuration manual, "Log
// formats"), which commonly come as the message of syslog:
//
//	10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"
//	10.0.1.2:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0
func readHAProxy(p *Parser, line []byte) bool {
	open := bytes.IndexByte(line[:min(len(line), 64)], '[')
	if open < 9 || line[open-1] != ' ' {
		return false
	}
	address := line[:open-1]
	colon := bytes.LastIndexByte(address, ':')
	if colon < 2 || colon+1 == len(address) || !allDigits(address[colon+1:]) || !hostname(address) {
		return false
	}
	ns, n := p.clock.stamp(line[open+1:])
	i := open + 1 + n
	if n == 0 || i+2 >= len(line) || line[i] != ']' || line[i+1] != ' ' {
		return false
	}
	message := line[i+2:]
	frontend, rest := token(message)
	target, rest := token(rest)
	timers, rest := token(rest)
	backend, server, ok := bytes.Cut(target, []byte{'/'})
	slashes := bytes.Count(timers, []byte{'/'})
	if !ok || slashes != 4 && slashes != 2 {
		return false
	}
	var status []byte
	if slashes == 4 {
		if status, rest = token(rest); len(status) != 3 && string(status) != "-1" {
			return false
		}
	}
	size, rest := token(rest)
	if !allDigits(bytes.TrimLeft(size, "+-")) {
		return false
	}
	state := rest
	if slashes == 4 {
		_, state = token(state)
		_, state = token(state)
	}
	state, _ = token(state)

	f := &p.found.attrs
	p.found.setTime(ns)
	f.add("client.address", address[:colon])
	f.add("haproxy.frontend", frontend)
	f.add("haproxy.backend", backend)
	f.add("haproxy.server", server)
	if i := bytes.LastIndexByte(line, '"'); slashes == 4 && i > 0 {
		if j := bytes.IndexByte(line[:i], '"'); j >= 0 {
			p.request(line[j+1 : i])
		}
	}
	p.setStatus(status)
	f.add("http.response.body.size", bytes.TrimLeft(size, "+"))
	f.add("haproxy.time_total_ms", bytes.TrimLeft(timers[bytes.LastIndexByte(timers, '/')+1:], "+"))
	f.add("haproxy.termination_state", state)
	p.setMessage(message)
	return true
}
