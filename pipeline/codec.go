package pipeline

import (
	"encoding/hex"
	"unicode/utf8"
)

func validUTF8(b []byte) bool { return utf8.Valid(b) }

// decodeID reads a trace or span id in hex; an id of another length or alphabet is not
// one that OTLP can carry, and stays an attribute.
func decodeID[T [16]byte | [8]byte](s string) (id T, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return id, false
	}
	return T(b), true
}
