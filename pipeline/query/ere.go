package query

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ere translates an extended regular expression of POSIX, with the extensions and the
// reading of doubtful syntax of GNU grep 3, into RE2. Ranges are by code point. What has no
// sure meaning there either is refused: repeating an assertion, or something no times. Word boundaries are written as marks
// for program, or, if boundaries, as RE2's own, which know ASCII only and no difference
// between \< and \b.
type ere struct {
	runes      []rune
	pos        int
	depth      int
	fold       bool
	boundaries bool
	marked     bool // an assertion on words was seen, and among them \< or \>
	oneSided   bool
	out        []byte
}

const maxGroups = 250 // how deep groups nest

// translate returns the RE2 expression of one pattern.
func (e *ere) translate(pattern string) (string, error) {
	e.runes, e.pos, e.depth = []rune(pattern), 0, 0
	e.out = e.out[:0]
	if err := e.alternatives(); err != nil {
		return "", fmt.Errorf("pattern %q, character %d: %w", pattern, min(e.pos+1, len(e.runes)), err)
	}
	return string(e.out), nil
}

// peek returns the next character, or -1.
func (e *ere) peek() rune { return e.ahead(0) }

func (e *ere) ahead(n int) rune {
	if e.pos+n < len(e.runes) {
		return e.runes[e.pos+n]
	}
	return -1
}

func (e *ere) alternatives() error {
	for {
		if err := e.branch(); err != nil {
			return err
		}
		if e.peek() != '|' {
			return nil
		}
		e.pos++
		e.out = append(e.out, '|')
	}
}

// branch reads atoms and their repetitions. A repetition with nothing before it repeats
// nothing; a closing parenthesis that closes nothing is itself.
func (e *ere) branch() error {
	for {
		switch c := e.peek(); {
		case c < 0, c == '|', c == ')' && e.depth > 0:
			return nil
		}
		atom := len(e.out)
		repeat, size, err := e.repetition()
		if err == nil && size == 0 {
			c := e.peek()
			assertion := c == '^' || c == '$' || c == '\\' && strings.ContainsRune("<>bB`'", e.ahead(1))
			if err = e.atom(); err == nil {
				repeat, size, err = e.repetition()
			}
			if assertion && size > 0 {
				return errors.New("an assertion cannot be repeated")
			}
		}
		for ; size > 0 && err == nil; repeat, size, err = e.repetition() {
			e.pos += size
			e.out = slices.Insert(e.out, atom, []byte("(?:")...)
			e.write(")" + repeat)
		}
		if err != nil {
			return err
		}
	}
}

func (e *ere) write(s string) { e.out = append(e.out, s...) }

// repetition looks for one at the position: *, +, ?, {n}, {n,}, {,m} or {n,m}; size is 0
// where there is none. A brace that starts none of these is itself.
func (e *ere) repetition() (repeat string, size int, err error) {
	switch c := e.peek(); c {
	case '*', '+', '?':
		return string(c), 1, nil
	case '{':
	default:
		return "", 0, nil
	}
	size = 1
	number := func() int {
		start := size
		for c := e.ahead(size); '0' <= c && c <= '9'; c = e.ahead(size) {
			size++
		}
		if start == size {
			return -1
		}
		n, err := strconv.Atoi(string(e.runes[e.pos+start : e.pos+size]))
		if err != nil {
			return 1 << 30
		}
		return n
	}
	low := number()
	high := low
	if e.ahead(size) == ',' {
		size++
		high = number()
		if low < 0 {
			low = 0
		}
		if high < 0 {
			repeat = "{" + strconv.Itoa(low) + ",}"
		}
	}
	if size == 1 && e.ahead(1) == '}' {
		return "", 0, errors.New("invalid content of {}")
	}
	if e.ahead(size) != '}' || low < 0 {
		return "", 0, nil
	}
	size++
	switch {
	case repeat == "" && low > high:
		return "", 0, fmt.Errorf("invalid content of {}: %d is more than %d", low, high)
	case high == 0:
		return "", 0, errors.New("a repetition of no times")
	case max(low, high) > 1000:
		return "", 0, errors.New("a repetition of more than 1000 times")
	case repeat == "":
		repeat = fmt.Sprintf("{%d,%d}", low, high)
	}
	return repeat, size, nil
}

// atom reads one character, class, group or assertion.
func (e *ere) atom() error {
	c := e.peek()
	e.pos++
	switch c {
	case '(':
		return e.group()
	case '[':
		set, err := e.bracket()
		e.write(set)
		return err
	case '.':
		e.write(`(?s:.)`)
	case '^':
		e.write(`\A`)
	case '$':
		e.write(`\z`)
	case '\\':
		return e.escape()
	default:
		e.character(c)
	}
	return nil
}

func (e *ere) group() error {
	if e.peek() == '?' {
		if c := e.ahead(1); c == ':' || c == '=' || c == '!' || c == '<' || c == 'P' || c == 'i' || c == '>' {
			return fmt.Errorf("(?%c is Perl's syntax; write a plain group (...), and a search of its own for what must or must not be beside it", c)
		}
	}
	if e.depth++; e.depth > maxGroups {
		return errors.New("groups nest too deep")
	}
	e.write("(?:")
	if err := e.alternatives(); err != nil {
		return err
	}
	if e.peek() != ')' {
		return errors.New("unmatched (")
	}
	e.pos++
	e.depth--
	e.out = append(e.out, ')')
	return nil
}

