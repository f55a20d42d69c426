package parse

import "bytes"

// readAccess reads an access log line of nginx, Apache and their like in the common or
// combined format, with or without the virtual host in front and more fields behind:
//
//	[vhost ]address identity user [19/Dec/2016:23:00:00 +0100] "request" status bytes["referer" "agent"[ ...]]
func readAccess(p *Parser, line []byte) bool {
	open := bytes.IndexByte(line[:min(len(line), 512)], '[')
	if open < 6 || line[open-1] != ' ' || open+1 >= len(line) || !isDigit(line[open+1]) {
		return false
	}
	ns, n := p.clock.stamp(line[open+1:])
	if n == 0 {
		return false
	}
	i := open + 1 + n
	if i+3 >= len(line) || line[i] != ']' || line[i+1] != ' ' || line[i+2] != '"' {
		return false
	}
	request, i := quoted(line, i+2)
	if i == 0 || i+4 > len(line) || line[i] != ' ' {
		return false
	}
	status, rest := token(line[i+1:])
	size, rest := token(bytes.TrimRight(rest, "\r"))
	if !(len(status) == 3 && allDigits(status) || string(status) == "-") || !(allDigits(size) || string(size) == "-") {
		return false
	}
	p.setMessage(bytes.TrimRight(line[open+n+3:len(line)-len(rest)], " \r"))
	vhost, address, user, ok := accessHead(line[:open-1])
	if !ok {
		return false
	}

	f := &p.found
	f.setTime(ns)
	f.attrs.add("client.address", address)
	f.attrs.add("server.address", vhost)
	f.attrs.add("user.name", dash(user))
	p.request(request)
	p.setStatus(status)
	f.attrs.add("http.response.body.size", dash(size))
	if len(rest) > 0 && rest[0] == '"' {
		var referer, agent []byte
		if referer, i = quoted(rest, 0); i > 0 {
			f.attrs.add("http.request.header.referer", dash(referer))
			if i+2 < len(rest) && rest[i] == ' ' && rest[i+1] == '"' {
				if agent, i = quoted(rest, i+1); i > 0 {
					f.attrs.add("user_agent.original", dash(agent))
				}
			}
		}
	}
	return true
}

// accessHead reads `[vhost ]address identity user`; a user's name may hold blanks.
func accessHead(b []byte) (vhost, address, user []byte, ok bool) {
	address, rest := token(b)
	identity, user := token(rest)
	if len(user) == 0 || !hostname(address) {
		return nil, nil, nil, false
	}
	if i := bytes.IndexByte(user, ' '); i > 0 && string(identity) != "-" && hostname(identity) {
		vhost, address = address, identity
		_, user = token(user)
		if len(user) == 0 {
			return nil, nil, nil, false
		}
	}
	return vhost, address, user, true
}

// request reads `GET /path?query HTTP/1.1`; a request that is none (an attack, TLS on a
// plain port) leaves no fields.
func (p *Parser) request(b []byte) {
	method, rest := token(b)
	if len(method) < 3 || len(method) > 16 || len(rest) == 0 {
		return
	}
	for _, c := range method {
		if !isUpper(c) && c != '-' && c != '_' {
			return
		}
	}
	p.found.attrs.add("http.request.method", method)
	target, _ := token(rest)
	if i := bytes.IndexAny(target, "?#"); i >= 0 {
		target = target[:i]
	}
	if i := bytes.Index(target, []byte("://")); i > 0 { // to a proxy
		target = target[i+3:]
		if i = bytes.IndexByte(target, '/'); i < 0 {
			target = []byte("/")
		} else {
			target = target[i:]
		}
	}
	p.found.attrs.add("url.path", target)
}

// quoted reads the string in double quotes at i and returns where it ends, 0 when it
// does not. Escapes stay as they are.
func quoted(b []byte, i int) (s []byte, end int) {
	for j := i + 1; j < len(b); j++ {
		switch b[j] {
		case '\\':
			j++
		case '"':
			return b[i+1 : j], j + 1
		}
	}
	return nil, 0
}

// dash returns nil for the '-' that stands for nothing.
func dash(b []byte) []byte {
	if len(b) == 1 && b[0] == '-' {
		return nil
	}
	return b
}
