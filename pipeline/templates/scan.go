package templates

import "bytes"

// longest is how many bytes a constant may have; longer words are variable.
const longest = 256

// scan splits msg into tokens and writes its skeleton: constants as they are, one mark
// for each variable, one space for each white space. The same skeleton means the same
// template. What follows maxTokens tokens is one variable.
func (s *Scratch) scan(msg []byte, maxTokens int) {
	s.msg, s.tokens, s.skel, s.seps, s.cuts = msg, s.tokens[:0], s.skel[:0], s.seps[:0], s.cuts[:0]
	var gap uint8
	for i := 0; i < len(msg); {
		c := msg[i]
		m := classes[c]
		if m == space {
			gap = spaced
			i++
			continue
		}
		if len(s.tokens) > maxTokens {
			break
		}
		j := i + 1
		if m == delim {
			for j < len(msg) && msg[j] == c && !isBracket(c) {
				j++
			}
			if k := s.quotation(i, j, gap); k > j {
				gap, i = 0, k
				continue
			}
			if !(c == '<' && j == i+1 && j < len(msg) && isDigit(msg[j]) && !closes(msg[j:])) {
				s.add(i, j, punct, gap)
				gap, i = 0, j
				continue
			}
			m = 0 // "less than" is part of the number
		}
		for j < len(msg) {
			k := classes[msg[j]]
			if k&(delim|space) != 0 && !(msg[j] == '*' && m&(slash|back) != 0) {
				break
			}
			m |= k
			j++
		}
		if j < len(msg) && msg[j] == '>' && msg[j-1] == '-' && j-1 > i { // an arrow
			j--
		}
		switch {
		case m&(colon|slash) == colon|slash && bytes.Contains(msg[i:j], []byte("://")),
			c == '/' && j < len(msg) && msg[j] == '?':
			j = urlEnd(msg, j)
			s.url(i, j, gap)
		case c == '/' && s.afterMethod():
			for j < len(msg) && classes[msg[j]] != space && msg[j] != '"' {
				j++
			}
			s.add(i, j, variable, gap|location)
		case j-i > longest:
			s.add(i, j, variable, gap)
		case m&^(letter|hexes) == 0:
			s.word(i, j, gap)
		default:
			s.chunk(i, j, m, gap)
		}
		gap, i = 0, j
	}
	if len(s.tokens) > maxTokens {
		s.rest(maxTokens)
	}
	if len(s.tokens) >= minRepeats {
		s.repeats()
	}
}

// rest makes one variable of the n-th token and all that follows.
func (s *Scratch) rest(n int) {
	t := s.tokens[n]
	end := int32(len(bytes.TrimRight(s.msg, "\t\n\v\f\r ")))
	s.drop(n)
	s.push(&token{start: t.start, end: end, unit: end, kind: variable, flags: t.flags & spaced})
}

func isBracket(c byte) bool {
	switch c {
	case '(', ')', '[', ']', '{', '}':
		return true
	}
	return false
}

// closes tells whether the < before b has its >.
func closes(b []byte) bool {
	b = b[:min(len(b), longest)]
	i := bytes.IndexAny(b, "<>")
	return i >= 0 && b[i] == '>'
}

// quotation adds the quote at msg[i:j] and what it encloses, when it is the value of a
// key: key="any words". It returns where it ended, or j.
func (s *Scratch) quotation(i, j int, gap uint8) int {
	q := s.msg[i]
	if q != '"' && q != '\'' || j != i+1 || !s.afterEquals() {
		return j
	}
	rest := s.msg[j:min(len(s.msg), j+longest)]
	n := bytes.IndexByte(rest, q)
	if n <= 0 || maskOf(rest[:n])&control != 0 {
		return j
	}
	s.add(i, j, punct, gap)
	s.push(&token{start: int32(j), end: int32(j + n), unit: int32(j + n), kind: weak})
	s.add(j+n, j+n+1, punct, 0)
	return j + n + 1
}

// afterEquals tells whether the next token is the value of a key.
func (s *Scratch) afterEquals() bool {
	n := len(s.tokens)
	return n > 1 && s.is(&s.tokens[n-1], '=') && s.tokens[n-2].kind != punct
}

// afterMethod tells whether the next token is the target of a request (RFC 9110).
func (s *Scratch) afterMethod() bool {
	n := len(s.tokens)
	if n == 0 || s.tokens[n-1].kind != word {
		return false
	}
	switch string(s.bytes(&s.tokens[n-1])) {
	case "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE":
		return true
	}
	return false
}

// urlEnd extends a URL over the bytes that only a URL joins.
func urlEnd(msg []byte, j int) int {
	for j < len(msg) && classes[msg[j]] != space {
		switch msg[j] {
		case '"', '\'', '<', '>', ')', ']', '}', '|', '`':
			return j
		}
		j++
	}
	return j
}

func (s *Scratch) url(i, j int, gap uint8) {
	k := len(bytes.TrimRight(s.msg[:j], ".,:;"))
	if k <= i {
		k = j
	}
	s.add(i, k, variable, gap|location)
	if k < j {
		s.add(k, j, punct, 0)
	}
}

// add appends the token msg[i:j], or makes it part of the one before it.
func (s *Scratch) add(i, j int, k kind, flags uint8) {
	switch {
	case j-i > longest:
		k = variable
	case (k == word || k == name) && s.afterEquals():
		k = weak
	}
	t := token{start: int32(i), end: int32(j), unit: int32(j), kind: k, flags: flags}
	switch k {
	case variable:
		if s.date(&t) || s.extend(&t) {
			return
		}
	case punct:
		if s.closing(&t) {
			return
		}
	}
	s.push(&t)
}

// addStem appends msg[i:j], letters and digits; the first pre bytes are no digits.
func (s *Scratch) addStem(i, j, pre int, flags uint8) {
	if j-i > longest {
		s.add(i, j, variable, flags)
		return
	}
	if flags&(spaced|joined) == spaced && s.stemList(i, j, pre) {
		return
	}
	k := stem
	if s.afterEquals() {
		k = weak
	}
	s.push(&token{start: int32(i), end: int32(j), unit: int32(j), pre: int32(pre), kind: k, flags: flags})
}
