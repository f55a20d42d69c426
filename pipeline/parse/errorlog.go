package parse

import "bytes"

// readApacheError reads Apache's error log, of 2.4 and of the versions before:
//
//	[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:5] File does not exist
//	[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6
func readApacheError(p *Parser, line []byte) bool {
	if len(line) < 30 || line[0] != '[' || !weekday(line[1:]) {
		return false
	}
	ns, n := p.clock.stamp(line[1:])
	if n == 0 || n+3 >= len(line) || line[n+1] != ']' {
		return false
	}
	level, rest, ok := bracketed(line[n+2:])
	if !ok {
		return false
	}
	if i := bytes.IndexByte(level, ':'); i >= 0 {
		level = level[i+1:]
	}
	if bytes.HasPrefix(level, []byte("trace")) { // trace1 to trace8
		level = level[:5]
	}
	if !p.setLevel(level) {
		return false
	}
	p.found.setTime(ns)
	for {
		word, after, ok := bracketed(rest)
		if !ok {
			p.setMessage(bytes.TrimLeft(rest, " "))
			return true
		}
		rest = after
		if v, ok := bytes.CutPrefix(word, []byte("pid ")); ok {
			pid, tid, _ := bytes.Cut(v, []byte(":tid "))
			p.found.attrs.add("process.pid", pid)
			p.found.attrs.add("thread.id", tid)
		} else if v, ok := bytes.CutPrefix(word, []byte("client ")); ok {
			p.found.attrs.add("client.address", withoutPort(v))
			p.setMessage(bytes.TrimLeft(rest, " "))
			return true
		}
	}
}

// bracketed reads `[word]` behind blanks.
func bracketed(b []byte) (word, rest []byte, ok bool) {
	b = bytes.TrimLeft(b, " ")
	if len(b) == 0 || b[0] != '[' {
		return nil, nil, false
	}
	i := bytes.IndexByte(b[:min(len(b), 256)], ']')
	if i < 0 {
		return nil, nil, false
	}
	return b[1:i], b[i+1:], true
}

// withoutPort takes the port off an address: 10.0.0.1:80, [::1]:80. An IPv6 address
// without brackets keeps its end.
func withoutPort(b []byte) []byte {
	i := bytes.LastIndexByte(b, ':')
	if i < 0 || bytes.IndexByte(b, ':') != i && b[0] != '[' {
		return b
	}
	return bytes.Trim(b[:i], "[]")
}

// readNginxError reads nginx's error log:
//
//	2016/12/19 23:00:00 [error] 123#45: *67 open() failed (2: No such file), client: 10.0.0.1, server: _, request: "GET /x HTTP/1.1"
func readNginxError(p *Parser, line []byte) bool {
	if len(line) < 30 || line[0] != '2' || line[4] != '/' {
		return false
	}
	ns, n := p.clock.stamp(line)
	if n == 0 || n+1 >= len(line) || line[n] != ' ' || line[n+1] != '[' {
		return false
	}
	level, rest, ok := bracketed(line[n:])
	if !ok || len(rest) == 0 || rest[0] != ' ' {
		return false
	}
	ids, message := token(rest[1:])
	pid, tid, ok := bytes.Cut(ids, []byte("#"))
	tid, colon := bytes.CutSuffix(tid, []byte(":"))
	if !ok || !colon || !allDigits(pid) || !allDigits(tid) || !p.setLevel(level) {
		return false
	}
	p.found.setTime(ns)
	p.setMessage(message)
	p.found.attrs.add("process.pid", pid)
	if i := bytes.Index(message, []byte(", client: ")); i >= 0 {
		client := message[i+len(", client: "):]
		if j := bytes.IndexByte(client, ','); j >= 0 {
			if k := bytes.Index(client[j:], []byte(`request: "`)); k >= 0 {
				if request, end := quoted(client[j:], k+len("request: ")); end > 0 {
					defer p.request(request)
				}
			}
			client = client[:j]
		}
		p.found.attrs.add("client.address", client)
	}
	return true
}
