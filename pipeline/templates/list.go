package templates

import "bytes"

// What stands between the values of a list, in Scratch.seps and in slots.
const (
	sepSpace      = ' '
	sepComma      = ','
	sepCommaSpace = ';'
)

// extend makes a variable part of the variable before it, where both are one value or a
// list: "1 2 3", "1,2,3", "1, 2, 3".
func (s *Scratch) extend(t *token) bool {
	n := len(s.tokens)
	if n == 0 {
		return false
	}
	last := &s.tokens[n-1]
	if last.kind == variable {
		switch {
		case last.hasUnit():
			return false
		case t.flags&spaced == 0 || last.flags&t.flags&moment != 0:
			last.end, last.unit = t.end, t.unit
		default:
			s.join(last, t.start, t.end, sepSpace)
		}
		return true
	}
	if n > 1 && last.flags&spaced == 0 && s.is(last, ',') {
		first := &s.tokens[n-2]
		if first.kind != variable || first.hasUnit() {
			return false
		}
		sep := byte(sepComma)
		if t.flags&spaced != 0 {
			sep = sepCommaSpace
		}
		s.drop(n - 1)
		s.join(first, t.start, t.end, sep)
		return true
	}
	return false
}

// stemList makes stems with the same letters a list: "an14 an15 an16".
func (s *Scratch) stemList(i, j, pre int) bool {
	n := len(s.tokens)
	if n == 0 {
		return false
	}
	last := &s.tokens[n-1]
	if last.kind == stem && last.flags&joined == 0 && bytes.Equal(s.msg[last.start:last.start+last.pre], s.msg[i:i+pre]) {
		t := *last
		t.kind, t.pre, t.flags = variable, 0, t.flags|stems
		s.drop(n - 1)
		s.push(&t)
		last = &s.tokens[n-1]
	}
	if last.kind != variable || last.flags&stems == 0 {
		return false
	}
	s.join(last, int32(i), int32(j), sepSpace)
	return true
}

// join makes msg[i:j] the next value of a list.
func (s *Scratch) join(list *token, i, j int32, sep byte) {
	if list.cutStart == list.cutEnd {
		list.cutStart = int32(len(s.seps))
		list.cutEnd = list.cutStart
	}
	if list.cutEnd-list.cutStart < longest {
		s.seps = append(s.seps, sep)
		s.cuts = append(s.cuts, cut{list.end, i})
		list.cutEnd++
	}
	list.end, list.unit = j, j
}

// closing handles a closing bracket. "(1.16 KB)" is part of the unit before it, as in
// "1190 bytes (1.16 KB)". Brackets that hold nothing hold an empty value, so that "()"
// and "(10.0.0.1)" are one template.
func (s *Scratch) closing(t *token) bool {
	n := len(s.tokens)
	if n == 0 || t.end != t.start+1 {
		return false
	}
	var open byte
	switch s.msg[t.start] {
	case ')':
		open = '('
	case ']':
		open = '['
	case '}':
		open = '{'
	default:
		return false
	}
	last := &s.tokens[n-1]
	if s.is(last, open) && t.flags&spaced == 0 && (last.flags&spaced != 0 || n > 1 && s.is(&s.tokens[n-2], '=')) {
		s.push(&token{start: t.start, end: t.start, unit: t.start, kind: variable})
		return false
	}
	if n < 3 || open != '(' || t.flags&spaced != 0 {
		return false
	}
	first := &s.tokens[n-3]
	if first.hasUnit() && last.hasUnit() && s.is(&s.tokens[n-2], open) {
		first.end = t.end
		s.drop(n - 2)
		return true
	}
	return false
}
