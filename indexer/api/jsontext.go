package api

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// appendBytes appends a member whose bytes count: "name":"…" for valid UTF-8, and
// "name_base64":"…" for anything else.
func appendBytes[T string | []byte](b []byte, name string, v T) []byte {
	b = append(b, '"')
	b = append(b, name...)
	named := len(b)
	b = append(b, `":"`...)
	if b, ok := appendText(b, v); ok {
		return append(b, '"')
	}
	b = append(b[:named], `_base64":"`...)
	b = base64.StdEncoding.AppendEncode(b, []byte(v))
	return append(b, '"')
}

func appendMember(b []byte, name, v string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	return appendString(b, v)
}

// appendString appends v as a JSON string; bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, v string) []byte {
	start := len(b)
	b, ok := appendText(append(b, '"'), v)
	if !ok {
		return appendString(b[:start], string([]rune(v)))
	}
	return append(b, '"')
}

const hexDigits = "0123456789abcdef"

// appendText appends v with what a JSON string must escape, or returns false when v is not
// UTF-8.
func appendText[T string | []byte](b []byte, v T) ([]byte, bool) {
	if v, ok := any(v).([]byte); ok {
		return appendEscaped(b, v)
	}
	at := len(b)
	b = append(b, v...)
	if plain(b[at:], true) == len(v) { // as nearly all are
		return b, true
	}
	return appendEscaped(b[:at], []byte(v))
}

// appendEscaped is appendText of bytes.
func appendEscaped(b, v []byte) ([]byte, bool) {
	ascii := true
	for {
		n := plain(v, ascii)
		b = append(b, v[:n]...)
		if v = v[n:]; len(v) == 0 {
			return b, true
		}
		c := v[0]
		switch {
		case c >= utf8.RuneSelf:
			if !utf8.Valid(v) {
				return b, false
			}
			ascii = false
			continue
		case c == '"', c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		v = v[1:]
	}
}

// plain is how many bytes at the start of v stand for themselves in a JSON string: all but
// control characters, quotes and backslashes, and with ascii those from 0x80 on, which may
// be no UTF-8. It looks at eight bytes at once ("determine if a word has a byte less than
// n", Anderson, Bit Twiddling Hacks: the lowest byte it marks is always a true one).
func plain(v []byte, ascii bool) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	var high uint64
	if ascii {
		high = tops
	}
	i := 0
	for ; i+8 <= len(v); i += 8 {
		w := binary.LittleEndian.Uint64(v[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		marks := (w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash
		if marks = (marks | w&high) & tops; marks != 0 {
			return i + bits.TrailingZeros64(marks)/8
		}
	}
	for ; i < len(v); i++ {
		if c := v[i]; c < ' ' || c == '"' || c == '\\' || ascii && c >= utf8.RuneSelf {
			break
		}
	}
	return i
}
