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

// groupOf returns the group of a template, where it has one, with what all its members
// have in common. Where there is one spot only, a place does the same.
func (m *Miner) groupOf(t *template) (hash uint64, spots []spot, common []slot) {
	for i := range t.slots {
		if isSpot(t.slots, i) {
			spots = append(spots, spot{slot: i})
		}
	}
	if len(spots) < 2 {
		return 0, nil, nil
	}
	common = slices.Clone(t.slots)
	for _, sp := range spots {
		common[sp.slot] = anything(&common[sp.slot])
	}
	if context(common, -1) == 0 {
		return 0, nil, nil
	}
	hash = xxhash.Sum64String(skeleton(common, -1))
	for _, sp := range spots {
		hash = placeOf(sp.slot, hash*31)
	}
	return hash, spots, common
}

// anything is a slot as sl in which any word fits.
func anything(sl *slot) slot { return slot{any: true, kind: word, flags: sl.flags & spaced} }

// group makes t a member of its group, and makes variable the spots that have shown enough
// values.
func (m *Miner) group(t *template) {
	hash, spots, common := m.groupOf(t)
	if spots == nil {
		return
	}
	g := m.groups[hash]
	if g == nil {
		g = &group{spots: spots}
		m.groups[hash] = g
	} else if !slices.EqualFunc(g.spots, spots, func(a, b spot) bool { return a.slot == b.slot }) {
		return // two keys have met in one hash
	}
	t.group = hash
	g.members = append(g.members, t)
	opened := false
	for i := range g.spots {
		sp := &g.spots[i]
		sl := &t.slots[sp.slot]
		if sp.open || sl.any || slices.Contains(sp.values, sl.piece()) {
			continue
		}
		sp.values = append(sp.values, sl.piece())
		if sp.enough(common) {
			sp.open, sp.values, opened = true, nil, true
		}
	}
	if !opened {
		m.generalize(t, g)
		return
	}
	for _, u := range slices.Clone(g.members) {
		m.generalize(u, g)
	}
}

// enough decides whether a spot's values make it variable.
func (sp *spot) enough(common []slot) bool {
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
	need := needFor(context(common, -1))
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
		if sp.open && !t.slots[sp.slot].any {
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
