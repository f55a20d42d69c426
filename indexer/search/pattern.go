package search

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// decision is what a pattern tells of its lines: none matches, each has to be looked at, or
// all match. Not, And and Or of decisions are the opposite, the least and the greatest.
type decision uint8

const (
	no decision = iota
	look
	yes
)

// decider decides by pattern: a part of a query.
type decider interface{ decide(p *pattern) decision }

// pattern is a block's pattern: the text that its lines have in common, and a slot for each
// word with digits. It is used by one goroutine, for one pattern after the other.
type pattern struct {
	block  *store.Block
	number int
	text   []byte // with a NUL for each slot
	slots  bool
	opaque bool // the lines may be anything

	folded []byte // text, once it is asked for
	sample pipeline.Event
	made   bool // sample
}

// use makes p a pattern of a block.
func (p *pattern) use(b *store.Block, number int) {
	p.block, p.number, p.text = b, number, b.PatternText(number)
	p.slots = bytes.IndexByte(p.text, 0) >= 0
	p.opaque = len(p.text) == 1 && p.slots
	p.folded, p.made = p.folded[:0], false
}

func (p *pattern) fold() []byte {
	if len(p.folded) == 0 {
		p.folded = query.Fold(p.folded, p.text)
	}
	return p.folded
}

// line is an event with a line of the pattern, with the word 0 in each slot. Without slots it is
// the line of all rows.
func (p *pattern) line() *pipeline.Event {
	if !p.made {
		p.made = true
		p.sample.Body = append(p.sample.Body[:0], p.text...)
		for i, c := range p.sample.Body {
			if c == 0 {
				p.sample.Body[i] = '0'
			}
		}
	}
	return &p.sample
}

// newDecider returns what decides n.
func newDecider(n query.Node) decider {
	switch n := n.(type) {
	case query.All:
		return allOf{}
	case query.And:
		return allOf(decidersOf(n.Nodes))
	case query.Or:
		return anyOf(decidersOf(n.Nodes))
	case query.Not:
		return noneOf{newDecider(n.Node)}
	case query.Word:
		if !hasDigit(n.Text) {
			return decideText{query.Compile(n), []byte(n.Text)}
		}
	case query.Phrase:
		if !hasDigit(strings.Join(n.Words, " ")) {
			return decideText{query.Compile(n), []byte(longest(n.Words))}
		}
	case query.Exact:
		if n.Text != "" && strings.IndexByte(n.Text, 0) < 0 {
			return newDecideExact(n)
		}
	case query.Field, query.Exists:
		return lookAt{}
	case query.Grep:
		if n.Options == (query.GrepOptions{Fixed: true}) && len(n.Patterns) == 1 {
			return newDecider(query.Exact{Text: n.Patterns[0]})
		}
	}
	return newDecideNeeds(n)
}

