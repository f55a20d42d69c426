package query

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// findGrep evaluates a Grep, line by line. program decides; what comes before it is faster,
// and used where it must agree: a set of texts, and regexp on lines without surprises.
type findGrep struct {
	filter *prefilter
	re     *regexp.Regexp // without marks and without -w
	prog   *program
	// marked tells that the expression asks for words, so that re agrees on ASCII lines
	// only; programOnly that it does not agree at all.
	marked, programOnly bool
	machines            *sync.Pool // of *machine
}

func newFindGrep(n Grep) predicate {
	if f, err := n.compile(); err == nil {
		return f
	}
	return anyOf{} // a node that was not made by GrepPattern, and is wrong
}

func (f *findGrep) match(l *line) bool {
	if !f.filter.may(l) {
		return false
	}
	if f.filter.decides {
		return true
	}
	line, rest, more := bytes.Cut(l.body, lineFeed)
	for !f.selects(line) {
		if !more {
			return false
		}
		line, rest, more = bytes.Cut(rest, lineFeed)
	}
	return true
}

var lineFeed = []byte{'\n'}

// selects says whether the patterns match one line.
func (f *findGrep) selects(body []byte) bool {
	if !f.programOnly && (f.marked && isASCII(body) || !f.marked && utf8.Valid(body)) {
		return f.re.Match(body)
	}
	m := f.machines.Get().(*machine)
	start, _ := m.search(f.prog, body, 0, false)
	m.line = nil
	f.machines.Put(m)
	return start >= 0
}

func (*findGrep) cost() int { return 15 }

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// compile translates the patterns.
func (n Grep) compile() (*findGrep, error) {
	f := &findGrep{machines: &sync.Pool{New: func() any { return &machine{any: true} }}}
	if n.bytes() {
		f.filter = &prefilter{decides: true}
		if !slices.Contains(n.Patterns, "") {
			f.filter.look(n.Patterns)
		}
	}
	e := ere{fold: n.Options.IgnoreCase}
	marked, err := n.source(&e)
	if err != nil {
		return nil, err
	}
	plain := marked
	if e.marked {
		e.boundaries = true
		if plain, err = n.source(&e); err != nil {
			return nil, err
		}
	}
	tree, err := syntax.Parse(marked, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the pattern is too complex: %w", err)
	}
	if size := ProgramSize(tree); size > maxGrepProgram {
		return nil, fmt.Errorf("the pattern is too large: about %d instructions, %d are allowed", size, maxGrepProgram)
	}
	if f.re, err = regexp.Compile(plain); err != nil {
		return nil, fmt.Errorf("the pattern is too complex: %w", err)
	}
	word := n.words()
	f.marked, f.programOnly = e.marked, word || e.oneSided
	if f.prog, err = newProgram(tree, word); err != nil {
		return nil, err
	}
	if f.filter == nil {
		f.filter = n.prefilter(tree, e.marked)
	}
	return f, nil
}

// words reports whether -w counts: -x overrides it.
func (n Grep) words() bool { return n.Options.WordRegexp && !n.Options.LineRegexp }

// source returns all patterns as one RE2 expression. Each is translated on its own, so
// that a fault in one is not made good by the next.
func (n Grep) source(e *ere) (string, error) {
	parts := make([]string, len(n.Patterns))
	for i, p := range n.Patterns {
		if strings.ContainsFunc(p, isMark) {
			return "", fmt.Errorf("the pattern %q has one of the characters U+10FFF0 to U+10FFF3, which are kept for other use", p)
		}
		if n.Options.Fixed {
			e.out = e.out[:0]
			for _, r := range p {
				e.character(r)
			}
			parts[i] = string(e.out)
			continue
		}
		s, err := e.translate(p)
		if err != nil {
			return "", err
		}
		parts[i] = s
	}
	source := strings.Join(parts, "|")
	if len(parts) == 0 {
		source = `[^\x00-\x{10FFFF}]`
	}
	if n.Options.LineRegexp {
		source = `\A(?:` + source + `)\z`
	}
	return source, nil
}

// literals finds what every matching line holds.
func (n Grep) literals(tree *syntax.Regexp) literals {
	found := analysis{fold: n.Options.IgnoreCase, mark: markLiterals}.of(tree)
	if n.words() {
		found = concat(concat(exactly(edge), found), exactly(edge))
	}
	return found
}

// markLiterals gives what marks tell: a word starts or ends at all of them but \B.
func markLiterals(r rune) (literals, bool) {
	if r == markInside {
		return exactly(""), true
	}
	return exactly(edge), isMark(r)
}

func (n Grep) prefilter(tree *syntax.Regexp, marked bool) *prefilter {
	found := n.literals(tree)
	f := &prefilter{fold: n.Options.IgnoreCase}
	f.use(bestClause(found.required()))
	if f.texts != nil && found.exact != nil && !f.fold && !marked && plain(tree) {
		f.decides, f.words = true, n.words()
	}
	return f
}

func requiredGrep(n Grep) Needs {
	if n.bytes() {
		or := Or{}
		for _, p := range n.Patterns {
			or.Nodes = append(or.Nodes, Exact{p})
		}
		return requiredOr(or)
	}
	source, err := n.source(&ere{fold: n.Options.IgnoreCase})
	if err != nil {
		return nil
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	return clauseNeeds(n.literals(tree).required(), !n.Options.IgnoreCase)
}
