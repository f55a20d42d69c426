package query

import (
	"slices"
	"strings"
)

// String returns "*".
func (All) String() string { return "*" }

// String joins the nodes with AND.
func (n And) String() string {
	if len(n.Nodes) == 0 {
		return All{}.String()
	}
	return join(n.Nodes, " AND ", func(n Node) bool { return isAnd(n) || isOr(n) })
}

// String joins the nodes with OR.
func (n Or) String() string {
	if len(n.Nodes) == 0 {
		return Not{All{}}.String()
	}
	return join(n.Nodes, " OR ", isOr)
}

// String puts NOT before the node.
func (n Not) String() string {
	return "NOT " + join([]Node{n.Node}, "", func(n Node) bool { return isAnd(n) || isOr(n) })
}

func isAnd(n Node) bool { _, ok := n.(And); return ok }
func isOr(n Node) bool  { _, ok := n.(Or); return ok }

func join(nodes []Node, between string, nested func(Node) bool) string {
	var b strings.Builder
	for i, n := range nodes {
		if i > 0 {
			b.WriteString(between)
		}
		if nested(n) {
			b.WriteString("(" + n.String() + ")")
		} else {
			b.WriteString(n.String())
		}
	}
	return b.String()
}

// String returns the word.
func (n Word) String() string { return n.Text }

// String returns the phrase in double quotes.
func (n Phrase) String() string { return quotePhrase(n.Text) }

// String returns the text in single quotes.
func (n Exact) String() string { return quoteExact(n.Text) }

// String returns the expression between slashes.
func (n Regex) String() string { return quoteRegex(n.Source, n.Fold) }

// String returns the pattern.
func (n Wildcard) String() string { return escapeBare(n.Pattern, bareSpecial+":") }

// String returns _exists_: and the name.
func (n Exists) String() string { return "_exists_:" + escapeName(n.Name) }

// String returns the name, a colon and the comparison.
func (n Field) String() string {
	name := escapeName(n.Name) + ":"
	switch n.Op {
	case Less:
		return name + "<" + bound(n.Value)
	case LessEqual:
		return name + "<=" + bound(n.Value)
	case Greater:
		return name + ">" + bound(n.Value)
	case GreaterEqual:
		return name + ">=" + bound(n.Value)
	case Glob:
		return name + escapeGlob(n.Value)
	case Contains:
		return name + quotePhrase(n.Value)
	case Has:
		return name + quoteExact(n.Value)
	case Matches:
		return name + quoteRegex(n.Value, n.Fold)
	case Between:
		open, shut := "{", "}"
		if n.LowInclude {
			open = "["
		}
		if n.HighInclude {
			shut = "]"
		}
		return name + open + bound(n.Low) + " TO " + bound(n.High) + shut
	}
	return name + escapeBare(n.Value, bareSpecial+wildSpecial)
}

func quotePhrase(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func quoteExact(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteRegex escapes the slashes of source that are not escaped yet.
func quoteRegex(source string, fold bool) string {
	var b strings.Builder
	b.WriteByte('/')
	for i := 0; i < len(source); i++ {
		switch c := source[i]; {
		case c == '\\' && i+1 < len(source):
			b.WriteByte(c)
			i++
			b.WriteByte(source[i])
		case c == '/':
			b.WriteString(`\/`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('/')
	if fold {
		b.WriteByte('i')
	}
	return b.String()
}

// bound is a value of a comparison or an end of a range.
func bound(s string) string {
	if s == "" || strings.ContainsAny(s, `]}"`) {
		return quotePhrase(s)
	}
	return escapeBare(s, bareSpecial)
}

// escapeName quotes a field's name unless it can stand bare.
func escapeName(name string) string {
	if fieldName(name) == len(name) && name != "" {
		return name
	}
	return quotePhrase(name)
}

// Characters that a bare token must escape: everywhere, to be no wildcard, and at its
// start.
const (
	bareSpecial  = " \t\n\v\f\r()\"\\&|"
	wildSpecial  = "*?"
	startSpecial = "'/-+![{<>=:"
)

// escapeBare writes s so that it reads as one bare token, by a backslash before each byte
// of special, and of startSpecial at the start.
func escapeBare(s, special string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(special, s[i]) >= 0 || i == 0 && strings.IndexByte(startSpecial, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// escapeGlob does so for the value of a Glob, whose backslashes already escape.
func escapeGlob(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			b.WriteByte(c)
			i++
			b.WriteByte(s[i])
		case i == 0:
			b.WriteString(escapeBare(s[:1], bareSpecial))
		default:
			if strings.IndexByte(bareSpecial, c) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Same reports whether two queries have the same form.
func Same(a, b Node) bool {
	switch a := a.(type) {
	case And:
		b, ok := b.(And)
		return ok && slices.EqualFunc(a.Nodes, b.Nodes, Same)
	case Or:
		b, ok := b.(Or)
		return ok && slices.EqualFunc(a.Nodes, b.Nodes, Same)
	case Not:
		b, ok := b.(Not)
		return ok && Same(a.Node, b.Node)
	case Phrase:
		b, ok := b.(Phrase)
		return ok && a.Text == b.Text && slices.Equal(a.Words, b.Words)
	case Regex:
		b, ok := b.(Regex)
		return ok && a.Source == b.Source && a.Fold == b.Fold
	case Field:
		b, ok := b.(Field)
		a.RE, b.RE = nil, nil
		return ok && a == b
	case Grep:
		b, ok := b.(Grep)
		return ok && a.Options == b.Options && slices.Equal(a.Patterns, b.Patterns)
	}
	return a == b
}
