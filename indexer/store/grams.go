package store

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// Grams find long words with digits (ids, numbers, addresses) by a part of them, which is what
// grep asks for: it does not say where a word ends. Of every gramWindow consecutive pieces
// of gramSize bytes of a word, the one with the smallest hash is a key of the block
// (Schleimer, Wilkerson, Aiken, "Winnowing", 2003): about every second piece is, and any
// text of gramMin bytes or more picks pieces that every word around it picks too.
const (
	gramSize   = 6
	gramWindow = 3
	gramMin    = gramSize + gramWindow - 1
	// gramMax is the length of the longest word that is cut into grams; a block with a
	// longer one has the key noGrams and is never ruled out by grams.
	gramMax = 512
)

// noGrams is the key of a block that holds words without grams.
var noGrams = mix(0x666f67686f726e)

// wordKeys yields the keys of a word with a digit: its hash if it is short, or its grams.
func wordKeys(word []byte, yield func(key uint64)) {
	switch {
	case len(word) < gramMin:
		yield(xxhash.Sum64(word))
	case len(word) <= gramMax:
		grams(word, yield)
	default:
		yield(noGrams)
	}
}

// grams yields the keys of a text, in order; some may come twice.
func grams(text []byte, yield func(key uint64)) {
	if len(text) < gramMin {
		return
	}
	a, b := gramHash(text), gramHash(text[1:])
	last := uint64(0)
	for i := 2; i+gramSize <= len(text); i++ {
		c := gramHash(text[i:])
		if least := min(a, b, c); i == 2 || least != last {
			last = least
			yield(least)
		}
		a, b = b, c
	}
}

func gramHash(b []byte) uint64 {
	return mix(uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32 | 1<<48)
}

// Parts of words with digits that are all of hexadecimal digits are everywhere where there
// are random ids, in as many forms as there can be: as terms they would be most of the
// index. Instead each hexSize bytes of them, and each minPart, are keys.
const hexSize = 4

// allHex says that a text has no letters but a to f.
func allHex(text []byte) bool {
	for _, b := range text {
		if b-'a' > 5 {
			return false
		}
	}
	return true
}

// hexGrams yields the keys of a hexadecimal part.
func hexGrams(part []byte, yield func(key uint64)) {
	for i := 0; i+minPart <= len(part); i++ {
		yield(hexKey(part[i : i+minPart]))
		if i+hexSize <= len(part) {
			yield(hexKey(part[i : i+hexSize]))
		}
	}
}

// hexKeys are the keys of all parts that hold a hexadecimal text of minPart bytes or more.
func hexKeys(text string) (keys []uint64) {
	n := min(hexSize, len(text))
	for i := 0; i+n <= len(text); i++ {
		keys = append(keys, hexKey([]byte(text[i:i+n])))
	}
	return keys
}

func hexKey(b []byte) uint64 {
	h := uint64(1)
	for _, c := range b {
		h = h<<8 | uint64(c)
	}
	return mix(h<<8 | 1<<60)
}
