package search_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"foghorn/pipeline/query"
)

// hardText makes up lines of a few templates, and queries for them, of what makes it hard to tell
// words, slots and texts from one another: characters that fold to others, digits that are none
// in ASCII, marks, separators, bytes that are not UTF-8, and columns of every kind of value.
type hardText struct {
	*rand.Rand
	counter uint64
}

// atoms are what lines are made of.
var atoms = []string{"a", "b", "k", "K", "\u212a", "s", "S", "\u017f", "i", "I", "\u0130", "\u0131", "1", "2", "7", "42", "007", "9999999999999999999", "18446744073709551616",
	"_", "__", "-", ".", ":", "=", " ", "  ", "\t", "\r", "\x00", "\xff", "\xc3", "\xa9", "\xe2\x82", "\xf0\x9f", "é", "É", "ß", "ẞ", "ſ", "\u0301", "e\u0301", "\u0345", "٣", "३", "3", "A", "Ⅷ", "①", "²", "😀", "…", "“", "日本", "\u00a0", "\u200b", "\u2028", "\ufffd", "\U0010fff1",
	"foo", "Foo", "FOO", "bar", "user", "error", "word", "deadbeef", "c0ffee", "4bf92f35", "x1", "x", "0x", "[", "]", "(", ")", "/", "\\", "'", "\"", "*", "?", ",", "|", "$", "^", "ǅ", "Σ", "ς", "σ", "µ", "μ"}

func (r *hardText) atom() string { return atoms[r.IntN(len(atoms))] }

// piece is n atoms.
func (r *hardText) piece(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(r.atom())
	}
	return b.String()
}

// templates makes up what lines have in common: bytes 1 to 8 stand for any word with digits, those
// from 15 on for one of a kind.
func (r *hardText) templates() (out []string) {
	for range 2 + r.IntN(1+r.IntN(12)) {
		var b strings.Builder
		for range r.IntN(7) {
			if r.IntN(2) == 0 {
				b.WriteByte(byte(1 + r.IntN(8) + 14*r.IntN(2))) // slot: 1..8 random, 15..22 of one kind
				if r.IntN(3) == 0 {
					b.WriteString([]string{"ms", "_x", "Kb", "\u212a", "é"}[r.IntN(5)])
				}
			}
			b.WriteString(r.piece(r.IntN(4)))
			if r.IntN(2) == 0 {
				b.WriteString([]string{" ", "=", "-", ""}[r.IntN(4)])
			}
		}
		out = append(out, b.String())
	}
	return out
}

