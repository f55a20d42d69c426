package query

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// edge stands, in the texts of literals, for a place where no word goes on: the start or
// end of the line, a word boundary, or a character that is in no word. It takes no room.
// Texts are UTF-8 otherwise, which never holds this byte.
const edge = "\xff"

// Bounds on what is gathered: texts per set, alternatives per clause, clauses, and bytes
// of a set.
const (
	maxSet     = 16
	maxClause  = maxAlternatives
	maxClauses = 32
	maxBytes   = 4096
)

// literals is what is known of the texts that an expression matches. The method is that
// of Russ Cox, "Regular Expression Matching with a Trigram Index" (2012), with whole
// texts in the place of trigrams.
type literals struct {
	// exact holds all texts that can match, if they are few enough to tell.
	exact []string
	// Otherwise every match starts with one of prefix and ends with one of suffix ...
	prefix, suffix []string
	// ... and holds, for each of the clauses, one of its texts.
	clauses [][]string
}

func exactly(texts ...string) literals { return literals{exact: texts} }
func anything() literals               { return literals{prefix: []string{""}, suffix: []string{""}} }

func (l literals) starts() []string {
	if l.exact != nil {
		return l.exact
	}
	return l.prefix
}

func (l literals) ends() []string {
	if l.exact != nil {
		return l.exact
	}
	return l.suffix
}

// required returns all clauses, worthless ones taken out.
func (l literals) required() [][]string {
	if l.exact != nil {
		return addClause(nil, l.exact)
	}
	return addClause(addClause(slices.Clone(l.clauses), l.prefix), l.suffix)
}

// addClause adds a clause unless it says nothing, or is known, or there are too many.
func addClause(clauses [][]string, texts []string) [][]string {
	if len(texts) == 0 || len(texts) > maxClause || len(clauses) >= maxClauses || weight(texts) == 0 {
		return clauses
	}
	for _, c := range clauses {
		if slices.Equal(c, texts) {
			return clauses
		}
	}
	return append(clauses, texts)
}

// weight tells how much a clause narrows: the bytes of its shortest text, less a little
// for every doubling of their number.
func weight(texts []string) int {
	shortest := maxBytes
	for _, t := range texts {
		shortest = min(shortest, len(t)-strings.Count(t, edge))
	}
	if shortest == 0 {
		return 0
	}
	w := 8 * shortest
	for n := len(texts); n > 1; n /= 2 {
		w -= 2
	}
	return max(w, 1)
}

// bestClause returns the clause that narrows most, or nil.
func bestClause(clauses [][]string) []string {
	var best []string
	for _, c := range clauses {
		if best == nil || weight(c) > weight(best) {
			best = c
		}
	}
	return best
}

// cross joins each text of a with each of b; ok is false where they become too many.
func cross(a, b []string) (joined []string, ok bool) {
	if len(a)*len(b) > maxSet {
		return nil, false
	}
	bytes := 0
	for _, x := range a {
		for _, y := range b {
			if bytes += len(x) + len(y); bytes > maxBytes && len(a)*len(b) > 1 {
				return nil, false
			}
			if t := x + y; !slices.Contains(joined, t) {
				joined = append(joined, t)
			}
		}
	}
	return joined, true
}

func concat(x, y literals) literals {
	if x.exact != nil && y.exact != nil {
		if joined, ok := cross(x.exact, y.exact); ok {
			return literals{exact: joined}
		}
	}
	r := literals{prefix: x.prefix, suffix: y.suffix, clauses: slices.Clone(x.clauses)}
	for _, c := range y.clauses {
		r.clauses = addClause(r.clauses, c)
	}
	if joined, ok := cross(x.ends(), y.starts()); ok {
		r.clauses = addClause(r.clauses, joined)
	} else {
		r.clauses = addClause(addClause(r.clauses, x.ends()), y.starts())
	}
	if x.exact != nil {
		joined, ok := cross(x.exact, y.starts())
		if r.prefix = joined; !ok {
			r.prefix = x.exact
		}
	}
	if y.exact != nil {
		joined, ok := cross(x.ends(), y.exact)
		if r.suffix = joined; !ok {
			r.suffix = y.exact
		}
	}
	return r
}

// union returns the texts of both sets, or the set that says nothing.
func union(a, b []string) []string {
	u := slices.Clone(a)
	for _, t := range b {
		if !slices.Contains(u, t) {
			u = append(u, t)
		}
	}
	if len(u) > maxSet {
		return []string{""}
	}
	return u
}

