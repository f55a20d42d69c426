package query

import (
	"bytes"
	"regexp/syntax"
	"strings"
)

// prefilter tells cheaply that an expression cannot match a line: none of the texts, one
// of which every match holds, is in the line. Without texts it lets every line pass.
type prefilter struct {
	texts [][]byte
	set   *literalSet
	fold  bool
	// decides is true where holding one of the texts, or as whole words if words, is
	// matching.
	decides, words bool
}

func newPrefilter(tree *syntax.Regexp) *prefilter {
	fold := foldsCase(tree)
	found := analysis{fold: fold}.of(tree)
	f := &prefilter{fold: fold, decides: found.exact != nil && !fold && plain(tree)}
	f.use(bestClause(found.required()))
	f.decides = f.decides && f.texts != nil
	return f
}

func (f *prefilter) use(clause []string) {
	for _, t := range clause {
		f.texts = append(f.texts, []byte(strings.ReplaceAll(t, edge, "")))
	}
	if len(clause) >= manyLiterals {
		f.set = newLiteralSet(clauseTexts(f.texts), false)
	}
}

func clauseTexts(texts [][]byte) []string {
	s := make([]string, len(texts))
	for i, t := range texts {
		s[i] = string(t)
	}
	return s
}

// may reports whether the line can match.
func (f *prefilter) may(l *line) bool {
	if len(f.texts) == 0 {
		return true
	}
	text := l.body
	if f.fold {
		text = l.fold()
	}
	if f.set != nil {
		return f.set.in(text, f.words)
	}
	for _, t := range f.texts {
		if bytes.Contains(text, t) {
			return true
		}
	}
	return false
}

// foldsCase reports whether any part of the expression is in any case.
func foldsCase(re *syntax.Regexp) bool {
	if re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase != 0 {
		return true
	}
	for _, sub := range re.Sub {
		if foldsCase(sub) {
			return true
		}
	}
	return false
}

// plain reports whether the expression is made of characters only, so that the texts of
// its literals, if they are all known, are what it matches, wherever they are.
func plain(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpConcat, syntax.OpAlternate, syntax.OpCapture, syntax.OpQuest, syntax.OpEmptyMatch:
	default:
		return false
	}
	for _, sub := range re.Sub {
		if !plain(sub) {
			return false
		}
	}
	return true
}
