package query

import (
	"bytes"
	"unicode/utf8"
)

// Finder finds what of a line a Grep matches. It is for one goroutine.
type Finder struct {
	texts   [][]byte // where the patterns are plain bytes
	prog    *program
	machine machine
}

// NewFinder returns a Finder for n. The error is that of GrepPattern.
func NewFinder(n Grep) (*Finder, error) {
	c, err := n.compile()
	if err != nil {
		return nil, err
	}
	f := &Finder{prog: c.prog}
	if n.bytes() {
		for _, p := range n.Patterns {
			f.texts = append(f.texts, []byte(p))
		}
	}
	return f, nil
}

// Find calls yield with the bounds of each part of line that grep -o prints: leftmost,
// longest, not empty, without overlaps, until yield returns false. It does not ask whether
// the line is selected; for LineRegexp one that is has one part, the line.
func (f *Finder) Find(line []byte, yield func(start, end int) bool) {
	for at := 0; at < len(line); {
		start, end := f.next(line, at)
		if start < 0 {
			return
		}
		if end > start && !yield(start, end) {
			return
		}
		at = end
		if end == start && end < len(line) {
			_, size := utf8.DecodeRune(line[end:])
			at += size
		}
	}
}

func (f *Finder) next(line []byte, from int) (start, end int) {
	if f.texts == nil {
		return f.machine.search(f.prog, line, from, false)
	}
	start, end = -1, -1
	for _, t := range f.texts {
		limit := len(line)
		if start >= 0 {
			limit = min(limit, start+len(t))
		}
		if i := bytes.Index(line[from:limit], t); i >= 0 && len(t) > 0 {
			i += from
			if start < 0 || i < start || i+len(t) > end {
				start, end = i, i+len(t)
			}
		}
	}
	return start, end
}
