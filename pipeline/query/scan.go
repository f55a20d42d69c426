package query

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

// token is a bare term: its text with the escapes taken away, the same as a pattern whose
// literal '*', '?' and '\' are escaped, and whether it has a wildcard.
type token struct {
	plain, glob string
	wild        bool
}

// bare reads to the end of a term, or to a byte of stop.
func (p *parser) bare(stop string) token {
	var plain, glob strings.Builder
	var t token
	for !p.end() {
		c := p.text[p.pos]
		if isSpace(c) || c == '(' || c == ')' || c == '"' || strings.IndexByte(stop, c) >= 0 || p.has("&&") || p.has("||") {
			break
		}
		if p.pos++; c == '\\' && !p.end() && isEscapable(p.text[p.pos]) {
			c = p.text[p.pos]
			p.pos++
		} else if c == '*' || c == '?' {
			t.wild = true
			plain.WriteByte(c)
			glob.WriteByte(c)
			continue
		}
		plain.WriteByte(c)
		if c == '*' || c == '?' || c == '\\' {
			glob.WriteByte('\\')
		}
		glob.WriteByte(c)
	}
	t.plain, t.glob = plain.String(), glob.String()
	return t
}

// isEscapable reports whether a backslash before c is an escape: before a letter it is a
// backslash, so that C:\temp needs none.
func isEscapable(c byte) bool {
	return isSpace(c) || c > ' ' && c < 0x7f && byteClass[c] == separator
}

// phrase reads text in double quotes.
func (p *parser) phrase() (string, error) {
	start := p.pos
	var b strings.Builder
	for p.pos++; !p.end(); p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c == '\\' && (strings.HasPrefix(p.text[p.pos+1:], `"`) || strings.HasPrefix(p.text[p.pos+1:], `\`)):
			p.pos++
			b.WriteByte(p.text[p.pos])
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fault(start, "the text that starts here has no end", `a closing "`)
}

// exact reads text in single quotes.
func (p *parser) exact() (string, error) {
	start := p.pos
	var b strings.Builder
	for p.pos++; !p.end(); p.pos++ {
		if p.text[p.pos] == '\'' {
			p.pos++
			if !p.has("'") {
				return b.String(), nil
			}
		}
		b.WriteByte(p.text[p.pos])
	}
	return "", p.fault(start, "the exact text that starts here has no end", "a closing ' (a quote inside is written twice)")
}

// regex reads a regular expression. ok is false, and nothing is consumed, where the slash
// starts a path.
func (p *parser) regex() (r Regex, ok bool, err error) {
	start := p.pos
	var b strings.Builder
	for i := start + 1; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == '\\' && i+1 < len(p.text):
			i++
			if p.text[i] != '/' {
				b.WriteByte(c)
			}
			b.WriteByte(p.text[i])
			continue
		case c != '/':
			b.WriteByte(c)
			continue
		}
		i++
		fold := strings.HasPrefix(p.text[i:], "i")
		if fold {
			i++
		}
		if i < len(p.text) && !isSpace(p.text[i]) && p.text[i] != ')' {
			break
		}
		p.pos = i
		r, err := p.compile(start, b.String(), fold)
		return r, err == nil, err
	}
	for i := start; i < len(p.text) && !isSpace(p.text[i]) && p.text[i] != ')'; i++ {
		if c := p.text[i]; c < 0x80 && byteClass[c] == separator && strings.IndexByte(`/.,:;=&@~%#*?-"`, c) < 0 {
			return Regex{}, false, p.fault(start, "the regular expression that starts here has no end",
				`a closing "/", or "/i", at the end of the term (a slash inside is written \/; a path goes into quotes)`)
		}
	}
	return Regex{}, false, nil
}

// compile makes the node of an expression that starts at byte start.
func (p *parser) compile(start int, source string, fold bool) (Regex, error) {
	re, size, err := compileRegexp(source, fold)
	if err != nil {
		pos, message := start, err.Error()
		var fault *syntax.Error
		if errors.As(err, &fault) {
			message = "the regular expression is wrong: " + fault.Code.String() + " " + strconv.Quote(fault.Expr)
			if i := strings.Index(p.text[start+1:], fault.Expr); i >= 0 {
				pos = start + 1 + i
			}
		}
		return Regex{}, p.fault(pos, message, "")
	}
	if p.program += size; p.program > maxProgram {
		return Regex{}, p.fault(start, "the regular expressions of the query are too large together", "")
	}
	return Regex{Source: source, Fold: fold, RE: re}, nil
}

// textNode is what plain text means: a word, a phrase, or exact text if it has no word.
func textNode(text string) Node {
	words := foldedWords(text)
	switch {
	case len(words) == 1:
		return Word{words[0]}
	case len(words) > 1:
		return Phrase{Words: words, Text: text}
	case text == "":
		return All{}
	}
	return Exact{text}
}

// foldedWords returns the words of text, folded.
func foldedWords(text string) []string {
	var words []string
	b := []byte(text)
	Words(b, func(start, end int) bool {
		words = append(words, string(Fold(nil, b[start:end])))
		return true
	})
	return words
}

// literalStar finds what escapes a '*', '?' or backslash in a glob. None of them can be
// part of a word, so that in a pattern on words a space says the same.
var (
	literalStar = regexp.MustCompile(`\\.`)
	manyStars   = regexp.MustCompile(`\*\*+`)
)

// wildcardNode makes the node of a bare term with wildcards.
func wildcardNode(glob string) Node {
	pattern := foldString(literalStar.ReplaceAllString(glob, " "))
	if pattern = manyStars.ReplaceAllString(pattern, "*"); pattern == "*" {
		return All{}
	}
	return Wildcard{pattern}
}
