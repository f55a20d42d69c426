package json

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// String returns a string, unescaped. It is part of the body and stays valid.
func (s *Scanner) String() ([]byte, error) {
	if s.Kind() != String {
		return nil, s.want("a string")
	}
	start := s.i + 1
	rest := s.b[start:]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return nil, s.unended()
	}
	if bytes.IndexByte(rest[:end], '\\') < 0 {
		s.i = start + end + 1
		return rest[:end:end], nil
	}
	return s.unescape(start)
}

// unescape reads the string that starts at start and writes it over itself: no escape is
// shorter than what it stands for.
func (s *Scanner) unescape(start int) ([]byte, error) {
	b, w := s.b, start
	for r := start; ; {
		n := bytes.IndexAny(b[r:], `"\`)
		if n < 0 {
			return nil, s.unended()
		}
		if w != r {
			copy(b[w:], b[r:r+n])
		}
		w, r = w+n, r+n
		if b[r] == '"' {
			s.i = r + 1
			return b[start:w:w], nil
		}
		if r+1 >= len(b) {
			return nil, s.unended()
		}
		c := b[r+1]
		switch c {
		case '"', '\\', '/':
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			char, size := unicodeEscape(b[r:])
			if size == 0 {
				return nil, fmt.Errorf("byte %d: want four hex digits behind \\u", r)
			}
			w += utf8.EncodeRune(b[w:w+utf8.RuneLen(char)], char)
			r += size
			continue
		default:
			return nil, fmt.Errorf("byte %d: unknown escape \\%c", r, rune(c))
		}
		b[w] = c
		w, r = w+1, r+2
	}
}

// unicodeEscape reads \uXXXX, or two that make a surrogate pair, at the start of b. Half
// a pair is U+FFFD. size 0: it is none.
func unicodeEscape(b []byte) (char rune, size int) {
	char, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(char) {
		return char, 6
	}
	if len(b) > 6 {
		if low, ok := hex4(b[6:]); ok {
			if pair := utf16.DecodeRune(char, low); pair != utf8.RuneError {
				return pair, 12
			}
		}
	}
	return utf8.RuneError, 6
}

func hex4(b []byte) (char rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		char = char<<4 | rune(c)
	}
	return char, true
}

// skipString reads over a string and leaves its escapes unchecked.
func (s *Scanner) skipString() error {
	if s.Kind() != String {
		return s.want("a string")
	}
	for i := s.i + 1; ; {
		n := bytes.IndexByte(s.b[i:], '"')
		if n < 0 {
			return s.unended()
		}
		i += n
		escapes := 0
		for s.b[i-1-escapes] == '\\' {
			escapes++
		}
		if i++; escapes%2 == 0 {
			s.i = i
			return nil
		}
	}
}

func (s *Scanner) unended() error {
	return fmt.Errorf("byte %d: the string does not end", s.i)
}

// AppendString appends a string in quotes, escaped as JSON; bytes that are not UTF-8
// become U+FFFD.
func AppendString(dst, v []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(v); {
		c := v[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(v[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}
