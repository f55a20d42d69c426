package syslog

import (
	"bytes"
	"net/netip"
	"strings"
)

// hostname returns the HOSTNAME of a message of RFC 5424 or RFC 3164, also with an ISO 8601
// time as rsyslog and syslog-ng send it, or nil when there is none that could be one.
func hostname(msg []byte) []byte {
	if len(msg) < 4 || msg[0] != '<' {
		return nil
	}
	end := bytes.IndexByte(msg[:min(len(msg), 5)], '>')
	if end < 2 {
		return nil
	}
	b := msg[end+1:]
	switch {
	case len(b) > 2 && b[0] >= '1' && b[0] <= '9' && b[1] == ' ': // VERSION TIMESTAMP HOSTNAME
		_, b, _ = bytes.Cut(b[2:], []byte{' '})
	case len(b) > 16 && b[3] == ' ' && b[6] == ' ' && b[9] == ':' && b[12] == ':' && b[15] == ' ': // Mmm dd hh:mm:ss
		b = b[16:]
	case len(b) > 20 && b[4] == '-' && b[7] == '-' && b[10] == 'T':
		_, b, _ = bytes.Cut(b, []byte{' '})
	default:
		return nil
	}
	const longest = 255 // RFC 5424, section 6
	n := bytes.IndexByte(b[:min(len(b), longest+1)], ' ')
	if n < 1 || !plausible(b[:n]) {
		return nil
	}
	return b[:n]
}

// plausible says whether a word can be a host's name or address. "-" is RFC 5424's word for
// none; a word with a colon at its end or a bracket is a program's.
func plausible(word []byte) bool {
	colon, alnum := false, false
	for _, c := range word {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			alnum = true
		case c == '.', c == '-', c == '_':
		case c == ':':
			colon = true
		default:
			return false
		}
	}
	if colon {
		_, err := netip.ParseAddr(string(word))
		return err == nil
	}
	return alnum
}

// address is an IP address as a source's host: without colons, zone and IPv4's mapping.
func address(a netip.Addr) string {
	return strings.ReplaceAll(a.Unmap().WithZone("").String(), ":", "-")
}
