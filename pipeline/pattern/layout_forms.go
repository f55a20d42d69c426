package pattern

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// names are the names that a layout can have.
func names() []string {
	out := []string{"auto", "iso8601"}
	for n := range layoutNames {
		out = append(out, n)
	}
	for n := range epochUnits {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// strftime reads strftime(3)'s form.
func (l *Layout) strftime(s string) error {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			l.literal(s[i : i+1])
			continue
		}
		at := i
		if i++; i < len(s) && (s[i] == '-' || s[i] == '_' || s[i] == '0') { // padding: numbers are read with any
			i++
		}
		if i == len(s) {
			return &Error{utf8.RuneCountInString(s[:at]) + 1, `expected a letter behind %; "%%" is a per cent sign`}
		}
		if err := l.directive(s[i]); err != nil {
			return &Error{utf8.RuneCountInString(s[:at]) + 1, err.Error()}
		}
	}
	return nil
}

// directives are strftime's letters that stand for one element.
var directives = map[byte]element{
	'Y': year4, 'y': year2, 'm': month2, 'b': monthName, 'B': monthName, 'h': monthName,
	'd': day2, 'e': day2, 'j': dayOfYear, 'a': weekday, 'A': weekday,
	'H': hour24, 'k': hour24, 'I': hour12, 'l': hour12, 'M': minute, 'S': second,
	'p': ampm, 'P': ampm, 'z': offset, 'Z': zoneName,
}

// compound are strftime's letters that stand for others.
var compound = map[byte]string{
	'F': "%Y-%m-%d", 'T': "%H:%M:%S", 'R': "%H:%M", 'D': "%m/%d/%y", 'c': "%a %b %e %H:%M:%S %Y", 'r': "%I:%M:%S %p",
}

func (l *Layout) directive(c byte) error {
	switch {
	case c == '%':
		l.literal("%")
	case c == 't' || c == 'n':
		l.literal(" ")
	case c == 'f' || c == 'L' || c == 'N':
		l.fractionHere()
	case c == 's':
		return fmt.Errorf("%%s cannot be part of a layout: the layout epoch_s is a time in seconds")
	case compound[c] != "":
		return l.strftime(compound[c])
	default:
		e, ok := directives[c]
		if !ok {
			return fmt.Errorf("expected a directive of strftime, found %q", "%"+string(rune(c)))
		}
		l.add(e)
	}
	return nil
}

// goForms are the parts of a layout of Go's, a longer one before those it begins with.
var goForms = []struct {
	form string
	is   element
}{
	{"January", monthName}, {"Jan", monthName}, {"Monday", weekday}, {"Mon", weekday}, {"MST", zoneName},
	{"2006", year4}, {"002", dayOfYear}, {"01", month2}, {"02", day2}, {"03", hour12}, {"04", minute}, {"05", second}, {"06", year2},
	{"-07:00:00", offset}, {"-07:00", offset}, {"-0700", offset}, {"-07", offset},
	{"Z07:00:00", offset}, {"Z07:00", offset}, {"Z0700", offset}, {"Z07", offset},
	{"15", hour24}, {"PM", ampm}, {"pm", ampm}, {"_2", day2},
	{"1", month2}, {"2", day2}, {"3", hour12}, {"4", minute}, {"5", second},
}

// goLayout says whether s is a layout of Go's: it has the reference time's hour, or its
// year and day.
func goLayout(s string) bool {
	return strings.Contains(s, "15") || strings.Contains(s, "03") || strings.Contains(s, "3:04") ||
		strings.Contains(s, "2006") || strings.Contains(s, "06") && strings.Contains(s, "02")
}

// golang reads the form of package time; what is no part of a time is text.
func (l *Layout) golang(s string) {
next:
	for len(s) > 0 {
		if n := goFraction(s); n > 0 {
			l.literal(s[:1])
			l.fractionHere()
			s = s[n:]
			continue
		}
		for _, f := range goForms {
			if strings.HasPrefix(s, f.form) {
				l.add(f.is)
				s = s[len(f.form):]
				continue next
			}
		}
		l.literal(s[:1])
		s = s[1:]
	}
}

// goFraction returns how long the .000 or ,999 is that s begins with. A ':' is taken as well.
func goFraction(s string) int {
	if s[0] != '.' && s[0] != ',' && s[0] != ':' {
		return 0
	}
	n := 1
	for n < len(s) && (s[n] == '0' || s[n] == '9') && s[n] == s[1] {
		n++
	}
	if n == 1 || n < len(s) && s[n] >= '0' && s[n] <= '9' {
		return 0
	}
	return n
}

// java reads the form of java.time.format.DateTimeFormatter.
func (l *Layout) java(s string) error {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\'':
			n := l.quoted(s[i:])
			if n == 0 {
				return &Error{utf8.RuneCountInString(s[:i]) + 1, "expected a second ' that ends the text"}
			}
			i += n
			continue
		case (c|0x20)-'a' >= 26:
			l.literal(s[i : i+1])
			i++
			continue
		}
		n := 1
		for i+n < len(s) && s[i+n] == c {
			n++
		}
		if !l.letters(c, n) {
			return &Error{utf8.RuneCountInString(s[:i]) + 1, fmt.Sprintf("expected letters of a layout such as yyyy-MM-dd HH:mm:ss, found %q; text stands in single quotes", s[i:i+n])}
		}
		i += n
	}
	return nil
}

// quoted adds the quoted text that s begins with and returns its length, quotes included,
// or 0 when it has no end. Two quotes stand for one.
func (l *Layout) quoted(s string) int {
	for i := 1; i < len(s); i++ {
		twice := i+1 < len(s) && s[i+1] == '\''
		switch {
		case s[i] != '\'':
			l.literal(s[i : i+1])
		case i == 1 && !twice: // '' outside of quoted text
			l.literal("'")
			return 2
		case !twice:
			return i + 1
		default:
			l.literal("'")
			i++
		}
	}
	return 0
}

// letters adds n times a letter of Java's and says whether it has a meaning.
func (l *Layout) letters(c byte, n int) bool {
	switch c {
	case 'y', 'u':
		if n == 2 {
			l.add(year2)
		} else {
			l.add(year4)
		}
	case 'M', 'L':
		if n > 2 {
			l.add(monthName)
		} else {
			l.add(month2)
		}
	case 'S', 'n':
		l.fractionHere()
	default:
		e, ok := map[byte]element{
			'd': day2, 'D': dayOfYear, 'E': weekday, 'H': hour24, 'h': hour12, 'm': minute, 's': second,
			'a': ampm, 'X': offset, 'x': offset, 'Z': offset, 'z': zoneName,
		}[c]
		if !ok {
			return false
		}
		l.add(e)
	}
	return true
}
