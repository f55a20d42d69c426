package json

import (
	"errors"
	"fmt"
)

// ErrDepth is wrapped when values are nested deeper than allowed.
var ErrDepth = errors.New("nested too deeply")

// Scanner reads one JSON text. Each method takes the next value and leaves the scanner
// behind it; after an error it must not be used.
type Scanner struct {
	b        []byte
	i        int
	depth    int
	maxDepth int
}

// New returns a scanner of b, which it changes, for values of at most maxDepth levels.
func New(b []byte, maxDepth int) *Scanner { return &Scanner{b: b, maxDepth: maxDepth} }

// Kinds of values, as Kind returns them.
const (
	End    = 0
	Object = '{'
	Array  = '['
	String = '"'
	Number = '0'
	True   = 't'
	False  = 'f'
	Null   = 'n'
	Other  = '?' // no value begins so
)

func (s *Scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return
		}
	}
}

// Kind says what the next value is, by its first byte.
func (s *Scanner) Kind() byte {
	s.space()
	if s.i >= len(s.b) {
		return End
	}
	switch c := s.b[s.i]; c {
	case Object, Array, String, True, False, Null:
		return c
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return Number
	}
	return Other
}

// Offset is where the scanner stands; Seek goes back there. Only what was skipped may be
// read again.
func (s *Scanner) Offset() int { return s.i }

// Seek continues at an Offset of the same depth.
func (s *Scanner) Seek(offset int) { s.i = offset }

// Close makes sure that nothing but white space follows.
func (s *Scanner) Close() error {
	if s.Kind() != End {
		return s.want("the end")
	}
	return nil
}

// Object reads an object: field is called at each value, with its name (valid until field
// returns), and must read it.
func (s *Scanner) Object(field func(name []byte) error) error {
	if s.Kind() != Object {
		return s.want("an object")
	}
	return s.each('}', func() error {
		name, err := s.String()
		if err != nil {
			return err
		}
		if s.space(); s.i >= len(s.b) || s.b[s.i] != ':' {
			return s.want("':'")
		}
		s.i++
		return field(name)
	})
}

// Array reads an array: element is called at each value and must read it.
func (s *Scanner) Array(element func() error) error {
	if s.Kind() != Array {
		return s.want("an array")
	}
	return s.each(']', element)
}

// each reads members up to the closing byte.
func (s *Scanner) each(end byte, member func() error) error {
	if s.depth++; s.depth > s.maxDepth {
		return fmt.Errorf("byte %d: %w: more than %d levels", s.i, ErrDepth, s.maxDepth)
	}
	s.i++
	if s.space(); s.i < len(s.b) && s.b[s.i] == end {
		s.i++
		s.depth--
		return nil
	}
	for {
		if err := member(); err != nil {
			return err
		}
		s.space()
		if s.i >= len(s.b) {
			return s.want("',' or " + string(rune(end)))
		}
		switch s.b[s.i] {
		case ',':
			s.i++
		case end:
			s.i++
			s.depth--
			return nil
		default:
			return s.want("',' or " + string(rune(end)))
		}
	}
}

// Number returns the text of a number.
func (s *Scanner) Number() ([]byte, error) {
	if s.Kind() != Number {
		return nil, s.want("a number")
	}
	start := s.i
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			s.i++
			continue
		}
		break
	}
	return s.b[start:s.i], nil
}

// Bool returns true or false.
func (s *Scanner) Bool() (bool, error) {
	switch s.Kind() {
	case True:
		return true, s.word("true")
	case False:
		return false, s.word("false")
	}
	return false, s.want("true or false")
}

func (s *Scanner) word(w string) error {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return s.want(w)
	}
	s.i += len(w)
	return nil
}

// Skip reads over a value of any kind and changes nothing. Of arrays and objects it looks
// only for the end, however deep they are.
func (s *Scanner) Skip() error {
	switch s.Kind() {
	case Object, Array:
		return s.skipNested()
	case String:
		return s.skipString()
	case Number:
		_, err := s.Number()
		return err
	case True:
		return s.word("true")
	case False:
		return s.word("false")
	case Null:
		return s.word("null")
	}
	return s.want("a value")
}

func (s *Scanner) skipNested() error {
	for depth := 0; s.i < len(s.b); {
		switch s.b[s.i] {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.i++
				return nil
			}
		}
		s.i++
	}
	return s.want("the end of a value")
}

// Raw returns the text of a value of any kind as it stands.
func (s *Scanner) Raw() ([]byte, error) {
	s.space()
	start := s.i
	err := s.Skip()
	return s.b[start:s.i], err
}

// want is the error of a scanner that stands before something else.
func (s *Scanner) want(what string) error {
	if s.i >= len(s.b) {
		return fmt.Errorf("byte %d: want %s, have the end", s.i, what)
	}
	return fmt.Errorf("byte %d: want %s, have %q", s.i, what, s.b[s.i])
}
