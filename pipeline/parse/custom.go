package parse

import (
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/pattern"
)

// custom is what a Parser knows of the formats that people have described
// (Config.Patterns).
type custom struct {
	set   *pattern.Set
	path  string
	name  string // Line.Format
	zoned bool   // Line.Zone is set
	named bool   // Line.Format names one of these formats, which is then the only one tried
	// first are tried before the built-in formats: the one that the source's setting
	// names, or those restricted to its path; rest on lines that no built-in format takes.
	first, rest []*pattern.Format
	chosen      *pattern.Format // of the last line
	fields      []pattern.Field // scratch
}

// follow takes the formats in force for the source of a line.
func (c *custom) follow(set *pattern.Set, path string, l *pipeline.Line) {
	c.chosen, c.zoned = nil, l.Zone != ""
	if set == c.set && path == c.path && l.Format == c.name {
		return
	}
	*c = custom{set: set, path: path, name: l.Format, zoned: c.zoned, fields: c.fields}
	if f := set.Format(l.Format); f != nil {
		c.first, c.named = []*pattern.Format{f}, true
		return
	}
	for _, f := range set.Formats() {
		switch {
		case !f.Restricted():
			c.rest = append(c.rest, f)
		case f.For(path):
			c.first = append(c.first, f)
		}
	}
}

// readFirst reads a line that is of a format that goes before the built-in ones, or wraps
// one. The latter is tried first: a pattern that begins with anything fits the wrapping, too.
func (p *Parser) readFirst(line []byte, inside bool) bool {
	if len(p.custom.first) == 0 {
		return false
	}
	before, m := p.found.facts, p.found.attrs.mark()
	for i := range p.formats {
		f := &p.formats[i]
		if inside || f.wraps == plainLines || f.begins&classOf(line) == 0 {
			continue
		}
		if f.read(p, line) && p.custom.chosen != nil {
			p.outer.last = i
			return true
		}
		p.found.facts = before
		p.found.attrs.rewind(m)
	}
	return p.readCustom(p.custom.first, line)
}

// readCustom reads a line in the first of the formats that it is of.
func (p *Parser) readCustom(list []*pattern.Format, line []byte) bool {
	for _, f := range list {
		var ok bool
		if p.custom.fields, ok = f.Match(line, p.custom.fields[:0]); ok {
			p.custom.chosen = f
			p.takeFields(f, line)
			return true
		}
	}
	return false
}

// takeFields takes what a format found. A time that is not written as the format's layout
// says is a field like others, and so is a value that is not of its type.
func (p *Parser) takeFields(f *pattern.Format, line []byte) {
	for i := range p.custom.fields {
		field := &p.custom.fields[i]
		value := line[field.Start:field.End]
		if field.Name == pattern.FieldTimestamp && p.customTime(f, value) {
			continue
		}
		typed, _ := field.Type.Canonical(value)
		p.field([]byte(field.Name), typed, allDigits(typed))
	}
}

// customTime takes the time that a line tells. The zone of the source's setting goes before the
// format's.
func (p *Parser) customTime(f *pattern.Format, value []byte) bool {
	clock := p.clock
	if f.Zone != nil && !p.custom.zoned {
		clock.loc, clock.hourKnown = f.Zone, false
	}
	if f.Layout == nil {
		ns, ok := clock.whole(value)
		if !ok && len(value) >= 9 {
			ns, ok = epoch(value)
		}
		if ok {
			p.found.setTime(ns)
		}
		return ok
	}
	t, ok := f.Layout.Read(value)
	if ok {
		p.found.setTime(clock.unixOf(&t))
	}
	return ok
}

// unixOf is unix for a time that a layout has read. A missing date is the day that brings
// the time nearest to the observed one.
func (c *clock) unixOf(t *pattern.Civil) int64 {
	if t.IsUnix {
		return t.Unix
	}
	at := civil{
		year: t.Year, month: t.Month, day: t.Day, hour: t.Hour, min: t.Min, sec: t.Sec, nsec: t.Nanosecond,
		zoned: t.Zoned, offset: t.Offset,
	}
	if t.Month > 0 {
		return c.unix(&at)
	}
	zone := c.loc
	if t.Zoned {
		zone = time.FixedZone("", t.Offset)
	}
	best, distance := int64(0), int64(-1)
	for days := -1; days <= 1; days++ {
		year, month, day := time.Unix(0, c.observed).In(zone).AddDate(0, 0, days).Date()
		at.year, at.month, at.day = year, int(month), day
		ns := c.unix(&at)
		if d := max(ns-c.observed, c.observed-ns); distance < 0 || d < distance {
			best, distance = ns, d
		}
	}
	return best
}
