package templates

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Entry is what one miner knows of one template, in a form that can be stored, sent as
// JSON and merged into other miners. Entries with one id can be merged in any order.
type Entry struct {
	ID       string `json:"id"`
	Template string `json:"template"`
	// Count is how many messages of the template the exporting miner has seen. Merge
	// leaves it alone: counts of several miners are to be added up by who keeps them apart.
	Count int64 `json:"count"`
	// Part is the id of the template that this one has become part of, or empty.
	Part  string      `json:"part_of,omitempty"`
	Slots []EntrySlot `json:"slots"`
}

// EntrySlot is a slot of an Entry. Its fields are the miner's own: they are there to be
// handed to Merge.
type EntrySlot struct {
	Kind   uint8  `json:"k"`
	Flags  uint8  `json:"f,omitempty"`
	Prefix int32  `json:"p,omitempty"`
	Text   []byte `json:"t,omitempty"`
	Seps   []byte `json:"l,omitempty"`
	Unit   []byte `json:"u,omitempty"`
	Knows  uint8  `json:"v,omitempty"`
}

// Bits of EntrySlot.Knows.
const (
	knowsAny = 1 << iota
	knowsVaries
	knowsUnits
	knowsFilled
)

// Export returns the miner's knowledge, ordered by id. It is bounded by
// Config.MaxTemplates.
func (m *Miner) Export() []Entry {
	m.gather()
	out := make([]Entry, 0, len(m.shapes))
	for _, t := range m.shapes {
		out = append(out, m.entry(t))
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Changes returns the entries of Export that are new or hold new knowledge since the last
// call (a higher count alone is none), ordered by id: what a miner has to tell the others.
func (m *Miner) Changes() []Entry {
	m.gather()
	var out []Entry
	for _, t := range m.shapes {
		if t.fresh {
			t.fresh = false
			out = append(out, m.entry(t))
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Entry returns the miner's knowledge of one template: ref's own, even where it has
// become part of another.
func (m *Miner) Entry(ref Ref) (Entry, bool) {
	if ref.t == nil {
		return Entry{}, false
	}
	return m.entry(ref.t), true
}

func (m *Miner) entry(t *template) Entry {
	p := t.public()
	e := Entry{ID: p.ID, Template: p.Text, Count: t.count, Slots: make([]EntrySlot, len(t.slots))}
	if into := m.final(t); into != t {
		e.Part = into.name
	}
	for i := range t.slots {
		e.Slots[i] = t.slots[i].entry()
	}
	return e
}

func (sl *slot) entry() EntrySlot {
	e := EntrySlot{
		Kind: uint8(sl.kind), Flags: sl.flags, Prefix: sl.pre,
		Text: []byte(sl.text), Seps: []byte(sl.seps), Unit: []byte(sl.unit),
	}
	for _, k := range []struct {
		bit uint8
		set bool
	}{{knowsAny, sl.any}, {knowsVaries, sl.varies}, {knowsUnits, sl.units}, {knowsFilled, sl.filled}} {
		if k.set {
			e.Knows |= k.bit
		}
	}
	return e
}

func (e EntrySlot) slot() slot {
	return slot{
		kind: kind(e.Kind), flags: e.Flags, pre: e.Prefix,
		text: string(e.Text), seps: string(e.Seps), unit: string(e.Unit),
		any: e.Knows&knowsAny != 0, varies: e.Knows&knowsVaries != 0,
		units: e.Knows&knowsUnits != 0, filled: e.Knows&knowsFilled != 0,
	}
}

// Merge learns what other miners know; Counts stay as they are. It takes every entry that
// is whole, and reports those that are not. Merging is commutative, associative and
// idempotent while Config.MaxTemplates is not reached; beyond, the rarest go.
func (m *Miner) Merge(entries []Entry) error {
	var faults []error
	all := make(map[string][]*template)
	for _, e := range entries {
		t, err := e.read(m.cfg)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		all[t.skel] = append(all[t.skel], t)
	}
	for _, skel := range slices.Sorted(maps.Keys(all)) {
		for _, t := range all[skel] {
			if known := m.shapes[skel]; known != nil && !known.alike(t) {
				faults = append(faults, fmt.Errorf("template %.16q: other slots than those known", t.name))
				continue
			}
			m.merge(t)
		}
	}
	m.gathered = -1
	for len(m.shapes) >= m.cfg.MaxTemplates {
		m.evict(nil)
	}
	return errors.Join(faults...)
}

func (m *Miner) merge(t *template) {
	if known := m.shapes[t.skel]; known != nil {
		known.join(t)
		if known.into != known { // hand it on
			known.checked = -1
			m.final(known)
		}
		return
	}
	m.insert(t)
	if t.opened() {
		m.open.insert(t)
		m.generation++
	}
}

// alike tells whether two templates have the same slots, whatever is known of them.
func (t *template) alike(o *template) bool {
	return slices.EqualFunc(t.slots, o.slots, func(a, b slot) bool {
		return a.kind == b.kind && a.any == b.any && a.piece() == b.piece()
	})
}

// opened tells whether a word of the template is variable.
func (t *template) opened() bool {
	return slices.ContainsFunc(t.slots, func(sl slot) bool { return sl.any })
}

// read checks an entry, which may come from anywhere.
func (e Entry) read(cfg Config) (*template, error) {
	if len(e.Slots) > cfg.MaxTokens+1 {
		return nil, fmt.Errorf("template %.16q: has %d slots, expected at most %d", e.ID, len(e.Slots), cfg.MaxTokens+1)
	}
	slots := make([]slot, len(e.Slots))
	for i, es := range e.Slots {
		if !es.whole() {
			return nil, fmt.Errorf("template %.16q: slot %d is damaged", e.ID, i)
		}
		slots[i] = es.slot()
	}
	t := newTemplate(skeleton(slots, -1), slots)
	if t.name != e.ID {
		return nil, fmt.Errorf("template %.16q: the slots have id %s", e.ID, t.name)
	}
	t.foreign = !t.opened()
	return t, nil
}

// whole tells whether the slot could be of a miner.
func (e EntrySlot) whole() bool {
	varies := e.Knows&knowsVaries != 0
	switch {
	case len(e.Text) > longest, len(e.Seps) > longest, len(e.Unit) > longest, e.Flags&^(spaced|joined) != 0,
		e.Prefix != 0 && kind(e.Kind) != stem, len(bytes.Trim(e.Seps, string([]byte{sepSpace, sepComma, sepCommaSpace}))) > 0:
		return false
	case e.Knows&knowsAny != 0:
		return kind(e.Kind) == word && len(e.Text) == 0
	}
	switch kind(e.Kind) {
	case punct, word, name:
		return len(e.Text) > 0 && maskOf(e.Text)&(control|space) == 0
	case stem:
		return maskOf(e.Text)&(control|space) == 0 && e.Prefix > 0 &&
			(varies && int(e.Prefix) == len(e.Text) || !varies && int(e.Prefix) < len(e.Text) && e.Flags&joined == 0)
	case weak, variable:
		return true
	}
	return false
}

// aligned tells whether the slots of a template of another miner are the tokens of a
// message with the same skeleton.
func (t *template) aligned(s *Scratch) bool {
	if len(t.slots) != len(s.tokens) {
		return false
	}
	for i := range t.slots {
		if k := &s.tokens[i]; t.slots[i].kind != k.kind || t.slots[i].piece() != string(s.skel[k.skelStart:k.skelEnd]) {
			return false
		}
	}
	return true
}
