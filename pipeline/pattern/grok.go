package pattern

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/elastic/go-grok/patterns"

	"foghorn/pipeline/query"
)

// Bounds of one expression.
const (
	maxExpanded = 64 << 10 // bytes, with all names replaced
	maxDepth    = 20       // of names within names
	maxFields   = 64       // named captures
	maxProgram  = 40_000   // instructions; the largest known pattern takes 26,000
)

// Grok is a set of named patterns: one's own, and behind them the known ones. It is
// immutable; nil knows the known ones alone.
type Grok struct{ own map[string]string }

// Expression is a compiled grok pattern.
type Expression struct {
	// Source is the pattern as written.
	Source string
	// RE is the regular expression; groups without a name are not captured.
	RE *regexp.Regexp
	// Names are the fields' names by capture group, "" for the whole match. A name can
	// stand more than once, when the pattern has alternatives.
	Names []string
	// Types are the types of the fields by capture group, "" where none is given.
	Types []Type
	// Own says that a pattern of one's own is part of it, so that Source alone does not
	// tell what it matches.
	Own bool
	// literal is in every line that fits; empty when nothing is known.
	literal []byte
}

// Error says what is wrong with a grok pattern.
type Error struct {
	// Column is the character, from 1, of the pattern at which the fault is.
	Column  int
	Message string
}

// Error renders the message, without the place.
func (e *Error) Error() string { return e.Message }

// known are the known patterns, in the order in which a name is looked for.
func known() []map[string]string {
	return []map[string]string{
		patterns.Default, patterns.Syslog, patterns.Httpd, patterns.Java, patterns.AWS, patterns.Bind9, patterns.Bro,
		patterns.Exim, patterns.HAProxy, patterns.Firewalls, patterns.Junos, patterns.Maven, patterns.MCollective,
		patterns.MongoDB, patterns.PostgreSQL, patterns.Rails, patterns.Redis, patterns.Ruby, patterns.Squid,
	}
}

func (g *Grok) lookup(name string) (definition string, own, ok bool) {
	if g != nil {
		if d, ok := g.own[name]; ok {
			return d, true, true
		}
	}
	for _, set := range known() {
		if d, ok := set[name]; ok {
			return d, false, true
		}
	}
	return "", false, false
}

// Compile makes the expression of a grok pattern: a regular expression (RE2) in which
// %{NAME} stands for a named pattern, %{NAME:field} captures it as a field, and
// %{NAME:field:type} says the field's type; (?P<field>...) captures as well. The error is
// an *Error.
func (g *Grok) Compile(source string) (*Expression, error) {
	x := expansion{grok: g, fields: make(map[string]captured)}
	expanded, err := x.expand(source, nil)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(expanded, syntax.Perl)
	if err != nil {
		return nil, regexpError(source, err)
	}
	tree = dropUnnamed(tree)
	if size := query.ProgramSize(tree); size > maxProgram {
		return nil, &Error{1, fmt.Sprintf("the pattern is too large: about %d instructions, %d are allowed", size, maxProgram)}
	}
	re, err := regexp.Compile(tree.String())
	if err != nil {
		return nil, regexpError(source, err)
	}
	out := &Expression{Source: source, RE: re, Own: x.own, literal: []byte(required(tree))}
	for _, name := range re.SubexpNames() {
		field, ok := x.fields[name]
		if !ok {
			field.name = name
		}
		out.Names, out.Types = append(out.Names, field.name), append(out.Types, field.kind)
	}
	if len(out.Names)-1 > maxFields {
		return nil, &Error{1, fmt.Sprintf("expected at most %d captures, found %d", maxFields, len(out.Names)-1)}
	}
	return out, nil
}

// regexpError finds the place of a fault in the part of the pattern that it names.
func regexpError(source string, err error) *Error {
	e := &Error{1, fmt.Sprintf("expected a grok pattern or regular expression (RE2): %v", err)}
	var at *syntax.Error
	if errors.As(err, &at) {
		if i := strings.Index(source, at.Expr); i > 0 {
			e.Column = utf8.RuneCountInString(source[:i]) + 1
		}
	}
	return e
}

// grokUse is %{NAME}, %{NAME:field} or %{NAME:field:type}.
var grokUse = regexp.MustCompile(`%\{(\w+)(?::([\w.@-]+))?(?::(\w+))?\}`)

// captured is a field that a capture group holds.
type captured struct {
	name string
	kind Type
}

// expansion is one expression while its names are replaced.
type expansion struct {
	grok   *Grok
	fields map[string]captured // by group: a field's name can hold dots, a group's cannot
	size   int
	own    bool
}

// expand replaces the names in a pattern; within are the names that it is part of.
func (x *expansion) expand(pattern string, within []string) (string, error) {
	if x.size += len(pattern); len(within) > maxDepth || x.size > maxExpanded {
		return "", &Error{1, "the pattern expands to too much"}
	}
	var out strings.Builder
	for start := 0; ; {
		at := grokUse.FindStringSubmatchIndex(pattern[start:])
		if i := strings.Index(pattern[start:], "%{"); i >= 0 && (at == nil || i < at[0]) {
			return "", faultAt(pattern, start+i, within, "expected %%{PATTERN}, %%{PATTERN:field} or %%{PATTERN:field:type}, found %q", clip(pattern[start+i:]))
		}
		if at == nil {
			out.WriteString(pattern[start:])
			return out.String(), nil
		}
		part := func(n int) string {
			if at[2*n] < 0 {
				return ""
			}
			return pattern[start+at[2*n] : start+at[2*n+1]]
		}
		out.WriteString(pattern[start : start+at[0]])
		inner, err := x.named(part(1), within)
		if err != nil {
			return "", faultAt(pattern, start+at[0], within, "%s", err.Error())
		}
		group := "?:"
		if field := part(2); field != "" {
			kind, err := parseType(part(3))
			if err != nil {
				return "", faultAt(pattern, start+at[6], within, "%s", err.Error())
			}
			group = "?P<" + x.group(field, kind) + ">"
		}
		out.WriteString("(" + group + inner + ")")
		start += at[1]
	}
}

// named expands the pattern of a name.
func (x *expansion) named(name string, within []string) (string, error) {
	definition, own, ok := x.grok.lookup(name)
	if !ok {
		return "", fmt.Errorf("unknown grok pattern %q", name)
	}
	for _, w := range within {
		if w == name {
			return "", fmt.Errorf("pattern %q is made of itself", name)
		}
	}
	x.own = x.own || own
	return x.expand(definition, append(within[:len(within):len(within)], name))
}

// group returns the name of a new capture group for a field.
func (x *expansion) group(field string, kind Type) string {
	name := fmt.Sprintf("grok_%d", len(x.fields))
	x.fields[name] = captured{field, kind}
	return name
}

// faultAt is an error at a byte of the pattern as written; one inside a named pattern
// names it.
func faultAt(pattern string, at int, within []string, format string, args ...any) *Error {
	e := &Error{Column: utf8.RuneCountInString(pattern[:at]) + 1, Message: fmt.Sprintf(format, args...)}
	if len(within) > 0 && !strings.Contains(e.Message, "(in pattern ") {
		e.Message += fmt.Sprintf(" (in pattern %q)", within[len(within)-1])
	}
	return e
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
