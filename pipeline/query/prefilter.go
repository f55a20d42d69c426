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

// use takes the texts of a clause.
func (f *prefilter) use(clause []string) {
	texts := make([]string, len(clause))
	for i, t := range clause {
		texts[i] = strings.ReplaceAll(t, edge, "")
	}
	f.look(texts)
}

// look makes the texts those to look for.
func (f *prefilter) look(texts []string) {
	for _, t := range texts {
		f.texts = append(f.texts, []byte(t))
	}
	if len(texts) >= manyLiterals {
		f.set = newLiteralSet(texts, false)
	}
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
		if f.words && holdsWord(text, t) || !f.words && bytes.Contains(text, t) {
			return true
		}
	}
	return false
}

// holdsWord reports whether t, which is not empty, is in text with no word going on at
// either end.
func holdsWord(text, t []byte) bool {
	for i := 0; ; i++ {
		at := bytes.Index(text[i:], t)
		if at < 0 {
			return false
		}
		if i += at; !wordBefore(text, i) && !wordAt(text, i+len(t)) {
			return true
		}
	}
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
