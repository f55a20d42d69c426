package query

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

type findExact struct{ text []byte }

func (f findExact) match(l *line) bool { return bytes.Contains(l.body, f.text) }
func (findExact) cost() int            { return 3 }

// phrase is words that follow one another, folded. anchor is the longest of them: it is
// looked for first, being the rarest.
type phrase struct {
	words  [][]byte
	anchor int
}

func newPhrase(words []string) phrase {
	p := phrase{words: make([][]byte, len(words))}
	for i, w := range words {
		p.words[i] = []byte(w)
		if len(w) > len(words[p.anchor]) {
			p.anchor = i
		}
	}
	return p
}

// in reports whether the folded text holds the phrase.
func (p phrase) in(folded []byte) bool {
	if len(p.words) == 0 {
		return true
	}
	w := p.words[p.anchor]
	for i := 0; ; {
		at := bytes.Index(folded[i:], w)
		if at < 0 || len(w) == 0 {
			return false
		}
		start := i + at
		end := start + len(w)
		if !wordBefore(folded, start) && !wordAt(folded, end) && p.around(folded, start, end) {
			return true
		}
		i = start + 1
	}
}

// around reports whether the anchor at [start, end) has the phrase's other words around it.
func (p phrase) around(folded []byte, start, end int) bool {
	for i := p.anchor - 1; i >= 0; i-- {
		for start > 0 && !wordBefore(folded, start) {
			start--
		}
		w := p.words[i]
		if !bytes.HasSuffix(folded[:start], w) || wordBefore(folded, start-len(w)) {
			return false
		}
		start -= len(w)
	}
	for i := p.anchor + 1; i < len(p.words); i++ {
		end = skipSeparators(folded, end)
		w := p.words[i]
		if !bytes.HasPrefix(folded[end:], w) || wordAt(folded, end+len(w)) {
			return false
		}
		end += len(w)
	}
	return true
}

// skipSeparators returns where the next word starts, at i or after.
func skipSeparators(text []byte, i int) int {
	for i < len(text) && !wordAt(text, i) {
		i++
		for i < len(text) && !utf8.RuneStart(text[i]) {
			i++
		}
	}
	return i
}

type findPhrase struct{ phrase }

func (f findPhrase) match(l *line) bool { return f.in(l.fold()) }
func (findPhrase) cost() int            { return 4 }

// findRegex looks for a text that every match must hold before it runs the expression;
// where the expression is no more than such texts, that is all.
type findRegex struct {
	re     *regexp.Regexp
	filter *prefilter
}

func newFindRegex(source string, fold bool, re *regexp.Regexp) predicate {
	if re == nil {
		var err error
		if re, _, err = compileRegexp(source, fold); err != nil {
			return anyOf{}
		}
	}
	tree, err := syntax.Parse(regexSource(source, fold), syntax.Perl)
	if err != nil {
		return anyOf{}
	}
	return findRegex{re, newPrefilter(tree)}
}

func (f findRegex) match(l *line) bool {
	if !f.filter.may(l) {
		return false
	}
	return f.filter.decides || f.re.Match(l.body)
}

func (findRegex) cost() int { return 20 }
