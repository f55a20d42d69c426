package query

import (
	"unicode"
	"unicode/utf8"
)

// Classes of bytes for splitting: part of no word, part of a word, first byte of a
// character that must be looked at.
const (
	separator = iota
	wordByte
	highByte
)

// byteClass and lowerByte are constants of the language, drawn up once.
var (
	byteClass = classTable()
	lowerByte = lowerTable()
)

func classTable() (t [256]uint8) {
	for b := range t {
		switch {
		case b >= utf8.RuneSelf:
			t[b] = highByte
		case '0' <= b && b <= '9', 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_':
			t[b] = wordByte
		}
	}
	return t
}

func lowerTable() (t [256]uint8) {
	for b := range t {
		t[b] = uint8(b)
		if 'A' <= b && b <= 'Z' {
			t[b] += 'a' - 'A'
		}
	}
	return t
}

// Words calls yield with the bounds of each word of line, in order, until yield returns
// false. It is the one definition of a word, for queries and for the index: a maximal run
// of letters, digits and '_', which is what grep -w calls a word. Letters and digits are
// those of Unicode (its alphabetic characters and decimal digits); every other character,
// NUL and bytes that are not UTF-8 separate. So `“error”…` holds the word error.
//
// Folding moves no word's bounds but by the lengths of characters, so that an index folds
// the line once and then splits it (BenchmarkFoldThenWords), which is faster than to fold
// each word.
func Words(line []byte, yield func(start, end int) bool) {
	for i := 0; i < len(line); {
		if byteClass[line[i]] == separator {
			i++
			continue
		}
		start := i
		for i < len(line) && byteClass[line[i]] == wordByte {
			i++
		}
		if i < len(line) && line[i] >= utf8.RuneSelf {
			i = wordEnd(line, i)
		}
		if i > start {
			if !yield(start, i) {
				return
			}
			continue
		}
		_, size := utf8.DecodeRune(line[i:])
		i += size
	}
}

// wordEnd returns the end of the word that starts at i, or i where none does.
func wordEnd(line []byte, i int) int {
	for i < len(line) {
		switch byteClass[line[i]] {
		case wordByte:
			i++
		case highByte:
			r, size := utf8.DecodeRune(line[i:])
			if !isWordRune(r) {
				return i
			}
			i += size
		default:
			return i
		}
	}
	return i
}

// wordAt and wordBefore tell whether a character of a word starts at i, or ends there.
func wordAt(line []byte, i int) bool {
	if i >= len(line) {
		return false
	}
	if c := byteClass[line[i]]; c != highByte {
		return c == wordByte
	}
	r, _ := utf8.DecodeRune(line[i:])
	return isWordRune(r)
}

func wordBefore(line []byte, i int) bool {
	if i <= 0 {
		return false
	}
	if c := byteClass[line[i-1]]; c != highByte {
		return c == wordByte
	}
	r, _ := utf8.DecodeLastRune(line[:i])
	return isWordRune(r)
}

// isWordRune reports whether r is part of words. U+FFFD, which stands for bytes that are
// not UTF-8 too, is not. Unicode's Alphabetic is L + Nl + Other_Alphabetic.
func isWordRune(r rune) bool {
	if r < common {
		return r >= 0 && commonWord[r]
	}
	return findWord(r)
}

func findWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_Alphabetic, r)
}
