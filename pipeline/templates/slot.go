package templates

import "strings"

// slot is a place of a template. What a miner knows of it only grows, from constant to
// variable, and join is the least upper bound: commutative, associative, idempotent.
type slot struct {
	text   string // the constant; for stem that varies what is before the digits
	seps   string // for variable: separators of the list, while one kind was seen
	unit   string // for variable: its unit and the white space before it, while one was seen
	pre    int32  // for stem: how many bytes before the digits
	kind   kind
	flags  uint8
	any    bool // a word's place that is variable
	varies bool // weak, stem: has had two values; variable: two kinds of list
	units  bool // variable: has had two units
	filled bool // variable: has had a value that is not empty
}

func (s *Scratch) slot(t *token) slot {
	sl := slot{kind: t.kind, flags: t.flags & (spaced | joined)}
	switch t.kind {
	case variable:
		sl.seps, sl.unit = string(s.seps[t.cutStart:t.cutEnd]), string(s.msg[t.unit:t.end])
		sl.filled = t.end > t.start
		if len(sl.unit) > longest { // white space
			sl.units, sl.unit = true, ""
		}
	case stem:
		sl.pre, sl.text = t.pre, string(s.bytes(t))
		if t.flags&joined != 0 || t.end-t.start-t.pre > fewDigits {
			sl.vary()
		}
	default:
		sl.text = string(s.bytes(t))
	}
	return sl
}

// vary notes that the slot has no constant, and forgets it: what is known does not depend
// on which value came first.
func (sl *slot) vary() {
	sl.varies, sl.seps = true, ""
	if sl.kind == stem {
		sl.text = sl.text[:sl.pre]
	} else {
		sl.text = ""
	}
}

// settled tells whether no message can change the slot.
func (sl *slot) settled() bool {
	switch {
	case sl.any, sl.kind == punct, sl.kind == word, sl.kind == name:
		return true
	case sl.kind == variable:
		return sl.varies && sl.units && sl.filled
	}
	return sl.varies
}

// observe learns from a token of a message that has the slot's template. It tells whether
// the slot has changed.
func (sl *slot) observe(s *Scratch, t *token) bool {
	if sl.kind == variable {
		return sl.learn(string(s.seps[t.cutStart:t.cutEnd]) != sl.seps, string(s.msg[t.unit:t.end]) != sl.unit, t.end > t.start)
	}
	return sl.learn(string(s.bytes(t)) != sl.text, false, false)
}

// join learns what another slot of the same template knows.
func (sl *slot) join(o *slot) bool {
	if sl.settled() {
		return false
	}
	return sl.learn(o.varies || o.seps != sl.seps || o.text != sl.text, o.units || o.unit != sl.unit, o.filled)
}

// learn takes over what is true, and tells whether it is new.
func (sl *slot) learn(varies, units, filled bool) bool {
	changed := false
	if varies && !sl.varies {
		sl.vary()
		changed = true
	}
	if units && !sl.units {
		sl.units, sl.unit = true, ""
		changed = true
	}
	if filled && !sl.filled {
		sl.filled = true
		changed = true
	}
	return changed
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

// pieceLen is the length of piece.
func (sl *slot) pieceLen() int {
	switch {
	case sl.any, sl.kind == variable, sl.kind == weak:
		return 1
	case sl.kind == stem:
		return int(sl.pre) + 1
	}
	return len(sl.text)
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
