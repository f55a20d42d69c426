package query

import (
	"strconv"
	"strings"
)

// Limits of a query; Parse refuses what is beyond them.
const (
	// MaxLength is in bytes.
	MaxLength = 64 << 10
	// MaxDepth is how deep parentheses and negations nest, MaxNodes how many nodes there
	// may be.
	MaxDepth = 100
	MaxNodes = 4096
)

// Parse reads a query. An error is an *Error.
//
// Precedence is NOT, AND, OR; the operators are upper case (or ! - + && ||), and terms
// side by side are joined by AND. A term ends at white space, a parenthesis, a double
// quote, && or ||. In a bare term a backslash takes the character of punctuation or the
// space after it literally; in a phrase it does so with " and \; in exact text the only
// special thing is a single quote, written twice; in a regular expression \/ is a slash.
//
// A bare term of several words, as foo.bar, 10.0.0.1:80 or a/b, is a phrase; one without
// a word, as =>, is exact text. A term is field:value when what is before the first colon
// is a name ([A-Za-z_@][A-Za-z0-9_.@-]*) and what follows is neither another colon nor
// "//": 12:30:45, std::string and https://host/x are phrases, while localhost:8080 asks
// for a field localhost and must be quoted to be text. Any other field name is written in
// double quotes, "app/name":web. A slash starts a regular expression only where
// one ends with a slash (and i) at the end of a term: /var/log/syslog is a phrase.
func Parse(text string) (Node, error) {
	if len(text) > MaxLength {
		return nil, &Error{Column: 1, Message: "the query has " + strconv.Itoa(len(text)) + " bytes, " + strconv.Itoa(MaxLength) + " are allowed"}
	}
	p := &parser{text: text}
	p.space()
	if p.end() {
		return All{}, nil
	}
	n, err := p.or("")
	if err != nil {
		return nil, err
	}
	if !p.end() {
		return nil, p.fault(p.pos, `")" without "("`, "")
	}
	return n, nil
}

// parser reads text by recursive descent. Its methods take the field that the terms are
// for, in field:(a OR b), or "".
type parser struct {
	text    string
	pos     int
	depth   int
	nodes   int
	program int
}

func (p *parser) end() bool         { return p.pos >= len(p.text) }
func (p *parser) has(s string) bool { return strings.HasPrefix(p.text[p.pos:], s) }
func (p *parser) fault(pos int, message, expected string) error {
	return errorAt(p.text, pos, message, expected)
}

func (p *parser) space() {
	for !p.end() && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// operator consumes word, standing alone, or sign.
func (p *parser) operator(word, sign string) bool {
	p.space()
	if sign != "" && p.has(sign) {
		p.pos += len(sign)
		return true
	}
	if !p.has(word) {
		return false
	}
	after := p.pos + len(word)
	if after < len(p.text) && !isSpace(p.text[after]) && !strings.ContainsRune(`()"`, rune(p.text[after])) {
		return false
	}
	p.pos = after
	return true
}

// count refuses a query with too many nodes.
func (p *parser) count(pos int) error {
	if p.nodes++; p.nodes > MaxNodes {
		return p.fault(pos, "the query has more than "+strconv.Itoa(MaxNodes)+" terms", "")
	}
	return nil
}

func (p *parser) or(field string) (Node, error) {
	var nodes []Node
	for {
		n, err := p.and(field)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		if !p.operator("OR", "||") {
			break
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return Or{nodes}, p.count(p.pos)
}

func (p *parser) and(field string) (Node, error) {
	var nodes []Node
	for {
		n, err := p.not(field)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		if p.operator("AND", "&&") {
			continue
		}
		at := p.pos
		if p.end() || p.has(")") || p.operator("OR", "||") {
			p.pos = at
			break
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return And{nodes}, p.count(p.pos)
}

func (p *parser) not(field string) (Node, error) {
	for {
		p.space()
		start := p.pos
		switch {
		case p.operator("NOT", ""):
		case p.has("!"), p.has("-"), p.has("+"):
			p.pos++
			if p.end() || isSpace(p.text[p.pos]) {
				return nil, p.fault(p.pos, "", "a term right after "+strconv.Quote(p.text[start:p.pos]))
			}
			if p.text[start] == '+' {
				continue
			}
		default:
			return p.term(field)
		}
		if p.depth++; p.depth > MaxDepth {
			return nil, p.fault(start, "the query nests too deep", "")
		}
		n, err := p.not(field)
		p.depth--
		if err != nil {
			return nil, err
		}
		return Not{n}, p.count(start)
	}
}

func (p *parser) term(field string) (Node, error) {
	p.space()
	start := p.pos
	if err := p.count(start); err != nil {
		return nil, err
	}
	for _, word := range []string{"AND", "OR"} {
		if p.operator(word, "") {
			return nil, p.fault(start, "", "a term before "+strconv.Quote(word))
		}
	}
	switch {
	case p.end() || p.has(")"):
		if start == 0 {
			return nil, p.fault(start, "", "a term")
		}
		return nil, p.fault(start, "", "a term after "+quoteTail(p.text[:start]))
	case p.has("("):
		return p.group(field)
	case p.has("&&"), p.has("||"):
		return nil, p.fault(start, "", "a term before "+strconv.Quote(p.text[start:start+2]))
	case field != "":
		return p.value(field)
	case p.has(`"`):
		text, err := p.phrase()
		if err != nil {
			return nil, err
		}
		if p.has(":") {
			p.pos++
			return p.field(text)
		}
		return textNode(text), nil
	case p.has("'"):
		text, err := p.exact()
		return Exact{text}, err
	case p.has("/"):
		r, ok, err := p.regex()
		if err != nil {
			return nil, err
		}
		if ok {
			return r, nil
		}
	}
	if n := fieldName(p.text[p.pos:]); n > 0 {
		rest := p.text[p.pos+n:]
		if strings.HasPrefix(rest, ":") && !strings.HasPrefix(rest, "::") && !strings.HasPrefix(rest, "://") {
			name := p.text[p.pos : p.pos+n]
			p.pos += n + 1
			return p.field(name)
		}
	}
	t := p.bare("")
	if !t.wild {
		return textNode(t.plain), nil
	}
	return wildcardNode(t.glob), nil
}

func (p *parser) group(field string) (Node, error) {
	start := p.pos
	p.pos++
	if p.depth++; p.depth > MaxDepth {
		return nil, p.fault(start, "the query nests too deep", "")
	}
	n, err := p.or(field)
	p.depth--
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.has(")") {
		return nil, p.fault(p.pos, "", `")" for the "(" in column `+strconv.Itoa(errorAt(p.text, start, "", "").Column))
	}
	p.pos++
	return n, nil
}

// fieldName returns the length of the field name that s starts with, or 0.
func fieldName(s string) int {
	for i := range len(s) {
		c := s[i] | 0x20
		letter := 'a' <= c && c <= 'z' || s[i] == '_' || s[i] == '@'
		if !letter && (i == 0 || !('0' <= s[i] && s[i] <= '9' || s[i] == '.' || s[i] == '-')) {
			return i
		}
	}
	return len(s)
}

// quoteTail quotes the last term of what came before a fault.
func quoteTail(s string) string {
	s = strings.TrimRight(s, " \t\r\n\v\f")
	if i := strings.LastIndexAny(s, " \t\r\n\v\f"); i >= 0 {
		s = s[i+1:]
	}
	if len(s) > 40 {
		s = strings.ToValidUTF8("..."+s[len(s)-40:], "")
	}
	return `"` + s + `"`
}
