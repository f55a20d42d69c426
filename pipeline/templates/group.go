package templates

import (
	"slices"

	"github.com/cespare/xxhash/v2"
)

// group is the templates that differ in the words where names stand (see isSpot), and in
// nothing else. When two names of a message vary, templates seldom differ in one word, as
// a place needs it: so here each spot's values count, whatever is in the others.
type group struct {
	members []*template
	spots   []spot
}

// spot is a slot of a group in which names stand.
type spot struct {
	slot   int
	values []string // pieces seen, until it is open
	open   bool
}

// isSpot tells whether a name may stand in slot i, by what stands beside it: the beginning
// of the message, a bracket, quotes or a joiner, the colon of a key, or a word that a name
// follows.
func isSpot(slots []slot, i int) bool {
	switch {
	case slots[i].kind == punct:
		return false
	case i == 0, isEnclosed(slots, i):
		return true
	}
	prev := &slots[i-1]
	if prev.kind == punct {
		return prev.text == ":" && i > 1 && slots[i-2].kind == word
	}
	return prev.kind == word && leads(prev.text)
}

// isEnclosed tells whether a bracket, quotes or a joiner stands beside slot i.
func isEnclosed(slots []slot, i int) bool {
	if i+1 < len(slots) && slots[i+1].kind == punct && slots[i+1].flags&spaced == 0 {
		switch slots[i+1].text {
		case "/", "@", "#":
			return true
		}
	}
	if i == 0 || slots[i-1].kind != punct {
		return false
	}
	switch slots[i-1].text {
	case "(", "[", "{", "<", "=", "/", "@", "#":
		return true
	}
	return isQuoted(slots, i)
}

// leads tells the words that a name often follows.
func leads(s string) bool {
	switch s {
	case "from", "to", "by", "for", "on", "in", "at", "of", "as", "via", "with", "into":
		return true
	}
	return isRole(s)
}

// groupOf returns the hash of a template's group, where it has one (words is not 0), with
// the slots of its spots and the number of words that all its members have. Where there
// is one spot only, a place does the same.
func (m *Miner) groupOf(t *template) (hash uint64, spots []int, words int) {
	m.spots = m.spots[:0]
	m.key = m.key[:0]
	at := 0
	for i := range t.slots {
		sl := &t.slots[i]
		if i > 0 && sl.flags&spaced != 0 {
			m.key = append(m.key, ' ')
			at++
		}
		n := sl.pieceLen()
		if isSpot(t.slots, i) {
			m.spots = append(m.spots, i)
			m.key = append(m.key, markAny)
		} else {
			m.key = append(m.key, t.skel[at:at+n]...)
			if sl.isWord() {
				words++
			}
		}
		at += n
	}
	if len(m.spots) < 2 {
		return 0, nil, 0
	}
	hash = xxhash.Sum64(m.key)
	for _, i := range m.spots {
		hash = placeOf(i, hash*31)
	}
	return hash, m.spots, words
}

// anything is a slot as sl in which any word fits.
func anything(sl *slot) slot { return slot{knows: knowsAny, kind: word, flags: sl.flags & spaced} }

// group makes t a member of its group, and makes variable the spots that have shown enough
// values.
func (m *Miner) group(t *template) {
	hash, spots, words := m.groupOf(t)
	if words == 0 {
		return
	}
	g := m.groups[hash]
	if g == nil {
		number, ok := m.soleGroup[hash]
		if !ok {
			t.group = hash
			m.soleGroup[hash] = t.number
			return
		}
		first := m.list[number]
		if !spotsAre(first.slots, spots) {
			return // two keys have met in one hash
		}
		delete(m.soleGroup, hash)
		g = &group{spots: make([]spot, len(spots))}
		for i := range spots {
			g.spots[i].slot = spots[i]
		}
		m.groups[hash] = g
		g.add(first, words)
	} else if !slices.EqualFunc(g.spots, spots, func(a spot, slot int) bool { return a.slot == slot }) {
		return // two keys have met in one hash
	}
	t.group = hash
	if !g.add(t, words) {
		m.generalize(t, g)
		return
	}
	for _, u := range slices.Clone(g.members) {
		m.generalize(u, g)
	}
}

// spotsAre tells whether the spots of a template's slots are these.
func spotsAre(slots []slot, spots []int) bool {
	for i := range slots {
		if isSpot(slots, i) {
			if len(spots) == 0 || spots[0] != i {
				return false
			}
			spots = spots[1:]
		}
	}
	return len(spots) == 0
}

// add adds a member, and tells whether its values have made a spot variable. words is how
// many words all members have.
func (g *group) add(t *template, words int) (opened bool) {
	g.members = append(g.members, t)
	for i := range g.spots {
		sp := &g.spots[i]
		sl := &t.slots[sp.slot]
		if sp.open || sl.any() || slices.Contains(sp.values, sl.piece()) {
			continue
		}
		sp.values = append(sp.values, sl.piece())
		if sp.enough(words) {
			sp.open, sp.values, opened = true, nil, true
		}
	}
	return opened
}

// enough decides whether a spot's values make it variable.
func (sp *spot) enough(words int) bool {
	points := 0
	for _, v := range sp.values {
		switch {
		case v[0] == markVariable || v[0] == markWeak:
			points += elsePoints
		case isState(v):
			points += wordPoints / 2
		default:
			points += wordPoints
		}
	}
	need := needFor(words)
	if sp.slot > 0 {
		need /= 2
	}
	return len(sp.values) > 2 && points >= need
}

// isState tells words in capitals, which programs use for states: RUNNING, FAILED.
func isState(s string) bool {
	for i := range len(s) {
		if s[i] >= 'a' && s[i] <= 'z' || classes[s[i]]&(letter|hexes|under|dash) == 0 {
			return false
		}
	}
	return len(s) > 1
}

// generalize adds the template of which t is a part, where spots of its group are open.
func (m *Miner) generalize(t *template, g *group) {
	var slots []slot
	for _, sp := range g.spots {
		if sp.open && !t.slots[sp.slot].any() {
			if slots == nil {
				slots = slices.Clone(t.slots)
			}
			slots[sp.slot] = anything(&slots[sp.slot])
		}
	}
	if slots == nil {
		return
	}
	m.widen(skeleton(slots, -1), slots, t)
}
