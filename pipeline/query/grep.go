package query

import (
	"errors"
	"regexp"
	"strings"
)

// GrepOptions are grep's -F, -i, -w and -x. Without Fixed, patterns are as for grep -E.
type GrepOptions struct{ Fixed, IgnoreCase, WordRegexp, LineRegexp bool }

// Grep matches the lines that grep selects.
type Grep struct {
	Options  GrepOptions
	Patterns []string
}

// String is the query form of the pattern.
func (n Grep) String() string { return "_grep_:" + quoteExact(strings.Join(n.Patterns, "\n")) }

// GrepPattern translates grep's patterns.
func GrepPattern(opts GrepOptions, patterns []string) (Node, *regexp.Regexp, error) {
	if opts != (GrepOptions{Fixed: true}) || len(patterns) != 1 {
		return nil, nil, errors.New("only one fixed pattern is taken")
	}
	re, err := regexp.Compile(regexp.QuoteMeta(patterns[0]))
	return Exact{patterns[0]}, re, err
}

func newFindGrep(Grep) predicate { return anyOf{} }
func requiredGrep(Grep) Needs    { return nil }
func (p *parser) grep() (Node, error) {
	return nil, p.fault(p.pos, "", "a pattern")
}
