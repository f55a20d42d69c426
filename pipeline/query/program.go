package query

import (
	"regexp/syntax"
	"unicode/utf8"
)

// Marks are characters that stand, in an expression for program, for assertions that RE2
// lacks: the start of a word, its end, either, and neither. Words are those of Words.
const (
	markStart rune = 0x10FFF0 + iota
	markEnd
	markBoundary
	markInside
)

// program runs an expression as grep does: it finds leftmost-longest matches, knows the
// words of Unicode, and takes a byte that is not UTF-8 for no character at all. Its method
// is that of Pike: all ways to match are followed at once, byte after byte, so that time
// is bounded by the length of the line times that of the program. It is read-only.
type program struct {
	inst  []syntax.Inst
	start uint32
	word  bool // -w
}

func newProgram(tree *syntax.Regexp, word bool) (*program, error) {
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	return &program{inst: prog.Inst, start: uint32(prog.Start), word: word}, nil
}

// threads is a set of instructions in the order in which they were added, each with the
// place where its match starts. Those of earlier matches come first.
type threads struct {
	dense  []thread
	sparse []uint32
}

type thread struct{ pc, start int }

func (t *threads) reset(size int) {
	t.dense = t.dense[:0]
	if len(t.sparse) < size {
		t.sparse = make([]uint32, size)
	}
}

func (t *threads) add(pc uint32, start int) bool {
	if i := t.sparse[pc]; int(i) < len(t.dense) && t.dense[i].pc == int(pc) {
		return false
	}
	t.sparse[pc] = uint32(len(t.dense))
	t.dense = append(t.dense, thread{int(pc), start})
	return true
}

// machine is the memory of a run.
type machine struct {
	now, next threads
	line      []byte
	prog      *program
	any       bool     // any match will do, it need not be the longest
	probe     *machine // for onlyEmpty
}

// maxProbe bounds how far a search that is anchored looks.
const maxProbe = 256

// search finds the leftmost-longest match that starts at from or after. With anchored it
// looks for a match at from only, until one is not empty, and -w does not count.
func (m *machine) search(p *program, line []byte, from int, anchored bool) (start, end int) {
	m.prog, m.line = p, line
	m.now.reset(len(p.inst))
	m.next.reset(len(p.inst))
	word := p.word && !anchored
	start, end = -1, -1
	for at := from; ; {
		if start < 0 && (!anchored || at == from) && !(word && wordBefore(line, at)) {
			m.add(&m.now, p.start, at, at)
		}
		r, size := rune(-1), 1
		if at < len(line) {
			if r, size = utf8.DecodeRune(line[at:]); r == utf8.RuneError && size == 1 {
				r = -1
			}
		}
		m.next.dense = m.next.dense[:0]
		for _, t := range m.now.dense {
			if start >= 0 && t.start > start {
				break
			}
			in := &m.prog.inst[t.pc]
			if in.Op == syntax.InstMatch {
				if !word || !wordAt(line, at) && (at > t.start || m.onlyEmpty(at)) {
					start, end = t.start, at
					if m.any {
						return start, end
					}
				}
			} else if r >= 0 && in.MatchRune(r) {
				m.add(&m.next, in.Out, at+size, t.start)
			}
		}
		m.now, m.next = m.next, m.now
		if at >= len(line) || anchored && (end > from || at-from > maxProbe) || len(m.now.dense) == 0 && (start >= 0 || anchored) {
			return start, end
		}
		at += size
	}
}

// onlyEmpty reports whether nothing but the empty text matches at a place: for -w, grep
// goes from the longest match there to shorter ones, but not down to none. A longer match
// is looked for within maxProbe bytes, so that a long line takes no square of its time.
func (m *machine) onlyEmpty(at int) bool {
	if m.probe == nil {
		m.probe = new(machine)
	}
	_, end := m.probe.search(m.prog, m.line, at, true)
	m.probe.line = nil
	return end == at
}

// add follows the instructions that take no character, at a place in the line.
func (m *machine) add(to *threads, pc uint32, at, start int) {
	in := &m.prog.inst[pc]
	if in.Op == syntax.InstFail || !to.add(pc, start) {
		return
	}
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		m.add(to, in.Out, at, start)
		m.add(to, in.Arg, at, start)
	case syntax.InstCapture, syntax.InstNop:
		m.add(to, in.Out, at, start)
	case syntax.InstEmptyWidth:
		op := syntax.EmptyOp(in.Arg)
		if op&syntax.EmptyBeginText != 0 && at != 0 || op&syntax.EmptyEndText != 0 && at != len(m.line) {
			return
		}
		m.add(to, in.Out, at, start)
	case syntax.InstRune1, syntax.InstRune:
		if len(in.Rune) == 1 && isMark(in.Rune[0]) && m.holds(in.Rune[0], at) {
			m.add(to, in.Out, at, start)
		}
	}
}

func isMark(r rune) bool { return markStart <= r && r <= markInside }

// holds tells whether an assertion is true at a place.
func (m *machine) holds(mark rune, at int) bool {
	before, after := wordBefore(m.line, at), wordAt(m.line, at)
	switch mark {
	case markStart:
		return !before && after
	case markEnd:
		return before && !after
	case markBoundary:
		return before != after
	}
	return before == after
}
