package templates

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// place is one slot of templates that differ in that slot alone. When it has shown enough
// values it is open: any value fits.
type place struct {
	members []*template
	open    *template
}

// insert adds a template, and those that follow when words become variable. The outcome
// depends on the set of templates alone, not on their order.
func (m *Miner) insert(t *template) {
	m.enter(t)
	var opening []int
	m.eachPlace(t, func(i int, hash uint64) {
		p := m.places[hash]
		if p == nil {
			first, ok := m.sole[hash]
			if !ok {
				m.sole[hash] = t.number
				return
			}
			delete(m.sole, hash)
			p = &place{members: []*template{m.list[first]}}
			m.places[hash] = p
		}
		p.members = append(p.members, t)
		if p.open == nil && p.opens(i) {
			opening = append(opening, i)
		}
	})
	for _, i := range opening {
		key := skeleton(t.slots, i)
		if p := m.places[placeOf(i, xxhash.Sum64String(key))]; p.open == nil && p.agree(i, key) {
			m.openPlace(p, i, key)
		}
	}
	m.group(t)
}

// enter gives a template its number and makes it known by its skeleton. Should two
// skeletons meet in one hash, and so in one id, the first is forgotten.
func (m *Miner) enter(t *template) {
	if other := m.shapes[t.id]; other != nil {
		m.remove(other)
		m.cache, m.old = make(map[string]*template), nil
	}
	m.shapes[t.id] = t
	if n := len(m.unused); n > 0 {
		t.number, m.unused = m.unused[n-1], m.unused[:n-1]
		m.list[t.number] = t
		return
	}
	t.number = uint32(len(m.list))
	m.list = append(m.list, t)
}

// placeOf makes a place's hash of its slot and of the hash of its key: templates that have
// one key in different slots, as other words of theirs are variable, share no place.
func placeOf(i int, key uint64) uint64 { return key + uint64(i+1)*0x9e3779b97f4a7c15 }

// eachPlace calls do with the hash of every place that t is a member of: of its skeleton
// with any word in slot i. Where no other word is left the place can never open: it is
// none.
func (m *Miner) eachPlace(t *template, do func(i int, hash uint64)) {
	words := context(t.slots, -1)
	at := 0
	for i := range t.slots {
		sl := &t.slots[i]
		if i > 0 && sl.flags&spaced != 0 {
			at++
		}
		n := sl.pieceLen()
		if sl.kind != punct && !sl.any() && (words > 1 || words == 1 && !sl.isWord()) {
			m.key = append(append(append(m.key[:0], t.skel[:at]...), markAny), t.skel[at+n:]...)
			do(i, placeOf(i, xxhash.Sum64(m.key)))
		}
		at += n
	}
}

func (m *Miner) openPlace(p *place, i int, key string) {
	slots := slices.Clone(p.members[0].slots)
	slots[i] = anything(&slots[i])
	p.open = m.widen(key, slots, p.members...)
}

// widen returns the template with a skeleton and its slots, added if it is new, of which
// parts have become a part. Words in it are variable.
func (m *Miner) widen(key string, slots []slot, parts ...*template) *template {
	g := m.shape(key)
	known := g != nil
	if !known {
		g = newTemplate(key, slots)
	}
	for _, t := range parts {
		g.join(t)
	}
	if !known {
		m.generation++
		m.open.insert(g)
		m.insert(g)
	}
	return g
}

// agree makes sure that no two keys have met in one hash.
func (p *place) agree(i int, key string) bool {
	for _, t := range p.members {
		if i >= len(t.slots) || skeleton(t.slots, i) != key {
			return false
		}
	}
	return true
}

// What a value says for its place being variable, in points, and how many points it
// takes: more where the template has fewer other words, for then the words that differ
// are what it is about.
const (
	wordPoints = 2
	namePoints = 6
	stemPoints = 3
	elsePoints = 6
)

// context is how many words slots have, but for slot except.
func context(slots []slot, except int) (n int) {
	for i := range slots {
		if i != except && slots[i].isWord() {
			n++
		}
	}
	return n
}

// isWord tells whether the slot is a word that is constant.
func (sl *slot) isWord() bool { return (sl.kind == word || sl.kind == name) && !sl.any() }

// needFor is how many points open a slot, where the template has so many other words.
func needFor(words int) int {
	switch words {
	case 1, 2:
		return 14
	case 3:
		return 12
	}
	return 10
}

// need is how many points open slot i.
func (p *place) need(i int) int {
	slots := p.members[0].slots
	need := needFor(context(slots, i))
	switch {
	case i == 0:
		return 2 * need
	case slots[i-1].kind == word && isRole(slots[i-1].text), isQuoted(slots, i), isEnclosed(slots, i) && len(p.members) > 2:
		return need / 2
	}
	return need
}

// opens decides whether the values of slot i make it variable.
func (p *place) opens(i int) bool {
	points := 0
	for _, t := range p.members {
		if i >= len(t.slots) {
			return false
		}
		switch t.slots[i].kind {
		case word:
			points += wordPoints
		case name:
			points += namePoints
		case stem:
			points += stemPoints
		default:
			points += elsePoints
		}
	}
	return points >= p.need(i)
}

// isRole tells the words after which a name stands.
func isRole(s string) bool {
	switch strings.ToLower(s) {
	case "user", "username", "host", "hostname":
		return true
	}
	return false
}

func isQuoted(slots []slot, i int) bool {
	if i+1 >= len(slots) || slots[i-1].kind != punct {
		return false
	}
	q := slots[i-1].text
	return (q == "'" || q == `"`) && slots[i+1].text == q
}
