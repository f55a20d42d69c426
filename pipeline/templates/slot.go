package templates

import "strings"

// slot is a place of a template. What a miner knows of it only grows, from constant to
// variable, and join is the least upper bound: commutative, associative, idempotent.
type slot struct {
	text   string // the constant; for variable the first value seen
	seps   string // separators of the list
	unit   string // unit of the number, with the white space before it
	pre    int32  // for stem: how many bytes before the digits
	kind   kind
	flags  uint8
	any    bool // a word's place that is variable
	varies bool // weak, stem: has had two values; variable: two kinds of list
	units  bool // variable: has had two units
	filled bool // variable: has had a value that is not empty
}

func (s *Scratch) slot(t *token) slot {
	sl := slot{kind: t.kind, flags: t.flags & (spaced | joined), pre: t.pre, filled: t.end > t.start}
	switch t.kind {
	case variable:
		sl.seps, sl.unit = string(s.seps[t.cutStart:t.cutEnd]), string(s.msg[t.unit:t.end])
	default:
		sl.text = string(s.bytes(t))
	}
	return sl
}

// settled tells whether no message can change the slot.
func (sl *slot) settled() bool {
	switch {
	case sl.any, sl.kind == punct, sl.kind == word, sl.kind == name:
		return true
	case sl.kind == variable:
		return sl.varies && sl.units && sl.filled
	case sl.flags&joined != 0 && sl.kind == stem:
		return true
	}
	return sl.varies
}

// observe learns from a token of a message that has the slot's template. It tells whether
// the slot has changed.
func (sl *slot) observe(s *Scratch, t *token) bool {
	if sl.any {
		return false
	}
	if sl.kind != variable {
		if sl.varies || string(s.bytes(t)) == sl.text {
			return false
		}
		sl.varies = true
		return true
	}
	varies := sl.varies || sl.seps != string(s.seps[t.cutStart:t.cutEnd])
	units := sl.units || sl.unit != string(s.msg[t.unit:t.end])
	filled := sl.filled || t.end > t.start
	if varies == sl.varies && units == sl.units && filled == sl.filled {
		return false
	}
	sl.varies, sl.units, sl.filled = varies, units, filled
	return true
}

// join learns what another slot of the same template knows.
func (sl *slot) join(o *slot) {
	switch {
	case sl.any:
	case sl.kind == variable:
		sl.varies = sl.varies || o.varies || sl.seps != o.seps
		sl.units = sl.units || o.units || sl.unit != o.unit
		sl.filled = sl.filled || o.filled
	case sl.kind == weak || sl.kind == stem && sl.flags&joined == 0:
		sl.varies = sl.varies || o.varies || sl.text != o.text
	}
}

// piece is the slot's part of the skeleton.
func (sl *slot) piece() string {
	switch {
	case sl.any:
		return string(rune(markAny))
	case sl.kind == variable:
		return string(rune(markVariable))
	case sl.kind == weak:
		return string(rune(markWeak))
	case sl.kind == stem:
		return sl.text[:sl.pre] + string(rune(markVariable))
	}
	return sl.text
}

// skeleton is the slots' skeleton, with any value in slot except (-1: none).
func skeleton(slots []slot, except int) string {
	var b strings.Builder
	for i := range slots {
		if i > 0 && slots[i].flags&spaced != 0 {
			b.WriteByte(' ')
		}
		if i == except {
			b.WriteByte(markAny)
		} else {
			b.WriteString(slots[i].piece())
		}
	}
	return b.String()
}
