package query

import (
	"strings"
	"time"

	"foghorn/pipeline"
)

// boundary is what values are compared with: a number, a time or a level where it is one.
type boundary struct {
	text   string
	open   bool
	number number
	isNum  bool
	time   time.Time
	isTime bool
	level  bool
	rank   pipeline.Severity
}

func newBoundary(text string, level bool) boundary {
	b := boundary{text: text, open: text == "*"}
	b.number, b.isNum = parseNumber(text)
	b.time, b.isTime = parseTime(text)
	if level {
		b.rank, b.level = pipeline.ParseSeverity(text)
	}
	return b
}

// compare returns how v stands to the bound. ok is false where v is not of the bound's
// kind: text is neither above nor below a number.
func (b *boundary) compare(v string) (order int, ok bool) {
	switch {
	case b.level:
		s, ok := pipeline.ParseSeverity(v)
		return int(s) - int(b.rank), ok
	case b.isNum:
		n, ok := parseNumber(v)
		return n.compare(b.number), ok
	case b.isTime:
		t, ok := parseTime(v)
		return t.Compare(b.time), ok
	}
	return strings.Compare(v, b.text), true
}

func (b *boundary) below(v string, include bool) bool {
	c, ok := b.compare(v)
	return b.open || ok && (c > 0 || include && c == 0)
}

func (b *boundary) above(v string, include bool) bool {
	c, ok := b.compare(v)
	return b.open || ok && (c < 0 || include && c == 0)
}

func holds(op Op, c int) bool {
	switch op {
	case Less:
		return c < 0
	case LessEqual:
		return c <= 0
	case Greater:
		return c > 0
	}
	return c >= 0
}