// line fills a template, or is like no other.
func (r *hardText) line(templates []string) string {
	switch r.IntN(30) {
	case 0:
		return r.piece(r.IntN(10))
	case 1:
		return ""
	case 2:
		return r.atom()
	case 3:
		if r.IntN(20) == 0 {
			return strings.Repeat(r.piece(1)+"1 ", 240+r.IntN(30)) + r.piece(3)
		}
		if r.IntN(60) == 0 {
			return strings.Repeat(r.piece(5), 3000) + "needle7"
		}
	}
	if r.IntN(200) == 0 {
		return strings.Repeat([]string{"long", "l0ng", "dead", "K"}[r.IntN(4)], 20*(1+r.IntN(10))) + r.piece(2)
	}
	t := templates[r.IntN(len(templates))]
	var b strings.Builder
	for _, c := range []byte(t) {
		if c >= 15 && c <= 22 {
			r.counter += uint64(r.IntN(3))
			switch c {
			case 15:
				fmt.Fprintf(&b, "%d", r.counter)
			case 16:
				fmt.Fprintf(&b, "%06d", r.counter%1000)
			case 17:
				fmt.Fprintf(&b, "%08x", r.Uint32())
			case 18:
				fmt.Fprintf(&b, "id%d", 18446744073709551615-uint64(r.IntN(1000)))
			case 19:
				fmt.Fprintf(&b, "%d", 9223372036854775800+uint64(r.IntN(1000)))
			case 20:
				fmt.Fprintf(&b, "Req%03dK", r.IntN(200))
			case 21:
				b.WriteString([]string{"a1", "b2", "C3", "éK4"}[r.IntN(4)])
			case 22:
				fmt.Fprintf(&b, "%d", 100+r.IntN(30))
			}
			continue
		}
		if c < 1 || c > 8 {
			b.WriteByte(c)
			continue
		}
		switch r.IntN(9) {
		case 0:
			b.WriteString(r.atom() + strconv.Itoa(r.IntN(10)))
		case 1:
			fmt.Fprintf(&b, "%04x", r.IntN(65536))
		case 2:
			fmt.Fprintf(&b, "%016x", r.Uint64())
		case 3:
			fmt.Fprintf(&b, "%05d", r.IntN(300))
		case 4:
			fmt.Fprintf(&b, "k%dms", r.IntN(300))
		case 5:
			fmt.Fprintf(&b, "%d", r.Uint64())
		case 6:
			fmt.Fprintf(&b, "%d.%d", r.IntN(5), r.IntN(5))
		default:
			fmt.Fprintf(&b, "%d", r.IntN(1000))
		}
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

// text takes a piece out of a line, maybe with other digits.
func (r *hardText) text(lines []string) string {
	if r.IntN(6) == 0 {
		return strings.ReplaceAll(r.piece(1+r.IntN(3)), "\n", " ")
	}
	l := lines[r.IntN(len(lines))]
	if l == "" {
		return r.atom()
	}
	at := r.IntN(len(l))
	out := l[at : at+1+r.IntN(min(len(l)-at, 1<<r.IntN(6)))]
	if r.IntN(4) == 0 { // another digit
		b := []byte(out)
		for i := range b {
			if b[i] >= '0' && b[i] <= '9' && r.IntN(3) == 0 {
				b[i] = byte('0' + r.IntN(10))
			}
		}
		out = string(b)
	}
	if r.IntN(8) == 0 { // words only
		var words []string
		query.Words([]byte(l), func(a, b int) bool { words = append(words, l[a:b]); return true })
		if len(words) > 0 {
			i := r.IntN(len(words))
			out = strings.Join(words[i:min(len(words), i+1+r.IntN(3))], " ")
		}
	}
	return out
}

// query makes up a query that some lines may match.
func (r *hardText) query(lines []string, depth int) query.Node {
	if depth > 0 {
		a, b := func() query.Node { return r.query(lines, depth-1) }, func() query.Node { return r.query(lines, depth-1) }
		switch r.IntN(8) {
		case 0, 1:
			return query.And{Nodes: []query.Node{a(), b()}}
		case 2:
			return query.Or{Nodes: []query.Node{a(), b()}}
		case 3:
			return query.Not{Node: a()}
		}
	}
	text := r.text(lines)
	var words []string
	folded := query.Fold(nil, []byte(text))
	query.Words(folded, func(start, end int) bool {
		words = append(words, string(folded[start:end]))
		return true
	})
	quote := func(s string) string {
		var b strings.Builder
		for _, c := range s {
			if c < 0x80 && strings.ContainsRune(`\.+*?()|[]{}^$`, c) {
				b.WriteByte('\\')
			}
			b.WriteRune(c)
		}
		return b.String()
	}
	decorate := func(s string) string {
		switch r.IntN(14) {
		case 0:
			return "^" + s
		case 1:
			return s + "$"
		case 2:
			return `\b` + s + `\b`
		case 3:
			return "(" + s + "|)" + quote(r.text(lines))
		case 4:
			return "(" + s + "|" + quote(r.text(lines)) + ")"
		case 5:
			return s + ".*" + quote(r.text(lines))
		case 6:
			return s + "[0-9]+"
		case 7:
			return s + "?"
		case 8:
			return s + "|" + quote(r.text(lines)) + "|" + quote(r.text(lines))
		case 9:
			return "[[:alpha:]]+" + s
		case 10:
			return "^$|" + s
		case 11:
			return `\B` + s
		case 12:
			return "[^ ]" + s + "."
		}
		return s
	}
	switch r.IntN(16) {
	case 0, 1, 2:
		return query.Exact{Text: text}
	case 3:
		if len(words) > 1 {
			return query.Phrase{Words: words, Text: text}
		}
	case 4:
		if len(words) > 0 {
			return query.Word{Text: words[r.IntN(len(words))]}
		}
	case 5, 6, 7, 8:
		o := query.GrepOptions{Fixed: r.IntN(2) == 0, IgnoreCase: r.IntN(2) == 0, WordRegexp: r.IntN(3) == 0, LineRegexp: r.IntN(6) == 0}
		p := text
		if !o.Fixed {
			p = decorate(quote(text))
		}
		pats := []string{p}
		for r.IntN(4) == 0 {
			pats = append(pats, r.text(lines))
		}
		if n, _, err := query.GrepPattern(o, pats); err == nil {
			return n
		}
	case 9, 10:
		if re, err := query.NewRegex([]string{"", "", "(?s)", "(?m)", "(?i)"}[r.IntN(5)]+decorate(quote(text)), r.IntN(3) == 0); err == nil {
			return re
		}
	case 11, 12:
		b := []rune(strings.ToValidUTF8(text, "?"))
		if len(b) > 0 {
			for range 1 + r.IntN(2) {
				b[r.IntN(len(b))] = []rune{'*', '?', '*'}[r.IntN(3)]
			}
			if n, err := query.Parse(strings.NewReplacer("(", `\(`, ")", `\)`, "'", `\'`, `"`, `\"`, "/", `\/`, ":", `\:`, " ", `\ `, `|`, `\|`, "&", `\&`).Replace(string(b))); err == nil {
				return n
			}
		}
	case 13:
		return []query.Node{query.Field{Name: "host", Op: query.Equal, Value: "web-1"}, query.Field{Name: "third", Op: query.Has, Value: text}, query.Field{Name: "body", Op: query.Has, Value: text},
			query.Field{Name: "body", Op: query.Contains, Value: "x " + text}, query.Exists{Name: "third"}, query.Exists{Name: "body"}, query.Field{Name: "num", Op: query.Between, Low: "10", High: "300", LowInclude: true},
			query.Field{Name: "num", Op: query.GreaterEqual, Value: "100"}, query.Field{Name: "third", Op: query.Equal, Value: text}, query.Field{Name: "level", Op: query.GreaterEqual, Value: "warn"}, query.Field{Name: "third", Op: query.Glob, Value: "*1*"}}[r.IntN(11)]
	case 14:
		if n, err := query.Parse(text); err == nil {
			return n
		}
	}
	if r.IntN(10) == 0 {
		return query.All{}
	}
	return query.Exact{Text: text}
}
