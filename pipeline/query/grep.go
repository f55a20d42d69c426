package query

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// GrepOptions are grep's -F, -i, -w and -x. Without Fixed, patterns are extended regular
// expressions, as for grep -E.
type GrepOptions struct{ Fixed, IgnoreCase, WordRegexp, LineRegexp bool }

// Grep matches the lines that GNU grep -a selects, with Options, for any of Patterns, in a
// UTF-8 locale. Without a pattern it matches no line. An event of several lines matches
// when one of them does. It is made by GrepPattern and by Parse.
//
// In a query it is written _grep_:'-iw -- pattern', with several patterns on a line each;
// flags and "--" may be left out where the pattern does not start with a hyphen.
//
// It differs from grep 3 with the GNU C library in these things only. Beside a byte that is
// not UTF-8, their \< \> \b \B go by the character before that byte, or fail; here such a
// byte is in no word, as it is for grep's own -w. They take encoded surrogates, and what is
// encoded above U+10FFFF, for a character; here they are bad bytes. With -w, what they make of a
// pattern that matches the empty text, too, depends on the other patterns and on the line's
// encoding; here the empty text counts only where nothing longer matches, and between
// characters. A "{" or ")" that opens or closes nothing is itself, which is what grep
// means, but not always finds. Characters are classed by Unicode 15, as in version 2.37 and
// later of the library. And a repetition of more than 1000 times, of no times, or of an
// assertion is refused.
type Grep struct {
	Options  GrepOptions
	Patterns []string
}

// Bounds on grep's patterns, all together: bytes, and instructions that they compile to.
const (
	maxGrepLength  = 1 << 20
	maxGrepProgram = 100_000
)

// GrepPattern returns the Grep of grep's patterns, the arguments of -e or the lines of -f;
// one that holds newlines is several patterns. The node is a Grep.
//
// The expression is for showing what matched, leftmost-longest. It is near to what grep -o
// prints: words are ASCII there, and it sees neither -w nor bytes that are not UTF-8;
// NewFinder is exact. Errors say what grep would, or what to write in the place of syntax
// of other dialects (\d, \t, (?:...), back-references).
func GrepPattern(opts GrepOptions, patterns []string) (Node, *regexp.Regexp, error) {
	n := Grep{Options: opts}
	length := 0
	for _, p := range patterns {
		n.Patterns = append(n.Patterns, strings.Split(p, "\n")...)
		length += len(p)
	}
	if length > maxGrepLength {
		return nil, nil, fmt.Errorf("the patterns have %d bytes, %d are allowed", length, maxGrepLength)
	}
	for _, p := range n.Patterns {
		if !utf8.ValidString(p) && !n.bytes() {
			return nil, nil, fmt.Errorf("the pattern %q is not UTF-8; fixed strings (-F) without -i, -w and -x may hold any bytes", p)
		}
	}
	c, err := n.compile()
	if err != nil {
		return nil, nil, err
	}
	c.re.Longest()
	return n, c.re, nil
}

// bytes reports whether the patterns are plain bytes to be found anywhere.
func (n Grep) bytes() bool { return n.Options == GrepOptions{Fixed: true} && len(n.Patterns) > 0 }

// String returns the node as a query.
func (n Grep) String() string {
	if len(n.Patterns) == 0 {
		return Not{All{}}.String()
	}
	flags := ""
	for _, f := range []struct {
		set  bool
		name string
	}{{n.Options.Fixed, "F"}, {n.Options.IgnoreCase, "i"}, {n.Options.WordRegexp, "w"}, {n.Options.LineRegexp, "x"}} {
		if f.set {
			flags += f.name
		}
	}
	text := strings.Join(n.Patterns, "\n")
	switch {
	case flags != "":
		text = "-" + flags + " -- " + text
	case strings.HasPrefix(text, "-"):
		text = "-- " + text
	}
	return "_grep_:" + quoteExact(text)
}

// grep reads what follows "_grep_:".
func (p *parser) grep() (Node, error) {
	start := p.pos
	if !p.has("'") {
		return nil, p.fault(start, "", "a pattern in single quotes, as _grep_:'-iw -- pattern'")
	}
	text, err := p.exact()
	if err != nil {
		return nil, err
	}
	var opts GrepOptions
	if strings.HasPrefix(text, "-") {
		flags, pattern, ok := strings.Cut(text, "-- ")
		if !ok {
			return nil, p.fault(start, "", `"-- " between the flags and the pattern`)
		}
		text = pattern
		for _, f := range strings.TrimPrefix(strings.TrimSpace(flags), "-") {
			switch f {
			case 'F':
				opts.Fixed = true
			case 'E':
			case 'i':
				opts.IgnoreCase = true
			case 'w':
				opts.WordRegexp = true
			case 'x':
				opts.LineRegexp = true
			default:
				return nil, p.fault(start, fmt.Sprintf("flag %q", f), "flags out of F, E, i, w and x")
			}
		}
	}
	n, _, err := GrepPattern(opts, []string{text})
	if err != nil {
		return nil, p.fault(start, err.Error(), "")
	}
	return n, nil
}
