package templates

import "slices"

// kind is how a token behaves in a template.
type kind uint8

const (
	// punct is always constant: delimiters.
	punct kind = iota
	// word is constant until its place has shown many values.
	word
	// name is a word with dots or slashes: a class, a host, a file. It behaves like a
	// word, and weighs more.
	name
	// stem is letters and, after them, digits: eth0, node-129. The letters behave like a
	// word, the digits like weak, or like variable after a joiner.
	stem
	// weak is constant until its place has shown a second value, and does not tell
	// templates apart.
	weak
	// variable is always variable: numbers, addresses, paths, times, and lists of them.
	variable
)

// Flags of a token.
const (
	spaced   uint8 = 1 << iota // white space before it
	joined                     // stem whose digits follow a joiner
	moment                     // a date or a time
	location                   // path or URL
	stems                      // a list of stems
)

// token is a part of a message.
type token struct {
	start, end         int32 // bytes of the message
	unit               int32 // for variable: where the unit starts, or end
	pre                int32 // for stem: how many bytes before the digits
	skelStart, skelEnd int32 // place in the skeleton, without the white space before it
	cutStart, cutEnd   int32 // for variable: the list's separators in Scratch
	kind               kind
	flags              uint8
}

func (t *token) hasUnit() bool { return t.kind == variable && t.unit < t.end }

// is tells whether t is the delimiter c, alone.
func (s *Scratch) is(t *token, c byte) bool {
	return t.kind == punct && t.end == t.start+1 && s.msg[t.start] == c
}

func (s *Scratch) bytes(t *token) []byte { return s.msg[t.start:t.end] }

// Markers of a skeleton. Messages cannot forge them: a control character in a message
// makes its word variable.
const (
	markVariable = 1
	markWeak     = 2
	markAny      = 3 // a word whose place has shown many values
)

// Scratch holds what Add and Match need for one message, to be used again for the next.
// The zero value is ready. Two goroutines must not use one at the same time.
type Scratch struct {
	msg    []byte
	tokens []token
	skel   []byte
	seps   []byte   // what stands between the values of lists
	cuts   []cut    // and where
	room   []slot   // of slots
	prints []uint32 // of repeats
}

// cut is where a list's separator starts and ends in the message.
type cut struct{ start, end int32 }

// drop takes back all tokens from the n-th on.
func (s *Scratch) drop(n int) {
	t := &s.tokens[n]
	s.skel = s.skel[:t.skelStart]
	if n > 0 && t.flags&spaced != 0 {
		s.skel = s.skel[:len(s.skel)-1]
	}
	s.tokens = s.tokens[:n]
}

// place appends a token, which can hold anything, and returns it.
func (s *Scratch) place() *token {
	n := len(s.tokens)
	if n == cap(s.tokens) {
		s.tokens = slices.Grow(s.tokens, max(n, 32))
	}
	s.tokens = s.tokens[:n+1]
	return &s.tokens[n]
}

// pushWord is push for a word msg[i:j]: most tokens are one.
func (s *Scratch) pushWord(i, j int, gap uint8) {
	n := len(s.tokens)
	at := len(s.skel)
	if gap == spaced && n > 0 {
		at++
		if i > 0 && s.msg[i-1] == ' ' {
			s.skel = append(s.skel, s.msg[i-1:j]...)
		} else {
			s.skel = append(append(s.skel, ' '), s.msg[i:j]...)
		}
	} else {
		s.skel = append(s.skel, s.msg[i:j]...)
	}
	t := s.place()
	t.start, t.end, t.unit, t.pre = int32(i), int32(j), int32(j), 0
	t.skelStart, t.skelEnd, t.cutStart, t.cutEnd = int32(at), int32(len(s.skel)), 0, 0
	t.kind, t.flags = word, gap
}

// push appends a token and its part of the skeleton.
func (s *Scratch) push(t *token) {
	if t.flags&spaced != 0 && len(s.tokens) > 0 {
		s.skel = append(s.skel, ' ')
	}
	t.skelStart = int32(len(s.skel))
	switch t.kind {
	case variable:
		s.skel = append(s.skel, markVariable)
	case weak:
		s.skel = append(s.skel, markWeak)
	case stem:
		s.skel = append(append(s.skel, s.msg[t.start:t.start+t.pre]...), markVariable)
	default:
		s.skel = append(s.skel, s.msg[t.start:t.end]...)
	}
	t.skelEnd = int32(len(s.skel))
	*s.place() = *t
}
