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
	// wraps says what the line holds.
	wraps wrapping
}

// wrapping says what lines of a format hold: no other line, or a message that can be a line
// of another format, such as the one that a program in a container wrote.
type wrapping uint8

const (
	plainLines wrapping = iota
	message
	container
)

// class is a set of kinds of a line's first byte.
type class uint8

const (
	digit class = 1 << iota
	upper
	lower
	brace
	square
	angle
	other   // no byte at all too
	letter  = upper | lower
	anyByte = digit | letter | brace | square | angle | other
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
	{"docker", brace, readDocker, container},
	{"json", brace | other, readJSON, plainLines},
	{"access", digit | letter | other, readAccess, plainLines},
	{"haproxy", digit | letter | other, readHAProxy, plainLines},
	{"syslog", digit | upper | angle, readSyslog, message},
	{"syslog5424", digit | angle, readSyslog5424, message},
	{"apache_error", square, readApacheError, plainLines},
	{"nginx_error", digit, readNginxError, plainLines},
	{"klog", upper, readKlog, plainLines},
	{"logcat", digit, readLogcat, plainLines},
	{"cri", digit, readCRI, container},
	{"postgres", digit, readPostgres, plainLines},
	{"postgres_csv", digit, readPostgresCSV, plainLines},
	{"mysql", digit, readMySQL, plainLines},
	{"mysql_slow", other, readMySQLSlow, plainLines},
	{"redis", digit | square, readRedis, plainLines},
	{"gc", digit | square, readGC, plainLines},
	{"kernel", square | angle, readKernel, plainLines},
	{"cfdr", upper | other, readCFDR, plainLines},
	{"python", digit | upper, readPython, plainLines},
	{"logfmt", letter | other, readLogfmt, plainLines},
	{"log4j", digit | letter | square, readLog4j, plainLines},
	{"text", anyByte, readText, plainLines},
}

const (
	formatCount = 23
	textFormat  = formatCount - 1
	// From looseFormat on a format takes lines of the others too: it is tried after them
	// whatever the line before was.
	looseFormat = formatCount - 2
)

// read reads the line in the format that its source is set to have, else in a learned one.
// A format that is not known, or that the line is not of, makes it text. What a container's
// runtime wraps may be of the format too.
func (p *Parser) read(line []byte, name string) {
	p.misfit, p.innerName = false, ""
	if name == "" {
		p.choose(&p.outer, line, false)
		return
	}
	if p.readNamed(&p.outer, line, name, false) {
		return
	}
	labels := p.found.attrs.mark()
	p.innerName = name
	for i := range p.formats {
		if f := &p.formats[i]; f.wraps == container && f.begins&classOf(line) != 0 {
			if p.outer.last = i; f.read(p, line) {
				return
			}
			p.found.rewind(labels)
		}
	}
	p.misfit, p.outer.last = true, textFormat
	readText(p, line)
}

// readNamed reads a line in the format of a name, if it is of that.
func (p *Parser) readNamed(c *choice, line []byte, name string, inside bool) bool {
	if p.custom.named && p.readFirst(line, inside) {
		return true
	}
	before, m := p.found.facts, p.found.attrs.mark()
	for i := range p.formats {
		if p.formats[i].name == name {
			if c.last = i; p.formats[i].read(p, line) {
				return true
			}
			break
		}
	}
	p.found.facts = before
	p.found.attrs.rewind(m)
	return false
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
	t := trial{before: p.found.facts, mark: p.found.attrs.mark(), first: classOf(line)}
	held := c.last
	if held < looseFormat && t.reads(p, held, line) {
		return
	}
	for i := range looseFormat {
		if i != held && !(inside && p.formats[i].wraps != plainLines) && t.reads(p, i, line) {
			c.last = i
			return
		}
	}
	if p.readCustom(p.custom.rest, line) {
		c.last = textFormat
		return
	}
	i := looseFormat
	for !t.reads(p, i, line) {
		i++
	}
	c.last = i
}

// trial tries one format after the other on a line.
type trial struct {
	before facts // what was found before
	mark   mark
	first  class
}

// reads reads the line in a format, or leaves all as it was before.
func (t *trial) reads(p *Parser, i int, line []byte) bool {
	f := &p.formats[i]
	if f.begins&t.first == 0 {
		return false
	}
	if f.read(p, line) {
		return true
	}
	p.found.facts = t.before
	p.found.attrs.rewind(t.mark)
	return false
}
