package templates

import "strings"

// slot is a place of a template. What a miner knows of it only grows, from constant to
// variable, and join is the least upper bound: commutative, associative, idempotent.
//
// Miners hold hundreds of thousands of them: the constants are parts of the skeleton, and
// a variable has its two texts in one.
type slot struct {
	// text is the constant; for stem that varies what is before the digits; for variable
	// separators of the list, while one kind was seen, and behind them its unit and the
	// white space before it, while one was seen.
	text  string
	pre   int32 // for stem: how many bytes before the digits; for variable: how many are separators
	kind  kind
	flags uint8
	knows uint8
}

// Bits of slot.knows, and of EntrySlot.Knows.
const (
	knowsAny    = 1 << iota // a word's place that is variable
	knowsVaries             // weak, stem: has had two values; variable: two kinds of list
	knowsUnits              // variable: has had two units
	knowsFilled             // variable: has had a value that is not empty
)

func (sl *slot) any() bool    { return sl.knows&knowsAny != 0 }
func (sl *slot) varies() bool { return sl.knows&knowsVaries != 0 }

// list is the separators of a list of values.
func (sl *slot) list() string {
	if sl.kind != variable {
		return ""
	}
	return sl.text[:sl.pre]
}

// unit is a variable's unit.
func (sl *slot) unit() string {
	if sl.kind != variable {
		return ""
	}
	return sl.text[sl.pre:]
}

// slot returns a message's token as a slot of the template with the skeleton skel, which
// is s.skel as a string.
func (s *Scratch) slot(t *token, skel string) slot {
	sl := slot{kind: t.kind, flags: t.flags & (spaced | joined)}
	switch t.kind {
	case variable:
		if t.end > t.start {
			sl.knows |= knowsFilled
		}
		unit := s.msg[t.unit:t.end]
		if len(unit) > longest { // white space
			sl.knows |= knowsUnits
			unit = nil
		}
		if sl.pre = t.cutEnd - t.cutStart; sl.pre == 0 {
			sl.text = string(unit)
		} else {
			sl.text = string(s.seps[t.cutStart:t.cutEnd]) + string(unit)
		}
	case stem:
		sl.pre = t.pre
		if t.flags&joined != 0 || t.end-t.start-t.pre > fewDigits {
			sl.knows |= knowsVaries
			sl.text = skel[t.skelStart : t.skelEnd-1]
		} else {
			sl.text = string(s.bytes(t))
		}
	case weak:
		sl.text = string(s.bytes(t))
	default:
		sl.text = skel[t.skelStart:t.skelEnd]
	}
	return sl
}

// vary notes that the slot has no constant, and forgets it: what is known does not depend
// on which value came first.
func (sl *slot) vary() {
	sl.knows |= knowsVaries
	switch sl.kind {
	case stem:
		sl.text = sl.text[:sl.pre]
	case variable:
		sl.text, sl.pre = sl.text[sl.pre:], 0
	default:
		sl.text = ""
	}
}

// settled tells whether no message can change the slot.
func (sl *slot) settled() bool {
	switch {
	case sl.any(), sl.kind == punct, sl.kind == word, sl.kind == name:
		return true
	case sl.kind == variable:
		const all = knowsVaries | knowsUnits | knowsFilled
		return sl.knows&all == all
	}
	return sl.varies()
}

// news returns what a token of a message that has the slot's template tells beyond what
// the slot knows, as bits of knows.
func (sl *slot) news(s *Scratch, t *token) uint8 {
	if sl.kind != variable {
		return bits(string(s.bytes(t)) != sl.text, false, false) &^ sl.knows
	}
	return bits(string(s.seps[t.cutStart:t.cutEnd]) != sl.list(), string(s.msg[t.unit:t.end]) != sl.unit(), t.end > t.start) &^ sl.knows
}

// newsOf returns what another slot of the same template knows beyond what the slot knows.
func (sl *slot) newsOf(o *slot) uint8 {
	if sl.settled() {
		return 0
	}
	if sl.kind != variable {
		return bits(o.varies() || o.text != sl.text, false, false) &^ sl.knows
	}
	return (o.knows | bits(o.list() != sl.list(), o.unit() != sl.unit(), false)) &^ sl.knows
}

func bits(varies, units, filled bool) (b uint8) {
	if varies {
		b = knowsVaries
	}
	if units {
		b |= knowsUnits
	}
	if filled {
		b |= knowsFilled
	}
	return b
}

// learn takes over what is new.
func (sl *slot) learn(news uint8) {
	if news&knowsVaries != 0 {
		sl.vary()
	}
	if news&knowsUnits != 0 {
		sl.text = sl.text[:sl.pre]
	}
	sl.knows |= news
}

// piece is the slot's part of the skeleton.
func (sl *slot) piece() string {
	switch {
	case sl.any():
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
	case sl.any(), sl.kind == variable, sl.kind == weak:
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
