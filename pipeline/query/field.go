package query

import (
	"regexp"
	"strings"
)

// Matcher returns a function that tells whether one value of the field fulfils f; it is
// what an index asks about the values that it holds. The function is safe for concurrent
// use. An empty value, which is an absent one, never matches.
func (f Field) Matcher() func(value string) bool {
	test := f.test()
	return func(v string) bool { return v != "" && test(v) }
}

func (f Field) test() func(string) bool {
	level := isLevel(f.Name)
	normal := func(v string) string {
		if name, ok := levelName(v); level && ok {
			return name
		}
		return v
	}
	switch f.Op {
	case Less, LessEqual, Greater, GreaterEqual:
		b := newBoundary(normal(f.Value), level)
		return func(v string) bool {
			c, ok := b.compare(v)
			return ok && holds(f.Op, c)
		}
	case Between:
		low, high := newBoundary(normal(f.Low), level), newBoundary(normal(f.High), level)
		return func(v string) bool {
			return low.below(v, f.LowInclude) && high.above(v, f.HighInclude)
		}
	case Glob:
		g := parseGlob(f.Value, true)
		return func(v string) bool { return g.match(foldSmall(v)) }
	case Contains:
		p := newPhrase(foldedWords(normal(f.Value)))
		return func(v string) bool { return p.in(foldSmall(v)) }
	case Has:
		return func(v string) bool { return strings.Contains(v, f.Value) }
	case Matches:
		re := f.regexp()
		return func(v string) bool { return re != nil && re.MatchString(v) }
	}
	return equalTest(normal(f.Value))
}

func (f Field) regexp() *regexp.Regexp {
	if f.RE != nil {
		return f.RE
	}
	re, _, err := compileRegexp(f.Value, f.Fold)
	if err != nil {
		return nil
	}
	return re
}

func foldSmall(v string) []byte { return Fold(make([]byte, 0, 64), []byte(v)) }

// equalTest compares canonical forms; texts that are plainly different or the same are
// told apart without making them.
func equalTest(want string) func(string) bool {
	canonical := Canonical(want)
	wanted, isNumber := parseNumber(want)
	return func(v string) bool {
		if v == canonical {
			return true
		}
		if isNumber {
			n, ok := parseNumber(v)
			return ok && n == wanted
		}
		if same, ascii := equalASCII(v, canonical); ascii {
			return same
		}
		return string(foldSmall(v)) == canonical
	}
}

// equalASCII compares v with a folded text; ascii is false where v has other characters.
func equalASCII(v, folded string) (same, ascii bool) {
	same = len(v) == len(folded)
	for i := range len(v) {
		if v[i] >= 0x80 {
			return false, false
		}
		same = same && lowerByte[v[i]] == folded[i]
	}
	return same, true
}
