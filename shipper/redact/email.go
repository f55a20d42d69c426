package redact

import "bytes"

type email struct{}

func (email) apply(line []byte) ([]byte, int) {
	if !has(line, '@') && !bytes.Contains(line, encodedAt) {
		return line, 0
	}
	return replaceAll(line, "<email>", findEmail)
}

// encodedAt is an at sign in a URL.
var encodedAt = []byte("%40")

// findEmail finds an addr-spec of RFC 5322 in the form that is used: dot-atom, at sign,
// and a host name that ends in letters. It is found from the at sign.
func findEmail(line []byte, from int) (start, end int) {
	for i := from; i < len(line); i++ {
		n := 1
		switch line[i] {
		case '@':
		case '%':
			if !bytes.HasPrefix(line[i:], encodedAt) {
				continue
			}
			n = len(encodedAt)
		default:
			continue
		}
		start := i
		for start > from && i-start < 64 && local(line[start-1]) {
			start--
		}
		for start < i && !alnum(line[start]) {
			start++
		}
		if end := hostEnd(line, i+n); start < i && end > 0 {
			return start, end
		}
	}
	return -1, 0
}

// hostEnd returns where the host name at i ends, or 0 when there is none.
func hostEnd(line []byte, i int) int {
	end, label := 0, i // label: where the present label starts
	for j := i; ; j++ {
		if j < len(line) && (alnum(line[j]) || line[j] == '-' && j > label) && j-i < 253 {
			continue
		}
		if j == label {
			break // an empty label: the name ended before the dot
		}
		if label > i && letters(line[label:j]) && !unit(line[label:j]) {
			end = j
		}
		if j >= len(line) || line[j] != '.' {
			break
		}
		label = j + 1
	}
	return end
}

// unit says whether a name that ends like this is one of systemd's.
func unit(suffix []byte) bool {
	switch string(suffix) {
	case "service", "socket", "target", "device", "mount", "automount", "swap", "timer", "path", "slice", "scope":
		return true
	}
	return false
}

func letters(b []byte) bool {
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return len(b) >= 2
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func alnum(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }

func local(c byte) bool {
	return alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-'
}
