package store

import "encoding/binary"

// Grams find words with digits (ids, numbers, addresses) by a part of them, which is what
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
