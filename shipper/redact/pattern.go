package redact

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// pattern replaces the matches of a regular expression.
type pattern struct {
	re      *regexp.Regexp
	replace []byte
	groups  bool // replace names groups
	need    []needle
	verify  func(line []byte, at []int) bool // nil: every match counts
}

// form is a pattern of a ready-made rule.
type form struct {
	re, replace string
	verify      func(line []byte, at []int) bool
}

func patterns(forms []form) ([]step, error) {
	var out []step
	for _, f := range forms {
		p, err := newPattern(f.re, f.replace, f.verify)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func newPattern(expr, replace string, verify func([]byte, []int) bool) (*pattern, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	return &pattern{re, []byte(replace), strings.Contains(replace, "$"), needles(expr), verify}, nil
}

func (p *pattern) apply(line []byte) (out []byte, found int) {
	if !p.possible(line) {
		return line, 0
	}
	// The regexp package asks for groups what costs time: only where they are used.
	var matches [][]int
	if p.groups || p.verify != nil {
		matches = p.re.FindAllSubmatchIndex(line, -1)
	} else {
		matches = p.re.FindAllIndex(line, -1)
	}
	from := 0
	for _, m := range matches {
		if m[0] == m[1] || p.verify != nil && !p.verify(line, m) {
			continue
		}
		out = append(out, line[from:m[0]]...)
		if p.groups {
			out = p.re.Expand(out, p.replace, line, m)
		} else {
			out = append(out, p.replace...)
		}
		from = m[1]
		found++
	}
	if found == 0 {
		return line, 0
	}
	return append(out, line[from:]...), found
}

// possible says whether the line holds one of the literals that a match must hold.
func (p *pattern) possible(line []byte) bool {
	if len(p.need) == 0 {
		return true
	}
	for i := range p.need {
		if p.need[i].in(line) {
			return true
		}
	}
	return false
}

// replaceAll replaces what find finds, from left to right. find returns the first find at
// or behind from, or start < 0.
func replaceAll(line []byte, with string, find func(line []byte, from int) (start, end int)) (out []byte, found int) {
	from := 0
	for from < len(line) {
		start, end := find(line, from)
		if start < 0 {
			break
		}
		out = append(append(out, line[from:start]...), with...)
		from = end
		found++
	}
	if found == 0 {
		return line, 0
	}
	return append(out, line[from:]...), found
}

// has reports a byte anywhere in line.
func has(line []byte, c byte) bool { return bytes.IndexByte(line, c) >= 0 }