// character writes one character that stands for itself, in any case if fold.
func (e *ere) character(c rune) {
	if e.fold {
		if set := caseSet(c); len(set) > 1 {
			e.write(set.String())
			return
		}
	}
	e.write(regexp.QuoteMeta(string(c)))
}

func (e *ere) escape() error {
	c := e.peek()
	if c < 0 {
		return errors.New("trailing backslash")
	}
	e.pos++
	switch c {
	case '<':
		e.boundary(markStart)
	case '>':
		e.boundary(markEnd)
	case 'b':
		e.boundary(markBoundary)
	case 'B':
		e.boundary(markInside)
	case '`':
		e.write(`\A`)
	case '\'':
		e.write(`\z`)
	case 'w', 'W':
		word, _ := posixClass("alnum")
		word.add('_', '_')
		e.class(word, c == 'W')
	case 's', 'S':
		space, _ := posixClass("space")
		e.class(space, c == 'S')
	default:
		if isWordRune(c) && c < utf8.RuneSelf && c != '_' {
			return foreignEscape(c)
		}
		e.character(c)
	}
	return nil
}

// foreignEscape explains the escapes of other dialects, which grep takes for letters.
func foreignEscape(c rune) error {
	instead := map[rune]string{
		'd': "[0-9]", 'D': "[^0-9]", 't': "[[:blank:]], or a real tab", 'h': "[[:blank:]]", 'n': "several patterns, since lines have no newline",
		'r': "a real carriage return", 'v': "[[:space:]]", 'f': "[[:space:]]", 'A': "^", 'Z': "$", 'z': "$", 'Q': "fixed strings (-F)",
		'x': "the character itself", 'u': "the character itself", 'p': "a class such as [[:alpha:]]", 'R': "several patterns",
	}[c]
	switch {
	case '1' <= c && c <= '9':
		return fmt.Errorf(`\%c: back-references are not supported; write the alternatives out`, c)
	case instead != "":
		return fmt.Errorf(`\%c means the letter %c to grep; write %s`, c, c, instead)
	}
	return fmt.Errorf(`\%c means the letter %c to grep; write it without the backslash`, c, c)
}

// boundary writes a mark, or the nearest thing that RE2 has.
func (e *ere) boundary(mark rune) {
	e.marked = true
	e.oneSided = e.oneSided || mark == markStart || mark == markEnd
	switch {
	case !e.boundaries:
		// The group keeps the mark from being merged into a class or a text.
		e.write("(" + string(mark) + ")")
	case mark == markInside:
		e.write(`\B`)
	default:
		e.write(`\b`)
	}
}

func (e *ere) class(s runeSet, negated bool) {
	if negated {
		s = s.complement()
	}
	e.write(s.String())
}

// bracket reads a bracket expression, after its "[".
func (e *ere) bracket() (string, error) {
	negated := e.peek() == '^'
	if negated {
		e.pos++
	}
	start := e.pos
	var singles, classes runeSet
	for first := true; ; first = false {
		c := e.peek()
		if c < 0 {
			return "", errors.New("unmatched [, [^, [:, [., or [=")
		}
		if c == ']' && !first {
			e.pos++
			break
		}
		if c == '[' && e.ahead(1) == ':' {
			class, err := e.named()
			if err != nil {
				return "", err
			}
			classes = append(classes, class...)
			continue
		}
		if c == '-' && !first && e.ahead(1) != ']' {
			return "", errors.New("invalid range end: a - that is meant itself goes first or last in the brackets")
		}
		equivalence := c == '[' && e.ahead(1) == '='
		low, err := e.element()
		if err != nil {
			return "", err
		}
		high := low
		if e.peek() == '-' && e.ahead(1) != ']' && !equivalence {
			e.pos++
			if e.peek() == '[' && (e.ahead(1) == ':' || e.ahead(1) == '=') {
				return "", errors.New("invalid range end")
			}
			if high, err = e.element(); err != nil {
				return "", err
			}
			if e.fold && unicode.ToUpper(low) > unicode.ToUpper(high) || low > high {
				return "", errors.New("invalid range end")
			}
		}
		singles.add(low, high)
	}
	if in := e.runes[start : e.pos-1]; len(in) > 2 && in[0] == ':' && in[len(in)-1] == ':' {
		return "", errors.New("character class syntax is [[:space:]], not [:space:]")
	}
	if e.fold {
		singles = singles.anyCase()
	}
	set := append(singles, classes...)
	if negated {
		set = set.complement()
	}
	return set.String(), nil
}

// named reads a class such as [:alpha:].
func (e *ere) named() (runeSet, error) {
	end := strings.Index(string(e.runes[e.pos:]), ":]")
	if end < 0 {
		return nil, errors.New("unmatched [, [^, [:, [., or [=")
	}
	name := string(e.runes[e.pos:])[2:max(end, 2)]
	e.pos += 2 + utf8.RuneCountInString(name) + 2
	if e.fold && (name == "upper" || name == "lower") {
		name = "alpha"
	}
	set, ok := posixClass(name)
	if !ok {
		return nil, errors.New("invalid character class name")
	}
	return set, nil
}

// element reads one character of a bracket expression, maybe as [.x.] or [=x=].
func (e *ere) element() (rune, error) {
	c := e.peek()
	if c < 0 {
		return 0, errors.New("unmatched [, [^, [:, [., or [=")
	}
	e.pos++
	if c != '[' || e.peek() != '.' && e.peek() != '=' {
		return c, nil
	}
	kind := e.peek()
	if e.ahead(2) != kind || e.ahead(3) != ']' {
		return 0, errors.New("invalid collation character")
	}
	c = e.ahead(1)
	e.pos += 4
	return c, nil
}
