package parse

import "bytes"

// readSyslog reads RFC 3164, with its priority or as in /var/log/syslog without, and
// rsyslog's and syslog-ng's variant with an ISO timestamp:
//
//	<34>Oct 11 22:14:15 host su[77]: 'su root' failed
//	Dec 10 06:55:46 host sshd[24200]: Invalid user webmaster
//	2016-12-19T23:00:00.123456+01:00 host kernel: oom-kill
//
// A message that is a JSON object is read too. A line without a program's tag is not
// taken: it is too easily a sentence behind a date.
func readSyslog(p *Parser, line []byte) bool {
	b := line
	if len(b) == 0 || b[0] != '<' && !isUpper(b[0]) && b[0] != '2' {
		return false
	}
	pri := -1
	if b[0] == '<' {
		var n int
		if pri, n = priority(b); n == 0 {
			return false
		}
		b = b[n:]
	}
	iso := len(b) > 20 && isDigit(b[0])
	if iso && (len(b) < 20 || b[4] != '-' || b[10] != 'T') {
		return false
	}
	ns, n := p.clock.stamp(b)
	if n == 0 || n >= len(b) || b[n] != ' ' {
		return false
	}
	end := b[n-1]
	rest := bytes.TrimLeft(b[n:], " ")
	host, after := token(rest)
	if _, level := levelOf(host); level {
		return false
	}
	if h := len(host); h > 0 && (host[h-1] == ':' || bytes.IndexByte(host, '[') > 0) {
		if iso && pri < 0 {
			return false
		}
		host, after = nil, rest // no host: the tag comes first
	}
	tag, pid, message, ok := syslogTag(after)
	if !ok || iso && pri < 0 && pid == nil && (end == 'Z' || bytes.IndexByte(b[:n], '.') < 0) {
		return false
	}
	if host != nil && !hostname(host) {
		return false
	}
	p.setPriority(pri)
	p.setHost(host)
	p.setService(rankProgram, program(tag))
	p.found.attrs.add("process.pid", pid)
	p.setMessage(message)
	inner := p.readInner(message)
	p.found.setTime(ns)
	p.messageLevel(message)
	if inner {
		return true
	}
	p.details(message)
	switch p.found.service {
	case "sshd", "su", "sudo", "login", "ftpd", "vsftpd":
		p.auth(message)
	}
	return true
}

// priority reads <N> at the beginning of b.
func priority(b []byte) (pri, n int) {
	for i := 1; i < len(b) && i <= 4; i++ {
		if b[i] == '>' && i > 1 {
			return pri, i + 1
		}
		if !isDigit(b[i]) {
			return 0, 0
		}
		if pri = pri*10 + int(b[i]-'0'); pri > 191 {
			return 0, 0
		}
	}
	return 0, 0
}

// facilities are the names of RFC 5424's facilities as syslog.conf spells them.
var facilities = [24]string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news",
	"uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// setPriority takes a syslog priority, -1 for none.
func (p *Parser) setPriority(pri int) {
	if pri >= 0 {
		p.found.severity = syslogSeverity[pri&7]
		p.buf.text = append(p.buf.text[:0], facilities[pri>>3]...)
		p.found.attrs.add("syslog.facility", p.buf.text)
	}
}

// syslogTag reads `program[pid]: message` or `program: message`. With a pid the program's
// name may hold blanks (macOS).
func syslogTag(b []byte) (tag, pid, message []byte, ok bool) {
	const maxTag = 128
	blank := false
	for i := 0; i < len(b) && i < maxTag; i++ {
		switch b[i] {
		case ' ':
			blank = true
		case '\t', '=', '"':
			return nil, nil, nil, false
		case '[':
			end := bytes.IndexByte(b[i:min(len(b), i+maxTag)], ']')
			if end < 0 || i == 0 {
				return nil, nil, nil, false
			}
			tag, pid = b[:i], b[i+1:i+end]
			if !allDigits(pid) {
				if pid = nil; blank {
					return nil, nil, nil, false
				}
			}
			i += end + 1
			// launchd: com.apple.xpc.launchd[1] (com.apple.preference): message
			if i < len(b) && b[i] == ' ' && i+1 < len(b) && b[i+1] == '(' {
				if j := bytes.Index(b[i:min(len(b), i+maxTag)], []byte("):")); j > 0 {
					i += j + 1
				}
			}
			if i >= len(b) || b[i] != ':' {
				return nil, nil, nil, false
			}
			return tag, pid, bytes.TrimLeft(b[i+1:], " "), true
		case ':':
			if blank || i == 0 {
				return nil, nil, nil, false
			}
			if i+1 < len(b) && b[i+1] != ' ' && b[i+1] != '\t' {
				continue
			}
			return b[:i], nil, bytes.TrimLeft(b[i+1:], " "), true
		}
	}
	return nil, nil, nil, false
}

// program takes from a tag what is not the program's name: the folder of a path, and
// PAM's module as in sshd(pam_unix).
func program(tag []byte) []byte {
	if len(tag) > 0 && tag[0] == '/' {
		tag = tag[bytes.LastIndexByte(tag, '/')+1:]
	}
	if i := bytes.IndexByte(tag, '('); i > 0 {
		tag = tag[:i]
	}
	return tag
}

// token returns the bytes up to the first blank, and what follows the blanks.
func token(b []byte) (word, rest []byte) {
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		return b, nil
	}
	return b[:i], bytes.TrimLeft(b[i:], " ")
}

// hostname says whether b may name a host: letters, digits and - . _ : % / @ only.
func hostname(b []byte) bool {
	if len(b) == 0 || len(b) > 255 {
		return false
	}
	for _, c := range b {
		if !isWordByte(c) && c != '-' && c != '.' && c != ':' && c != '%' && c != '/' && c != '@' {
			return false
		}
	}
	return true
}
