package templates

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// evict removes an eighth of the templates, but not keep: those that are part of another
// first, then the rarest, of these the longest unseen.
func (m *Miner) evict(keep *template) {
	all := make([]*template, 0, len(m.shapes))
	m.gather()
	for _, t := range m.shapes {
		if t != keep {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *template) int {
		switch {
		case a.count != b.count:
			return cmp.Compare(a.count, b.count)
		case a.last != b.last:
			return cmp.Compare(a.last, b.last)
		}
		return strings.Compare(a.skel, b.skel)
	})
	for _, t := range all[:(len(all)+7)/8] {
		m.remove(t)
	}
	m.cache, m.old = make(map[string]*template), nil
}

func (m *Miner) remove(t *template) {
	delete(m.shapes, t.id)
	m.list[t.number] = nil
	m.unused = append(m.unused, t.number)
	m.eachPlace(t, func(_ int, hash uint64) {
		if n, ok := m.sole[hash]; ok && n == t.number {
			delete(m.sole, hash)
			return
		}
		p := m.places[hash]
		if p == nil {
			return
		}
		if n := slices.Index(p.members, t); n >= 0 {
			p.members = slices.Delete(p.members, n, n+1)
		}
		if len(p.members) == 0 {
			delete(m.places, hash)
		}
	})
	if n, ok := m.soleGroup[t.group]; ok && n == t.number {
		delete(m.soleGroup, t.group)
	} else if g := m.groups[t.group]; g != nil {
		if n := slices.Index(g.members, t); n >= 0 {
			g.members = slices.Delete(g.members, n, n+1)
		}
		if len(g.members) == 0 {
			delete(m.groups, t.group)
		}
	}
	if !t.opened() {
		return
	}
	m.open.remove(t, 0)
	m.generation++
	key := xxhash.Sum64String(t.skel)
	for i := range t.slots {
		if p := m.places[placeOf(i, key)]; p != nil && p.open == t {
			p.open = nil
		}
	}
}
