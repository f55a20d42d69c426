package templates

// Wildcard stands for a variable in a template's text.
const Wildcard = "<*>"

// fewDigits is how many digits a word may end in and still be constant, as in eth0.
const fewDigits = 2

// shape is how a slot is written: constant text before and after its variables.
type shape struct {
	before, after string
	variable      bool
	list          bool // every value of the list is a variable of its own
}

func (sl *slot) shape() shape {
	switch {
	case sl.any():
		return shape{variable: true}
	case sl.kind == variable:
		return shape{variable: sl.knows&knowsFilled != 0, list: sl.pre > 0, after: sl.unit()}
	case sl.kind == stem && sl.flags&joined != 0:
		return shape{before: sl.text, variable: true}
	case sl.varies():
		return shape{variable: true}
	}
	return shape{before: sl.text}
}

// render writes the constants of a template: before, between and after its variables.
func render(slots []slot) []string {
	parts := make([]string, 0, len(slots)/2+1)
	part := make([]byte, 0, 64)
	variable := func() {
		parts = append(parts, string(part))
		part = part[:0]
	}
	for i := range slots {
		sl := &slots[i]
		if i > 0 && sl.flags&spaced != 0 {
			part = append(part, ' ')
		}
		sh := sl.shape()
		part = append(part, sh.before...)
		if sh.variable {
			variable()
		}
		if sh.list {
			for _, sep := range []byte(sl.list()) {
				switch sep {
				case sepSpace:
					part = append(part, ' ')
				case sepComma:
					part = append(part, ',')
				case sepCommaSpace:
					part = append(part, ", "...)
				}
				variable()
			}
		}
		part = append(part, sh.after...)
	}
	return append(parts, string(part))
}

// Span is a range of bytes of a message.
type Span struct{ Start, End int }

// Variables appends to dst where the variables of a message are, from left to right: as
// many as its template's text has wildcards. ref and s are what Add or Match returned and
// used for the message, with no other message in between. After Match, a value that its
// template still holds constant is not among them.
func (m *Miner) Variables(ref Ref, s *Scratch, dst []Span) []Span {
	if ref.t == nil {
		return dst
	}
	t := m.final(ref.t)
	for i := range t.slots {
		sl, k := &t.slots[i], &s.tokens[i]
		if sl.kind <= name && sl.knows == 0 { // most are constant
			continue
		}
		sh := sl.shape()
		if !sh.variable {
			continue
		}
		start, end := int(k.start)+len(sh.before), int(k.end)
		if sl.kind == variable && sl.knows&knowsUnits == 0 {
			end = int(k.unit)
		}
		if sh.list {
			for _, c := range s.cuts[k.cutStart:k.cutEnd] {
				dst = append(dst, Span{start, int(c.start)})
				start = int(c.end)
			}
		}
		dst = append(dst, Span{start, end})
	}
	return dst
}
