package loki

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// label is one label of a stream.
type label struct{ name, value []byte }

// ErrNoLabels is the error of a stream without labels, in Loki's words.
var ErrNoLabels = errors.New("error at least one label pair is required per stream")

// parseLabels reads a label set as PromQL writes it, {a="b", c="d"}, and appends its labels
// to dst, sorted by name. Values may be quoted by ", ' or `.
func parseLabels(dst []label, text []byte) ([]label, error) {
	start := len(dst)
	p := labelParser{text: text}
	dst, err := p.set(dst)
	if err != nil {
		return dst, fmt.Errorf("error parsing labels '%.256s' with error: 1:%d: parse error: %w", text, p.i+1, err)
	}
	set := dst[start:]
	if len(set) == 0 {
		return dst, ErrNoLabels
	}
	byName := func(a, b label) int { return strings.Compare(string(a.name), string(b.name)) }
	if !slices.IsSortedFunc(set, byName) {
		slices.SortStableFunc(set, byName)
	}
	for i := 1; i < len(set); i++ {
		if string(set[i].name) == string(set[i-1].name) {
			return dst, fmt.Errorf("stream '%.256s' has duplicate label name: '%.64s'", text, set[i].name)
		}
	}
	return dst, nil
}

type labelParser struct {
	text []byte
	i    int
}

func (p *labelParser) set(dst []label) ([]label, error) {
	if !p.take('{') {
		return dst, p.want(`"{"`)
	}
	for !p.take('}') {
		name := p.name()
		if len(name) == 0 {
			return dst, p.want("a label name or \"}\"")
		}
		if !p.take('=') {
			return dst, p.want(`"="`)
		}
		value, err := p.value()
		if err != nil {
			return dst, err
		}
		dst = append(dst, label{name, value})
		if p.take(',') {
			continue
		}
		if !p.take('}') {
			return dst, p.want(`"," or "}"`)
		}
		break
	}
	if p.space(); p.i < len(p.text) {
		return dst, p.want("the end")
	}
	return dst, nil
}

func (p *labelParser) space() {
	for p.i < len(p.text) && (p.text[p.i] == ' ' || p.text[p.i] == '\t' || p.text[p.i] == '\n' || p.text[p.i] == '\r') {
		p.i++
	}
}

func (p *labelParser) take(c byte) bool {
	if p.space(); p.i < len(p.text) && p.text[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *labelParser) name() []byte {
	p.space()
	start := p.i
	for p.i < len(p.text) {
		c := p.text[p.i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (p.i == start || c < '0' || c > '9') {
			break
		}
		p.i++
	}
	return p.text[start:p.i:p.i]
}

func (p *labelParser) value() ([]byte, error) {
	p.space()
	if p.i >= len(p.text) {
		return nil, p.want("a string")
	}
	quote := p.text[p.i]
	if quote != '"' && quote != '\'' && quote != '`' {
		return nil, p.want("a string")
	}
	start := p.i + 1
	for i := start; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == quote:
			p.i = i + 1
			return p.text[start:i:i], nil
		case c == '\\' && quote != '`':
			return p.unquote(start, quote)
		}
	}
	p.i = len(p.text)
	return nil, errors.New("the string does not end")
}

// unquote reads a value with escapes, those of Go and Prometheus.
func (p *labelParser) unquote(start int, quote byte) ([]byte, error) {
	rest := string(p.text[start:])
	var value []byte
	for {
		if rest == "" {
			p.i = len(p.text)
			return nil, errors.New("the string does not end")
		}
		if rest[0] == quote {
			p.i = len(p.text) - len(rest) + 1
			return value, nil
		}
		if rest[0] != '\\' {
			value, rest = append(value, rest[0]), rest[1:]
			continue
		}
		r, multibyte, tail, err := strconv.UnquoteChar(rest, quote)
		if err != nil {
			p.i = len(p.text) - len(rest)
			return nil, errors.New("unknown escape sequence")
		}
		if r < utf8.RuneSelf || !multibyte {
			value = append(value, byte(r))
		} else {
			value = utf8.AppendRune(value, r)
		}
		rest = tail
	}
}

func (p *labelParser) want(what string) error {
	if p.i >= len(p.text) {
		return fmt.Errorf("unexpected end of input, expected %s", what)
	}
	return fmt.Errorf("unexpected %q, expected %s", p.text[p.i], what)
}