func decidersOf(nodes []query.Node) []decider {
	out := make([]decider, len(nodes))
	for i, n := range nodes {
		out[i] = newDecider(n)
	}
	return out
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

type allOf []decider

func (a allOf) decide(p *pattern) decision {
	d := yes
	for _, sub := range a {
		if d = min(d, sub.decide(p)); d == no {
			break
		}
	}
	return d
}

type anyOf []decider

func (a anyOf) decide(p *pattern) decision {
	d := no
	for _, sub := range a {
		if d = max(d, sub.decide(p)); d == yes {
			break
		}
	}
	return d
}

type noneOf struct{ decider }

func (n noneOf) decide(p *pattern) decision { return yes - n.decider.decide(p) }

// lookAt is for what is no part of the line.
type lookAt struct{}

func (lookAt) decide(*pattern) decision { return look }

// decideText decides a word or a phrase without digits: it lies in no slot, and words with a
// slot between them do not follow one another.
type decideText struct {
	match *query.Matcher
	word  []byte // its longest
}

func (d decideText) decide(p *pattern) decision {
	switch {
	case p.opaque:
		return look
	case bytes.Contains(p.fold(), d.word) && d.match.Match(p.line()):
		return yes
	}
	return no
}

func longest(words []string) (most string) {
	for _, w := range words {
		if len(w) > len(most) {
			most = w
		}
	}
	return most
}

// decideExact decides a text that may lie anywhere.
type decideExact struct {
	text  []byte
	ascii bool
	word  bool // it is a part of one word ...
	need  store.CondWord
}

func newDecideExact(n query.Exact) decideExact {
	d := decideExact{text: []byte(n.Text), ascii: true, word: true, need: store.CondWord{Kind: store.Infix, Text: strings.ToLower(n.Text)}}
	for _, c := range d.text {
		d.ascii, d.word = d.ascii && c < 0x80, d.word && inWord(c)
	}
	return d
}

// inWord says whether an ASCII character is part of words.
func inWord(c byte) bool {
	return c-'0' < 10 || c|0x20-'a' < 26 || c == '_'
}

func (d decideExact) decide(p *pattern) decision {
	switch {
	case p.opaque:
		return look
	case bytes.Contains(p.text, d.text):
		return yes
	case !p.slots:
		return no
	case !d.ascii:
		return look
	case d.word: // it is in a slot if anywhere
		if !p.block.MayHold(p.number, d.need) {
			return no
		}
	case !d.spans(p.text):
		return no
	}
	return look
}

// spans says whether the text may lie over slots of the pattern.
func (d decideExact) spans(pattern []byte) bool {
	for i, c := range pattern {
		if (c == 0 || c == d.text[0]) && d.from(pattern[i:]) {
			return true
		}
	}
	return false
}

// from says whether the text may start where pattern does, or within the slot there.
func (d decideExact) from(pattern []byte) bool {
	j := 0
	for _, c := range pattern {
		if j == len(d.text) {
			return true
		}
		if c != 0 {
			if c != d.text[j] {
				return false
			}
			j++
			continue
		}
		start, digit := j, false
		for ; j < len(d.text) && inWord(d.text[j]); j++ {
			digit = digit || d.text[j]-'0' < 10
		}
		// A slot is a whole word with a digit; the text may hold its end or its beginning.
		if j == start && j < len(d.text) || !digit && start > 0 && j < len(d.text) {
			return false
		}
	}
	return j == len(d.text)
}

// decideNeeds decides anything by what its words must be; where there is no slot, by the line.
type decideNeeds struct {
	match *query.Matcher
	parts bool // a line matches if a part of it does
	needs [][]store.CondWord
	texts [][][]byte
}

func newDecideNeeds(n query.Node) decideNeeds {
	d := decideNeeds{match: query.Compile(n), parts: inParts(n)}
	required := query.Required(n)
	// What no slot can be is found out first: that costs least.
	slices.SortStableFunc(required, func(a, b []query.Need) int { return cmp.Compare(inSlots(a), inSlots(b)) })
	for _, alternatives := range required {
		var words []store.CondWord
		var texts [][]byte
		for _, need := range alternatives {
			words = append(words, store.CondWord{Kind: wordKind(need.Kind), Text: need.Text})
			texts = append(texts, []byte(need.Text))
		}
		d.needs, d.texts = append(d.needs, words), append(d.texts, texts)
	}
	return d
}

// inSlots counts the needs that a word with digits may fulfil.
func inSlots(needs []query.Need) (n int) {
	for _, need := range needs {
		if need.Kind != query.Whole || hasDigit(need.Text) {
			n++
		}
	}
	return n
}

func (d decideNeeds) decide(p *pattern) decision {
	switch {
	case p.opaque:
		return look
	case !p.slots:
		if d.match.Match(p.line()) {
			return yes
		}
		return no
	}
	for i := range d.needs {
		if !d.may(p, i) {
			return no
		}
	}
	if d.parts && d.inText(p) {
		return yes
	}
	return look
}

// inText says whether what a pattern's lines have in common between two slots matches, and so
// all of them.
func (d decideNeeds) inText(p *pattern) bool {
	var e pipeline.Event
	for part := range bytes.SplitSeq(p.text, []byte{0}) {
		if e.Body = part; d.match.Match(&e) {
			return true
		}
	}
	return false
}

// inParts says of a regular expression or a text that a line matches if a part of it does:
// nothing in it looks at where lines or words begin and end.
func inParts(n query.Node) bool {
	switch n := n.(type) {
	case query.Regex:
		return !looksAround(n.Source)
	case query.Grep:
		if n.Options.WordRegexp || n.Options.LineRegexp {
			return false
		}
		return n.Options.Fixed || !slices.ContainsFunc(n.Patterns, looksAround)
	}
	return false
}

// looksAround is true of expressions that hold an anchor or an assertion, and of some others:
// those with a caret in a class, or with an escape that is no punctuation mark's.
func looksAround(expression string) bool {
	for i := 0; i < len(expression); i++ {
		switch expression[i] {
		case '^', '$':
			return true
		case '\\':
			if i++; i == len(expression) || !strings.ContainsRune(".*+?()[]{}|/\\-^$", rune(expression[i])) {
				return true
			}
		}
	}
	return false
}

// may says whether a line of the pattern may fulfil one of its needs.
func (d decideNeeds) may(p *pattern, need int) bool {
	for _, text := range d.texts[need] {
		if bytes.Contains(p.fold(), text) {
			return true
		}
	}
	for _, w := range d.needs[need] {
		if w.Kind == store.Whole && !hasDigit(w.Text) {
			continue // it is in no slot
		}
		if p.block.MayHold(p.number, w) {
			return true
		}
	}
	return false
}
