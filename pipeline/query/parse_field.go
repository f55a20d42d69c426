package query

import (
	"strconv"
	"strings"
)

// field reads what follows "name:".
func (p *parser) field(name string) (Node, error) {
	start := p.pos
	if name == "" {
		return nil, p.fault(start, "", "a field's name before the colon")
	}
	switch name {
	case "_exists_":
		return p.exists()
	case "_grep_":
		return p.grep()
	}
	if p.end() || isSpace(p.text[p.pos]) || p.has(")") {
		return nil, p.fault(p.pos, "", "a value after "+quoteTail(p.text[:p.pos]))
	}
	if p.has("(") {
		return p.group(name)
	}
	return p.value(name)
}

func (p *parser) exists() (Node, error) {
	if p.has(`"`) {
		name, err := p.phrase()
		return Exists{name}, err
	}
	n := fieldName(p.text[p.pos:])
	if n == 0 {
		return nil, p.fault(p.pos, "", `a field's name after "_exists_:"`)
	}
	p.pos += n
	return Exists{p.text[p.pos-n : p.pos]}, nil
}

// value reads one value, comparison or range for the field name.
func (p *parser) value(name string) (Node, error) {
	start := p.pos
	for _, c := range []struct {
		sign string
		op   Op
	}{{">=", GreaterEqual}, {"<=", LessEqual}, {">", Greater}, {"<", Less}} {
		if p.has(c.sign) {
			p.pos += len(c.sign)
			at := p.pos
			v, err := p.bound("")
			if err != nil {
				return nil, err
			}
			if v == "" && at == p.pos {
				return nil, p.fault(at, "", "a value after "+quoteTail(p.text[:at]))
			}
			v, err = p.level(name, v, at)
			return Field{Name: name, Op: c.op, Value: v}, err
		}
	}
	switch {
	case p.has("["), p.has("{"):
		return p.between(name)
	case p.has(`"`):
		text, err := p.phrase()
		if err != nil {
			return nil, err
		}
		if text == "" {
			return nil, p.fault(start, "", "a value between the quotes")
		}
		if len(foldedWords(text)) == 0 {
			return Field{Name: name, Op: Has, Value: text}, nil
		}
		return Field{Name: name, Op: Contains, Value: text}, nil
	case p.has("'"):
		text, err := p.exact()
		return Field{Name: name, Op: Has, Value: text}, err
	case p.has("/"):
		r, ok, err := p.regex()
		if err != nil {
			return nil, err
		}
		if ok {
			return Field{Name: name, Op: Matches, Value: r.Source, Fold: r.Fold, RE: r.RE}, nil
		}
	}
	t := p.bare("")
	switch {
	case t.wild && strings.Trim(t.glob, "*") == "":
		return Exists{name}, nil
	case t.wild:
		return Field{Name: name, Op: Glob, Value: t.glob}, nil
	case t.plain == "":
		return nil, p.fault(start, "", "a value after "+quoteTail(p.text[:start]))
	}
	v, err := p.level(name, t.plain, start)
	return Field{Name: name, Op: Equal, Value: v}, err
}

// between reads [low TO high] with either kind of bracket at either end.
func (p *parser) between(name string) (Node, error) {
	f := Field{Name: name, Op: Between, LowInclude: p.has("[")}
	p.pos++
	end := func() (string, error) {
		p.space()
		at := p.pos
		v, err := p.bound("]}")
		if err == nil && p.pos == at {
			err = p.fault(at, "", `a range as [1 TO 5], {1 TO 5} or [1 TO *]`)
		}
		if err == nil && v != "*" && v != "" {
			v, err = p.level(name, v, at)
		}
		return v, err
	}
	var err error
	if f.Low, err = end(); err != nil {
		return nil, err
	}
	p.space()
	if !p.has("TO") {
		return nil, p.fault(p.pos, "", `"TO" in the range`)
	}
	p.pos += len("TO")
	if f.High, err = end(); err != nil {
		return nil, err
	}
	p.space()
	if !p.has("]") && !p.has("}") {
		return nil, p.fault(p.pos, "", `"]" or "}" at the end of the range`)
	}
	f.HighInclude = p.has("]")
	p.pos++
	return f, nil
}

// bound reads a value to compare with, bare or in double quotes.
func (p *parser) bound(stop string) (string, error) {
	if p.has(`"`) {
		return p.phrase()
	}
	return p.bare(stop).plain, nil
}

// level normalises a value for the field that holds the level, and refuses one that is no
// level: nothing would ever match it.
func (p *parser) level(name, value string, pos int) (string, error) {
	if !isLevel(name) {
		return value, nil
	}
	if v, ok := levelName(value); ok {
		return v, nil
	}
	return "", p.fault(pos, strconv.Quote(value)+" is no level", "trace, debug, info, warn, error or fatal (severity_number takes numbers)")
}
