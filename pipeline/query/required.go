package query

import (
	"bytes"
	"cmp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is how a Need's text stands to a word of the line: it is the word, the word starts
// with it, ends with it, or holds it.
type Kind uint8

// The kinds of Need, the one that narrows most first.
const (
	Whole Kind = iota
	Prefix
	Suffix
	Infix
)

// Need is a condition on the set of words of a line: one of the words, folded, has Text,
// which is folded, in the way that Kind says.
type Need struct {
	Kind Kind
	Text string
}

// Met reports whether a folded word fulfils the need.
func (n Need) Met(word []byte) bool {
	text := []byte(n.Text)
	switch n.Kind {
	case Whole:
		return bytes.Equal(word, text)
	case Prefix:
		return bytes.HasPrefix(word, text)
	case Suffix:
		return bytes.HasSuffix(word, text)
	}
	return bytes.Contains(word, text)
}

// Needs is what the words of every matching line fulfil: of each of its elements, at least
// one Need. None of the elements is empty; Needs without elements says nothing.
type Needs [][]Need

// Bounds of what Required returns: needs of one alternative, and elements.
const (
	maxAlternatives = 1024
	maxNeeds        = 64
)

// Required returns what every line that matches n has in its words (Words, folded by
// Fold), for an index of words to find the lines that can match. A line whose words do
// not fulfil it does not match; one whose words do may or may not. Fields, and whatever
// is negated, need nothing here.
func Required(n Node) Needs {
	switch n := n.(type) {
	case And:
		var needs Needs
		for _, sub := range n.Nodes {
			needs = append(needs, Required(sub)...)
		}
		return needs.trim()
	case Or:
		return requiredOr(n)
	case Word:
		return Needs{{{Whole, n.Text}}}
	case Phrase:
		var needs Needs
		for _, w := range n.Words {
			needs = append(needs, []Need{{Whole, w}})
		}
		return needs.trim()
	case Exact:
		// A byte that is taken for an edge elsewhere is here one that separates words.
		return wordsOf(strings.ReplaceAll(foldString(wholeCharacters(n.Text)), edge, " ")).trim()
	case Wildcard:
		return requiredWildcard(n)
	case Regex:
		return requiredRegex(n)
	case Grep:
		return requiredGrep(n)
	}
	return nil
}

// trim drops doubles and what a whole word that is needed fulfils anyway, and keeps the
// elements that narrow most if there are too many.
func (needs Needs) trim() Needs {
	var kept Needs
	for i, alternatives := range needs {
		implied := func(other []Need) bool {
			return len(other) == 1 && other[0].Kind == Whole && alternatives[0].Kind != Whole && alternatives[0].Met([]byte(other[0].Text))
		}
		if len(alternatives) == 1 && slices.ContainsFunc(needs[:min(len(needs), i+maxNeeds)], implied) {
			continue
		}
		if !slices.ContainsFunc(kept, func(k []Need) bool { return slices.Equal(k, alternatives) }) {
			kept = append(kept, alternatives)
		}
		if len(kept) > 4*maxNeeds {
			break
		}
	}
	if len(kept) > maxNeeds {
		slices.SortStableFunc(kept, func(a, b []Need) int { return cmp.Compare(value(b), value(a)) })
		kept = kept[:maxNeeds]
	}
	return kept
}

// value tells how much an element narrows.
func value(alternatives []Need) int {
	least := 1 << 20
	for _, n := range alternatives {
		least = min(least, len(n.Text)*(8-2*int(n.Kind)))
	}
	for n := len(alternatives); n > 1; n /= 2 {
		least--
	}
	return least
}

// best returns the element that narrows most, or nil.
func (needs Needs) best() []Need {
	if len(needs) == 0 {
		return nil
	}
	return slices.MaxFunc(needs, func(a, b []Need) int { return cmp.Compare(value(a), value(b)) })
}

// requiredOr multiplies out where that stays small, and takes the best element of each
// part where not.
func requiredOr(or Or) Needs {
	product := Needs{nil}
	for _, sub := range or.Nodes {
		needs := Required(sub)
		if len(needs) == 0 {
			return nil
		}
		if len(product)*len(needs) > 8 {
			product, needs = Needs{product.best()}, Needs{needs.best()}
		}
		var next Needs
		for _, a := range product {
			for _, b := range needs {
				next = append(next, merge(a, b))
			}
		}
		if product = next; len(product[0]) > maxAlternatives {
			return nil
		}
	}
	if len(or.Nodes) == 0 {
		return nil
	}
	return product.trim()
}

func merge(a, b []Need) []Need {
	m := slices.Clone(a)
	for _, n := range b {
		if len(m) > 64 || !slices.Contains(m, n) {
			m = append(m, n)
		}
	}
	return m
}

// wordsOf returns the needs of a folded text that is somewhere in the folded line. Words
// at its ends may go on outside, unless an edge is there.
func wordsOf(text string) Needs {
	leftOpen := !strings.HasPrefix(text, edge)
	rightOpen := !strings.HasSuffix(text, edge)
	b := []byte(strings.ReplaceAll(text, edge, ""))
	var needs Needs
	Words(b, func(start, end int) bool {
		n := Need{Whole, string(b[start:end])}
		open := start == 0 && leftOpen
		switch {
		case end == len(b) && rightOpen && open:
			n.Kind = Infix
		case end == len(b) && rightOpen:
			n.Kind = Prefix
		case open:
			n.Kind = Suffix
		}
		needs = append(needs, []Need{n})
		return true
	})
	return needs
}

// wholeCharacters cuts bytes from the ends of text that can be, in the line, parts of a
// character that goes on outside of it; folding would change them there.
func wholeCharacters(text string) string {
	for text != "" && !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	for i := len(text) - 1; i >= 0 && i >= len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRuneInString(text[i:]) {
				text = text[:i]
			}
			break
		}
	}
	return text
}

func requiredWildcard(n Wildcard) Needs {
	var needs Needs
	for _, part := range wildcardParts(n.Pattern) {
		g := parseGlob(part, false)
		for i, piece := range g {
			if piece.kind != 0 {
				continue
			}
			need := Need{Infix, string(piece.text)}
			switch {
			case len(g) == 1:
				need.Kind = Whole
			case i == 0:
				need.Kind = Prefix
			case i == len(g)-1:
				need.Kind = Suffix
			}
			needs = append(needs, []Need{need})
		}
	}
	return needs.trim()
}

// clauseNeeds turns clauses of texts into needs. A clause of one text needs all of its
// words; one of several needs, of each, the word that narrows most.
func clauseNeeds(clauses [][]string, fold bool) Needs {
	var needs Needs
	for _, clause := range clauses {
		var any []Need
		for _, text := range clause {
			if fold {
				text = foldString(text) // keeps edges: they are not UTF-8
			}
			words := wordsOf(text)
			if len(clause) == 1 {
				needs = append(needs, words...)
			}
			best := words.best()
			if best == nil {
				any = nil
				break
			}
			any = merge(any, best)
		}
		if len(clause) > 1 && any != nil {
			needs = append(needs, any)
		}
	}
	return needs.trim()
}

func requiredRegex(n Regex) Needs {
	tree, err := syntax.Parse(regexSource(n.Source, n.Fold), syntax.Perl)
	if err != nil {
		return nil
	}
	fold := foldsCase(tree)
	return clauseNeeds(analysis{fold: fold}.of(tree).required(), !fold)
}
