package redact

import (
	"bytes"
	"regexp/syntax"
	"strings"
)

// needle is a literal that a line must hold for a pattern to match.
type needle struct {
	text  []byte // lower case when fold is set
	fold  bool   // ASCII letters match in any case
	pivot int    // index of the byte of text that is rarest in log lines
	// exotic: k and s, which in a pattern without regard to case match U+212A and U+017F too.
	exotic bool
}

// maxNeedles bounds the alternatives that are looked for one by one.
const maxNeedles = 8

// needles returns literals of which every match of expr holds at least one; nil when
// there are none that help.
func needles(expr string) []needle {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil
	}
	return required(re.Simplify())
}

func required(re *syntax.Regexp) []needle {
	switch re.Op {
	case syntax.OpLiteral:
		return literal(string(re.Rune), re.Flags&syntax.FoldCase != 0)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []needle
		for _, sub := range re.Sub {
			if n := required(sub); shortest(n) > shortest(best) {
				best = n
			}
		}
		return best
	case syntax.OpAlternate:
		var all []needle
		for _, sub := range re.Sub {
			n := required(sub)
			if n == nil {
				return nil
			}
			all = append(all, n...)
		}
		if len(all) <= maxNeedles {
			return all
		}
	}
	return nil
}

func shortest(all []needle) int {
	if len(all) == 0 {
		return 0
	}
	n := len(all[0].text)
	for _, x := range all[1:] {
		n = min(n, len(x.text))
	}
	return n
}

// common orders the bytes of log lines, roughly, from those that are everywhere on.
const common = " eaitonrs0123lcdhmpu.4567896:-/gfbyvwk,=\"_jxqz"

func literal(text string, fold bool) []needle {
	if fold {
		for i := range len(text) {
			if text[i] >= 0x80 {
				return nil // its other cases are left to the pattern
			}
		}
		text = strings.ToLower(text)
	}
	n := needle{text: []byte(text), fold: fold, exotic: fold && strings.ContainsAny(text, "ks")}
	rarity := -1
	for i := range len(text) {
		r := strings.IndexByte(common, text[i]|0x20)
		if r < 0 {
			r = len(common)
		}
		if r > rarity {
			n.pivot, rarity = i, r
		}
	}
	return []needle{n}
}

func (n *needle) in(line []byte) bool {
	if !n.fold {
		return bytes.Contains(line, n.text)
	}
	c := n.text[n.pivot]
	if n.at(line, c) || 'a' <= c && c <= 'z' && n.at(line, c-'a'+'A') {
		return true
	}
	return n.exotic && (has(line, "\u212a"[0]) || has(line, "\u017f"[0]))
}

// at looks where the pivot is spelled c.
func (n *needle) at(line []byte, c byte) bool {
	for from := n.pivot; from < len(line); {
		i := bytes.IndexByte(line[from:], c)
		if i < 0 {
			return false
		}
		start := from + i - n.pivot
		if start+len(n.text) <= len(line) && n.equal(line[start:start+len(n.text)]) {
			return true
		}
		from += i + 1
	}
	return false
}

func (n *needle) equal(b []byte) bool {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != n.text[i] {
			return false
		}
	}
	return true
}
