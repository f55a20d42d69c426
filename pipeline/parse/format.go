package parse

// format is one way of writing a line.
type format struct {
	name string
	// begins are the kinds of byte with which a line of this format can begin.
	begins class
	// read fills p.found from the first line of an event (p.raw holds all of them) and
	// returns true, or returns false when the line is not of this format; what it has
	// filled is then discarded. The shapes that the formats accept exclude each other, so
	// their order changes speed, not results.
	read func(p *Parser, line []byte) bool
	// wraps says that what the line holds is a line of another format.
	wraps bool
}

// class is a set of kinds of a line's first byte.
type class uint8

const (
	digit class = 1 << iota
	upper
	lower
	brace
	square
	angle
	other       // no byte at all too
	letter      = upper | lower
	anyByte     = digit | letter | brace | square | angle | other
	digitSquare = digit | square
)

func classOf(line []byte) class {
	if len(line) == 0 {
		return other
	}
	switch c := line[0]; {
	case isDigit(c):
		return digit
	case isUpper(c):
		return upper
	case isLetter(c):
		return lower
	case c == '{':
		return brace
	case c == '[':
		return square
	case c == '<':
		return angle
	}
	return other
}

// formats are tried in this order; the last one takes every line.
var formats = [formatCount]format{
	{"json", brace | other, readJSON, false},
	{"access", digit | letter | other, readAccess, false},
	{"syslog", digit | upper | angle, readSyslog, true},
	{"syslog5424", digit | angle, readSyslog5424, true},
	{"apache_error", square, readApacheError, false},
	{"nginx_error", digit, readNginxError, false},
	{"klog", upper, readKlog, false},
	{"logcat", digit, readLogcat, false},
	{"cri", digit, readCRI, true},
	{"logfmt", letter | other, readLogfmt, false},
	{"text", anyByte, readText, false},
}

const (
	formatCount = 11
	textFormat  = formatCount - 1
)

// read reads the line in the format that its source is set to have, else in a learned one.
// A format that is not known, or that the line is not of, makes it text. What a line of the
// format wraps can be of any.
func (p *Parser) read(line []byte, name string) {
	if p.misfit = false; name == "" {
		p.choose(&p.outer, line, false)
		return
	}
	if p.custom.named && p.readFirst(line, false) {
		return
	}
	labels := p.found.attrs.mark()
	for i := range p.formats {
		if p.formats[i].name == name {
			if p.outer.last = i; p.formats[i].read(p, line) {
				return
			}
			break
		}
	}
	p.found.rewind(labels)
	p.misfit, p.outer.last = true, textFormat
	readText(p, line)
}

// choice is what a parser has learned of the format of some lines.
type choice struct {
	last int // the format of the line before
}

// choose reads a line in the format of the line before, else in the first that fits.
// inside says that the line is the message of one that wraps it.
func (p *Parser) choose(c *choice, line []byte, inside bool) {
	if p.readFirst(line, inside) {
		return
	}
	before, m := p.found.facts, p.found.attrs.mark()
	if c.last != textFormat {
		if p.formats[c.last].read(p, line) {
			return
		}
		p.found.facts = before
		p.found.attrs.rewind(m)
	}
	first := classOf(line)
	for i := range p.formats {
		f := &p.formats[i]
		if f.begins&first == 0 || i == c.last && i != textFormat || inside && f.wraps {
			continue
		}
		if i == textFormat && p.readCustom(p.custom.rest, line) || f.read(p, line) {
			c.last = i
			return
		}
		p.found.facts = before
		p.found.attrs.rewind(m)
	}
}
