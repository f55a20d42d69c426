package entry

import (
	"strings"
	"unicode/utf8"
)

// arena holds the strings of a request together: one allocation for many.
type arena struct{ b strings.Builder }

const arenaBytes = 16 << 10

// put copies p into the arena.
func (a *arena) put(p []byte) string {
	if len(p) == 0 {
		return ""
	}
	if a.b.Cap()-a.b.Len() < len(p) {
		a.b = strings.Builder{}
		a.b.Grow(max(len(p), arenaBytes))
	}
	start := a.b.Len()
	a.b.Write(p)
	return a.b.String()[start:]
}

// cut returns the first n bytes of b, less those of a character that n divides.
func cut(b []byte, n int) []byte {
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(b[i]) {
			return b[:i]
		}
	}
	return b[:n]
}

// names keeps the names of attributes, which repeat from record to record.
type names map[string]string

const maxNames = 4096

func (n names) get(key []byte) string {
	if s, ok := n[string(key)]; ok {
		return s
	}
	if len(n) >= maxNames {
		clear(n)
	}
	s := string(key)
	n[s] = s
	return s
}
