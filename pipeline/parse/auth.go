package parse

import "bytes"

// auth takes who and whence from the messages of sshd, su and their like:
//
//	Failed password for invalid user admin from 10.0.0.9 port 38926 ssh2
//	Accepted publickey for bob from 10.0.0.9 port 38926 ssh2
//	pam_unix(sshd:session): session opened for user root by (uid=0)
func (p *Parser) auth(b []byte) {
	if i := bytes.Index(b, []byte(" from ")); i >= 0 {
		address, rest := token(b[i+len(" from "):])
		if bytes.IndexByte(address, '.') > 0 || bytes.IndexByte(address, ':') >= 0 {
			p.found.attrs.add("client.address", bytes.TrimRight(address, ":,"))
		}
		if word, rest := token(rest); string(word) == "port" {
			port, _ := token(rest)
			if port = bytes.TrimRight(port, ":"); allDigits(port) {
				p.found.attrs.add("client.port", port)
			}
		}
	}
	for _, before := range [...]string{"invalid user ", "Invalid user ", "for user ", "for "} {
		if i := bytes.Index(b, []byte(before)); i >= 0 && (i == 0 || b[i-1] == ' ') {
			name, rest := token(b[i+len(before):])
			if len(rest) == 0 || before != "for " || bytes.HasPrefix(rest, []byte("from ")) {
				p.found.attrs.add("user.name", name)
			}
			return
		}
	}
}
