package query

import (
	"bytes"
	"unicode/utf8"
)

// glob matches folded text against pieces of literal text and wildcards.
type glob []globPiece

// globPiece is '*' (star), '?' (one character, or one byte that is not UTF-8), or text.
type globPiece struct {
	kind byte
	text []byte
}

// parseGlob reads a pattern in which a backslash, if escapes, takes the next byte as it is.
func parseGlob(pattern string, escapes bool) glob {
	var g glob
	var text []byte
	flush := func() {
		if len(text) > 0 {
			g = append(g, globPiece{text: Fold(nil, text)})
			text = text[:0]
		}
	}
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && escapes && i+1 < len(pattern):
			i++
			text = append(text, pattern[i])
		case c == '*':
			flush()
			if len(g) == 0 || g[len(g)-1].kind != '*' {
				g = append(g, globPiece{kind: '*'})
			}
		case c == '?':
			flush()
			g = append(g, globPiece{kind: '?'})
		default:
			text = append(text, c)
		}
	}
	flush()
	return g
}

// match reports whether all of the folded text has the form of g. On a mismatch it goes
// back to the last star only, so that it takes at most len(g) * len(text) steps.
func (g glob) match(text []byte) bool {
	piece, at := 0, 0
	star, starAt := -1, 0
	for piece < len(g) || at < len(text) {
		if piece < len(g) {
			switch p := g[piece]; {
			case p.kind == '*':
				star, starAt = piece, at
				piece++
				continue
			case p.kind == '?' && at < len(text):
				_, size := utf8.DecodeRune(text[at:])
				at += size
				piece++
				continue
			case p.kind == 0 && bytes.HasPrefix(text[at:], p.text):
				at += len(p.text)
				piece++
				continue
			}
		}
		if star < 0 || starAt >= len(text) {
			return false
		}
		_, size := utf8.DecodeRune(text[starAt:])
		starAt += size
		piece, at = star+1, starAt
	}
	return true
}

// literal returns the longest text in g.
func (g glob) literal() []byte {
	var best []byte
	for _, p := range g {
		if len(p.text) > len(best) {
			best = p.text
		}
	}
	return best
}

// wildcard is a Wildcard's pattern: globs for words that follow one another.
type wildcard struct {
	words  []glob
	filter []byte // the longest literal text
}

func newWildcard(pattern string) wildcard {
	var w wildcard
	for _, part := range wildcardParts(pattern) {
		g := parseGlob(part, false)
		w.words = append(w.words, g)
		if t := g.literal(); len(t) > len(w.filter) {
			w.filter = t
		}
	}
	return w
}

// wildcardParts splits a pattern at its separators.
func wildcardParts(pattern string) []string {
	var parts []string
	b := []byte(pattern)
	start := 0
	flush := func(end int) {
		if end > start {
			parts = append(parts, pattern[start:end])
		}
	}
	for i := 0; i < len(b); {
		if b[i] == '*' || b[i] == '?' {
			i++
			continue
		}
		if end := wordEnd(b, i); end > i {
			i = end
			continue
		}
		_, size := utf8.DecodeRune(b[i:])
		flush(i)
		i += size
		start = i
	}
	flush(len(b))
	return parts
}

// in reports whether the folded text has such words.
func (w wildcard) in(folded []byte) bool {
	if !bytes.Contains(folded, w.filter) {
		return false
	}
	found := false
	Words(folded, func(start, _ int) bool {
		found = w.at(folded, start)
		return !found
	})
	return found
}

func (w wildcard) at(folded []byte, start int) bool {
	for _, g := range w.words {
		start = skipSeparators(folded, start)
		end := wordEnd(folded, start)
		if end == start || !g.match(folded[start:end]) {
			return false
		}
		start = end
	}
	return true
}

type findWildcard struct{ wildcard }

func (f findWildcard) match(l *line) bool { return f.in(l.fold()) }
func (findWildcard) cost() int            { return 10 }
