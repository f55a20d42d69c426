package query

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// Fold appends word to dst in the one form that all its spellings in upper and lower case
// share, and returns it: two texts are equal in any case exactly when their folded forms
// are equal bytes. It maps each character on its own, by Unicode's simple case folding, to
// the lower case of its class: K, k and the Kelvin sign are k; S, s and the long s are s.
// Bytes that are not UTF-8 are kept. Folding a line folds each of its words, and moves no
// character into or out of a word. dst and word must not overlap.
func Fold(dst, word []byte) []byte {
	for len(word) >= 8 {
		x := binary.LittleEndian.Uint64(word)
		if x&0x8080808080808080 != 0 {
			break
		}
		// A byte b is a capital when b+0x3f carries into the top bit and b+0x25 does not;
		// its top bit, moved down by two, is the 0x20 that makes it small.
		upper := (x + 0x3f3f3f3f3f3f3f3f) &^ (x + 0x2525252525252525) & 0x8080808080808080
		dst = binary.LittleEndian.AppendUint64(dst, x|upper>>2)
		word = word[8:]
	}
	kept := 0 // what is before i, and after kept, is folded already
	for i := 0; i < len(word); {
		size := 1
		if b := word[i]; b < utf8.RuneSelf {
			if lowerByte[b] != b {
				dst = append(append(dst, word[kept:i]...), lowerByte[b])
				kept = i + 1
			}
		} else {
			var r rune
			r, size = utf8.DecodeRune(word[i:])
			if f := foldRune(r); f != r {
				dst = utf8.AppendRune(append(dst, word[kept:i]...), f)
				kept = i + size
			}
		}
		i += size
	}
	return append(dst, word[kept:]...)
}

// foldString is Fold for strings.
func foldString(s string) string { return string(Fold(nil, []byte(s))) }

// foldRune returns the character that stands for all those that simple folding holds equal
// to r: the lower case of the least of them, where that is one of them.
func foldRune(r rune) rune {
	switch {
	case r < common:
		return commonFold[r]
	case 0x2E80 <= r && r < 0xA640: // Chinese, Japanese and others without case
		return r
	}
	return findFold(r)
}

// The answers for characters below common (Latin, Greek, Cyrillic, Hebrew, Arabic) are
// looked up: Unicode's own tables take 20 to 100 ns a character.
const common = 0x700

var commonFold, commonWord = commonTables()

func commonTables() (fold [common]rune, word [common]bool) {
	for r := range rune(common) {
		fold[r], word[r] = findFold(r), findWord(r)
	}
	return fold, word
}

func findFold(r rune) rune {
	least := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		least = min(least, o)
	}
	lower := unicode.ToLower(least)
	for o := unicode.SimpleFold(least); o != least; o = unicode.SimpleFold(o) {
		if o == lower {
			return lower
		}
	}
	return least
}
