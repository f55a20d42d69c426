package client

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// timeForm is how people are shown times, in their own zone.
const timeForm = "2006-01-02T15:04:05.000Z07:00"

// human renders hits as lines for people: time, host, service, level, line. Of an event of
// several lines the others follow as they are.
type human struct {
	color  bool
	fields bool
	// escape replaces control characters, so that a log line cannot drive a terminal.
	escape bool
	zone   *time.Location
}

var levelColor = map[string]string{"warn": "33", "error": "31", "fatal": "1;31", "debug": "2", "trace": "2"}

func (p human) append(b []byte, h *Hit) []byte {
	b = h.Timestamp.In(p.zone).AppendFormat(b, timeForm)
	for _, word := range []string{h.Host, h.Service} {
		if word != "" {
			b = append(b, ' ')
			b = p.text(b, word)
		}
	}
	if h.Level != "" {
		b = append(b, ' ')
		if c := levelColor[h.Level]; p.color && c != "" {
			b = append(b, "\x1b["+c+"m"+h.Level+"\x1b[m"...)
		} else {
			b = append(b, h.Level...)
		}
	}
	b = append(b, ' ')
	for i, line := range strings.Split(string(h.Line), "\n") {
		if i > 0 {
			b = append(b, '\n')
		}
		b = p.text(b, line)
	}
	if p.fields && len(h.Fields) > 0 {
		b = append(b, "  {"...)
		for i, f := range h.Fields {
			if i > 0 {
				b = append(b, ' ')
			}
			b = p.text(b, f.Name)
			b = append(b, '=')
			b = p.text(b, f.Value)
		}
		b = append(b, '}')
	}
	return append(b, '\n')
}

func (p human) text(b []byte, s string) []byte {
	if !p.escape {
		return append(b, s...)
	}
	return append(b, visible(s)...)
}

// visible replaces what a terminal would act on, and bytes that are no text, by their
// codes: \x1b. Tabs stay.
func visible(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || r != '\t' && unicode.IsControl(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || r != '\t' && unicode.IsControl(r) {
			for _, c := range []byte(s[i : i+n]) {
				b.WriteString(`\x` + string(digits[c>>4]) + string(digits[c&15]))
			}
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// oneLine is visible on one line, cut at limit characters.
func oneLine(s string, limit int) string {
	s = visible(strings.Join(strings.Fields(s), " "))
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}