func alternate(x, y literals) literals {
	if x.exact != nil && y.exact != nil {
		if u := union(x.exact, y.exact); len(u) > 1 || u[0] != "" {
			return literals{exact: u}
		}
	}
	r := literals{prefix: union(x.starts(), y.starts()), suffix: union(x.ends(), y.ends())}
	a, b := bestClause(x.required()), bestClause(y.required())
	if a != nil && b != nil {
		r.clauses = addClause(nil, slices.Concat(a, b))
	}
	return r
}

// repeated is x one time or more.
func repeated(x literals) literals {
	if x.exact == nil {
		return x
	}
	return literals{prefix: x.exact, suffix: x.exact, clauses: addClause(nil, x.exact)}
}

// analysis finds the literals of an expression. Its texts are folded if fold, for use on
// folded lines. mark, if set, tells of characters that stand for assertions (markStart).
type analysis struct {
	fold bool
	mark func(rune) (literals, bool)
}

func (a analysis) of(re *syntax.Regexp) literals {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		// RE2's \b knows ASCII words only: between é and a it sees a boundary.
		return exactly("")
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpEndLine, syntax.OpEndText:
		return exactly(edge)
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 && !a.fold {
			return a.anyCase(re.Rune)
		}
		return a.literal(re.Rune)
	case syntax.OpCharClass:
		return a.class(re.Rune)
	case syntax.OpCapture:
		return a.of(re.Sub[0])
	case syntax.OpPlus:
		return repeated(a.of(re.Sub[0]))
	case syntax.OpQuest:
		return alternate(exactly(""), a.of(re.Sub[0]))
	case syntax.OpRepeat:
		return a.repeat(re)
	case syntax.OpConcat:
		r := exactly("")
		for _, sub := range re.Sub {
			r = concat(r, a.of(sub))
		}
		return r
	case syntax.OpAlternate:
		r := a.of(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			r = alternate(r, a.of(sub))
		}
		return r
	}
	return anything() // stars, any character, and what can match nothing at all
}

// anyCase gives the literals of characters in any case. Also [Pp]anic is such: RE2's
// parser makes a literal in any case of a class that holds a letter in all its cases.
func (a analysis) anyCase(runes []rune) literals {
	r := exactly("")
	for _, c := range runes {
		cases := []rune{c, c}
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			cases = append(cases, f, f)
		}
		if len(cases) == 2 {
			r = concat(r, a.literal(cases[:1]))
			continue
		}
		r = concat(r, a.class(cases))
	}
	return r
}

func (a analysis) literal(runes []rune) literals {
	r := exactly("")
	start := 0
	flush := func(end int) {
		if end > start {
			r = concat(r, exactly(a.text(string(runes[start:end]))))
		}
		start = end + 1
	}
	for i, c := range runes {
		if a.mark != nil {
			if l, ok := a.mark(c); ok {
				flush(i)
				r = concat(r, l)
				continue
			}
		}
		if c == utf8.RuneError { // matches any byte that is not UTF-8, too
			flush(i)
			r = concat(r, anything())
		}
	}
	flush(len(runes))
	return r
}

func (a analysis) text(s string) string {
	if a.fold {
		return foldString(s)
	}
	return s
}

// class enumerates a small class; of a larger one it tells whether it is in no word.
func (a analysis) class(ranges []rune) literals {
	const few = 4
	var texts []string
	separators := true
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if len(texts) > few && !separators {
				return anything()
			}
			if r == utf8.RuneError || r >= utf8.RuneSelf && r > ranges[i]+64 {
				return anything()
			}
			separators = separators && !isWordRune(r)
			if t := a.text(string(r)); !slices.Contains(texts, t) {
				texts = append(texts, t)
			}
		}
	}
	switch {
	case len(texts) == 0:
		return anything()
	case len(texts) <= few:
		return exactly(texts...)
	case separators:
		return literals{prefix: []string{edge}, suffix: []string{edge}}
	}
	return anything()
}

func (a analysis) repeat(re *syntax.Regexp) literals {
	sub := a.of(re.Sub[0])
	if re.Min == 0 {
		if re.Max == 1 {
			return alternate(exactly(""), sub)
		}
		return anything()
	}
	r := sub
	for range min(re.Min, maxSet) - 1 {
		r = concat(r, sub)
	}
	if re.Max != re.Min || re.Min > maxSet {
		more := anything()
		more.suffix = sub.ends()
		more.prefix = union(sub.starts(), []string{""})
		r = concat(r, more)
	}
	return r
}
