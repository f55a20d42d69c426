package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// runeSet is a set of characters as pairs of first and last.
type runeSet [][2]rune

func (s *runeSet) add(first, last rune) { *s = append(*s, [2]rune{first, last}) }

// merged returns the set in order, without overlaps.
func (s runeSet) merged() runeSet {
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b [2]rune) int { return cmp.Compare(a[0], b[0]) })
	var m runeSet
	for _, r := range s {
		if n := len(m); n > 0 && r[0] <= m[n-1][1]+1 {
			m[n-1][1] = max(m[n-1][1], r[1])
		} else {
			m = append(m, r)
		}
	}
	return m
}

// complement returns all characters that are not in the set.
func (s runeSet) complement() runeSet {
	var c runeSet
	next := rune(0)
	for _, r := range s.merged() {
		if r[0] > next {
			c.add(next, r[0]-1)
		}
		next = r[1] + 1
	}
	if next <= unicode.MaxRune {
		c.add(next, unicode.MaxRune)
	}
	return c
}

// String returns the set as a class of RE2.
func (s runeSet) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for _, r := range s.merged() {
		fmt.Fprintf(&b, `\x{%x}-\x{%x}`, r[0], r[1])
	}
	b.WriteByte(']')
	return b.String()
}

// tables returns the characters of Unicode's tables.
func tables(from ...*unicode.RangeTable) runeSet {
	var s runeSet
	one := func(first, last, stride rune) {
		if stride == 1 {
			s.add(first, last)
			return
		}
		for r := first; r <= last; r += stride {
			s.add(r, r)
		}
	}
	for _, t := range from {
		for _, r := range t.R16 {
			one(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			one(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return s
}

// without returns the characters of s that are not in out.
func (s runeSet) without(out runeSet) runeSet {
	return slices.Concat(s.complement(), out).complement()
}

// posixClass returns a class of POSIX as the GNU C library's C.UTF-8 locale has it.
func posixClass(name string) (runeSet, bool) {
	alpha := func() runeSet {
		return tables(unicode.L, unicode.Nl, unicode.Nd, unicode.Other_Alphabetic).without(runeSet{{'0', '9'}})
	}
	unbroken := runeSet{{0xA0, 0xA0}, {0x2007, 0x2007}, {0x202F, 0x202F}}
	printed := func() runeSet {
		return tables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf, unicode.Co)
	}
	space := func() runeSet {
		return append(tables(unicode.Zs, unicode.Zl, unicode.Zp), [2]rune{'\t', '\r'}).without(unbroken)
	}
	switch name {
	case "alpha":
		return alpha(), true
	case "alnum":
		return append(alpha(), [2]rune{'0', '9'}), true
	case "digit":
		return runeSet{{'0', '9'}}, true
	case "xdigit":
		return runeSet{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, true
	case "upper":
		return slices.Concat(tables(unicode.Lu, unicode.Other_Uppercase), changed(unicode.ToLower)), true
	case "lower":
		return slices.Concat(tables(unicode.Ll, unicode.Other_Lowercase), changed(unicode.ToUpper)), true
	case "space":
		return space(), true
	case "blank":
		return append(tables(unicode.Zs), [2]rune{'\t', '\t'}).without(unbroken), true
	case "cntrl":
		return tables(unicode.Cc, unicode.Zl, unicode.Zp), true
	case "print":
		return printed(), true
	case "graph":
		return printed().without(space()), true
	case "punct":
		return printed().without(slices.Concat(space(), alpha(), runeSet{{'0', '9'}})), true
	}
	return nil, false
}

// changed returns the characters that a mapping of case changes.
func changed(to func(rune) rune) runeSet {
	var s runeSet
	for r := range cased {
		if to(r) != r {
			s.add(r, r)
		}
	}
	return s
}

// cased yields all characters that have a case.
func cased(yield func(rune) bool) {
	for _, c := range unicode.CaseRanges {
		for r := rune(c.Lo); r <= rune(c.Hi); r++ {
			if !yield(r) {
				return
			}
		}
	}
}

// anyCase returns the characters that grep -i takes for those of s: it compares the upper
// case of the line's with that of the pattern's. This is not Unicode's folding: k is not
// the Kelvin sign, and i is the dotless i.
func (s runeSet) anyCase() runeSet {
	upper := s.mapped(unicode.ToUpper)
	var small, in runeSet // all that are not upper case, and those of them that are meant
	for r := range cased {
		u := unicode.ToUpper(r)
		if u == r {
			continue
		}
		small.add(r, r)
		if upper.has(u) {
			in.add(r, r)
		}
	}
	return append(upper.without(small), in...)
}

// caseSet is anyCase for one character.
func caseSet(c rune) runeSet {
	u := unicode.ToUpper(c)
	var s runeSet
	add := func(r rune) {
		if unicode.ToUpper(r) == u && !s.has(r) {
			s.add(r, r)
		}
	}
	for _, r := range []rune{c, u, 'ı'} { // ı is alone in its class of Unicode's folding
		add(r)
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			add(o)
		}
	}
	return s
}

// mapped returns the set with the ends of its ranges mapped, as the library does.
func (s runeSet) mapped(to func(rune) rune) runeSet {
	m := make(runeSet, len(s))
	for i, r := range s {
		m[i] = [2]rune{to(r[0]), to(r[1])}
	}
	return m
}

func (s runeSet) has(r rune) bool {
	for _, p := range s {
		if p[0] <= r && r <= p[1] {
			return true
		}
	}
	return false
}
