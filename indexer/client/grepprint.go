package client

import (
	"bufio"
	"strconv"

	"foghorn/pipeline/query"
)

// GNU grep's default colours, and the codes around each coloured piece.
const (
	colorMatch = "01;31"
	colorName  = "35"
	colorLine  = "32"
	colorSep   = "36"
)

// printer writes results as GNU grep does (grep.c: prline, prtext, print_line_head).
type printer struct {
	*Grep
	out    *bufio.Writer
	chosen *selection
	finder *query.Finder
	name   bool

	used       bool // something was printed
	source     string
	host       string
	label      string // the source's printed name
	generation uint64
	n          int64 // number of the line before
}

// hit prints one result. Write errors stay in out and come up with the flush.
func (p *printer) hit(h *Hit) error {
	sameSource := p.used && h.Source == p.source
	if !sameSource || h.Host != p.host { // a log of foreign producers has many hosts
		p.label = p.chosen.label(h)
	}
	switch {
	case p.Listing != ListNone:
		p.colored(colorName, p.label)
		p.end(p.NullAfter)
	case p.Count:
		if p.name {
			p.head(':')
		}
		p.out.WriteString(strconv.FormatInt(h.Count, 10))
		p.out.WriteByte('\n')
	default:
		if p.used && p.Separator != nil && (p.Before >= 0 || p.After >= 0) && !h.follows(sameSource, p.generation, p.n) {
			p.colored(colorSep, *p.Separator)
			p.out.WriteByte('\n')
		}
		p.line(h)
	}
	p.used, p.source, p.host, p.generation, p.n = true, h.Source, h.Host, h.Generation, h.N
	_, err := p.out.Write(nil)
	return err
}

// follows says whether the line comes directly behind the one before. Within a generation
// the numbers tell; from one to the next the server does.
func (h *Hit) follows(sameSource bool, generation uint64, n int64) bool {
	if !sameSource {
		return false
	}
	if h.Generation == generation {
		return h.N == n+1
	}
	return !h.Group
}

// line prints a selected line, or one of context.
func (p *printer) line(h *Hit) {
	sep := byte(':')
	if h.Context {
		sep = '-'
	}
	// With -v the lines that match are those of context, and only they can show matches.
	matching := h.Context == p.Invert
	if p.OnlyMatching {
		if !matching {
			return
		}
		sep = ':'
		if p.Invert {
			sep = '-'
		}
		p.finder.Find(h.Line, func(start, end int) bool {
			p.lineHead(h, sep, int64(start))
			p.match(h.Line[start:end])
			p.out.WriteByte('\n')
			return true
		})
		return
	}
	p.lineHead(h, sep, 0)
	rest := 0
	if matching && p.Color {
		p.finder.Find(h.Line, func(start, end int) bool {
			p.out.Write(h.Line[rest:start])
			p.match(h.Line[start:end])
			rest = end
			return true
		})
	}
	p.out.Write(h.Line[rest:])
	p.out.WriteByte('\n')
}

// lineHead prints what stands before a line: name, number, offset.
func (p *printer) lineHead(h *Hit, sep byte, at int64) {
	if p.name {
		p.head(sep)
	}
	if p.LineNumber {
		p.number(h.N, sep)
	}
	if p.ByteOffset {
		p.number(h.Offset+at, sep)
	}
}

func (p *printer) number(n int64, sep byte) {
	if p.Color {
		p.colored(colorLine, strconv.FormatInt(n, 10))
		p.colored(colorSep, string(sep))
		return
	}
	p.out.Write(strconv.AppendInt(p.out.AvailableBuffer(), n, 10))
	p.out.WriteByte(sep)
}

// head prints the source's name and what parts it from the rest.
func (p *printer) head(sep byte) {
	p.colored(colorName, p.label)
	if p.NullAfter {
		p.out.WriteByte(0)
		return
	}
	p.colored(colorSep, string(sep))
}

func (p *printer) match(text []byte) {
	if !p.Color {
		p.out.Write(text)
		return
	}
	p.out.WriteString("\x1b[" + colorMatch + "m\x1b[K")
	p.out.Write(text)
	p.out.WriteString("\x1b[m\x1b[K")
}

func (p *printer) colored(color, text string) {
	if !p.Color {
		p.out.WriteString(text)
		return
	}
	p.out.WriteString("\x1b[" + color + "m\x1b[K" + text + "\x1b[m\x1b[K")
}

func (p *printer) end(null bool) {
	if null {
		p.out.WriteByte(0)
		return
	}
	p.out.WriteByte('\n')
}
