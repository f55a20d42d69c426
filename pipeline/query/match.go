package query

import (
	"cmp"
	"slices"
	"sync"

	"foghorn/pipeline"
)

// Matcher evaluates one query on events. It is safe for concurrent use, and allocates
// nothing per event but where a field's value is not text at hand (times, body).
type Matcher struct {
	root  predicate
	lines sync.Pool // of *line
}

// Compile makes the evaluator of a query. A Regex, or a Field that Matches, must hold its
// compiled RE, as Parse and NewRegex make it; one that does not is compiled here, and
// matches nothing if it is wrong.
func Compile(n Node) *Matcher {
	return &Matcher{root: build(n), lines: sync.Pool{New: func() any { return new(line) }}}
}

// Match reports whether the query matches e. It defines what the query means.
func (m *Matcher) Match(e *pipeline.Event) bool {
	l := m.lines.Get().(*line)
	l.event, l.body, l.folded = e, e.Body, l.folded[:0]
	ok := m.root.match(l)
	l.event, l.body = nil, nil
	m.lines.Put(l)
	return ok
}

// line is an event under evaluation. The folded body is made when it is first asked for,
// and shared by all parts of the query.
type line struct {
	event  *pipeline.Event
	body   []byte
	folded []byte
}

func (l *line) fold() []byte {
	if len(l.folded) == 0 {
		l.folded = Fold(l.folded, l.body)
	}
	return l.folded
}

// predicate is a compiled node. Its cost orders the parts of And and Or, cheapest first.
type predicate interface {
	match(l *line) bool
	cost() int
}

func build(n Node) predicate {
	switch n := n.(type) {
	case And:
		return all{sorted(n.Nodes)}
	case Or:
		return buildOr(n)
	case Not:
		return not{build(n.Node)}
	case Word:
		return findPhrase{newPhrase([]string{n.Text})}
	case Phrase:
		return findPhrase{newPhrase(n.Words)}
	case Exact:
		return findExact{[]byte(n.Text)}
	case Regex:
		return newFindRegex(n.Source, n.Fold, n.RE)
	case Wildcard:
		return findWildcard{newWildcard(n.Pattern)}
	case Field:
		return buildField(n)
	case Exists:
		return exists{n.Name}
	case Grep:
		return newFindGrep(n)
	}
	return all{} // All, and an And without nodes
}

func sorted(nodes []Node) []predicate {
	parts := make([]predicate, len(nodes))
	for i, n := range nodes {
		parts[i] = build(n)
	}
	slices.SortStableFunc(parts, func(a, b predicate) int { return cmp.Compare(a.cost(), b.cost()) })
	return parts
}

// buildOr gathers the exact texts and the words of an Or, if there are many, into one
// search each.
func buildOr(n Or) predicate {
	var exact, words []string
	var rest []Node
	for _, sub := range n.Nodes {
		switch s := sub.(type) {
		case Exact:
			exact = append(exact, s.Text)
		case Word:
			words = append(words, s.Text)
		default:
			rest = append(rest, sub)
		}
	}
	if len(exact) < manyLiterals && len(words) < manyLiterals {
		return anyOf{sorted(n.Nodes)}
	}
	parts := sorted(rest)
	if len(exact) > 0 {
		parts = slices.Insert(parts, 0, predicate(findSet{newLiteralSet(exact, false), false}))
	}
	if len(words) > 0 {
		parts = slices.Insert(parts, 0, predicate(findSet{newLiteralSet(words, true), true}))
	}
	return anyOf{parts}
}

type all struct{ parts []predicate }

func (a all) match(l *line) bool {
	for _, p := range a.parts {
		if !p.match(l) {
			return false
		}
	}
	return true
}

func (a all) cost() int { return costOf(a.parts) }

type anyOf struct{ parts []predicate }

func (a anyOf) match(l *line) bool {
	for _, p := range a.parts {
		if p.match(l) {
			return true
		}
	}
	return false
}

func (a anyOf) cost() int { return costOf(a.parts) }

func costOf(parts []predicate) int {
	sum := 0
	for _, p := range parts {
		sum += p.cost()
	}
	return sum
}

type not struct{ part predicate }

func (n not) match(l *line) bool { return !n.part.match(l) }
func (n not) cost() int          { return n.part.cost() }

type exists struct{ name string }

func (x exists) match(l *line) bool {
	_, ok := l.event.Field(x.name)
	return ok
}

func (exists) cost() int { return 2 }
