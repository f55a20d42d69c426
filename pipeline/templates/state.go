package templates

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
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

// Revision is a number that grows whenever the miner learns something of ref's own
// template: what Entry returns, but for Count and Part, is the same until then. The zero
// Ref has 0, all others more.
func (m *Miner) Revision(ref Ref) uint32 {
	if ref.t == nil {
		return 0
	}
	return ref.t.revision
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
	e := EntrySlot{Kind: uint8(sl.kind), Flags: sl.flags, Knows: sl.knows}
	if sl.kind == variable {
		e.Seps, e.Unit = []byte(sl.list()), []byte(sl.unit())
	} else {
		e.Prefix, e.Text = sl.pre, []byte(sl.text)
	}
	return e
}

func (e *EntrySlot) slot() slot {
	sl := slot{kind: kind(e.Kind), flags: e.Flags}
	if sl.kind == variable {
		sl.knows = e.Knows & (knowsVaries | knowsUnits | knowsFilled)
		if sl.knows&knowsVaries == 0 {
			sl.text, sl.pre = string(e.Seps), int32(len(e.Seps))
		}
		if sl.knows&knowsUnits == 0 {
			sl.text += string(e.Unit)
		}
		return sl
	}
	sl.knows = e.Knows & (knowsAny | knowsVaries)
	sl.pre, sl.text = e.Prefix, string(e.Text)
	return sl
}

// Knowledge is an Entry that was found to be whole, for any number of miners: they share
// its memory. It does not change.
type Knowledge struct {
	skel  string
	id    uint64
	name  string
	slots []slot
}

// Knowledge returns what the miner knows of ref's own template now, without a copy: it is
// the one that Entry's is. The zero Ref has none.
func (m *Miner) Knowledge(ref Ref) *Knowledge {
	t := ref.t
	if t == nil {
		return nil
	}
	t.shared = true
	return &Knowledge{skel: t.skel, id: t.id, name: t.name, slots: t.slots}
}

// ID is the template's id.
func (k *Knowledge) ID() string { return k.name }

// Covers tells whether k knows of its template all that o does: who learns k need not
// learn o. Of another template it knows nothing.
func (k *Knowledge) Covers(o *Knowledge) bool {
	if k.skel != o.skel || len(k.slots) != len(o.slots) {
		return false
	}
	for i := range k.slots {
		if a, b := &k.slots[i], &o.slots[i]; a.kind != b.kind || a.flags != b.flags || a.newsOf(b) != 0 {
			return false
		}
	}
	return true
}

// Merge learns what other miners know; Counts stay as they are. It takes every entry that
// is whole, and reports those that are not. Merging is commutative, associative and
// idempotent while Config.MaxTemplates is not reached; beyond, the rarest go.
func (m *Miner) Merge(entries []Entry) error {
	var faults []error
	known := make([]*Knowledge, 0, len(entries))
	for i := range entries {
		k, err := entries[i].Knowledge(m.cfg)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		known = append(known, k)
	}
	return errors.Join(errors.Join(faults...), m.Learn(known))
}

// Learn is Merge for what was read from entries before.
func (m *Miner) Learn(known []*Knowledge) error {
	var faults []error
	known = slices.Clone(known)
	slices.SortFunc(known, func(a, b *Knowledge) int { return strings.Compare(a.skel, b.skel) })
	for _, k := range known {
		if err := m.learnOf(k); err != nil {
			faults = append(faults, err)
		}
	}
	m.gathered = -1
	for len(m.shapes) >= m.cfg.MaxTemplates {
		m.evict(nil)
	}
	return errors.Join(faults...)
}

func (m *Miner) learnOf(k *Knowledge) error {
	o := template{skel: k.skel, id: k.id, name: k.name, slots: k.slots, shared: true, revision: 1, checked: -1, fresh: true}
	known := m.shape(k.skel)
	if known == nil {
		t := &o
		t.into = t
		opened := t.opened()
		t.foreign = !opened
		m.insert(t)
		if opened {
			m.open.insert(t)
			m.generation++
		}
		return nil
	}
	if !known.alike(&o) {
		return fmt.Errorf("template %.16q: other slots than those known", k.name)
	}
	known.join(&o)
	known.adopt(k)
	if known.into != known { // hand it on
		known.checked = -1
		m.final(known)
	}
	return nil
}

// Share lets the miner's template, where it has one that is as k says, share k's memory.
// It learns nothing.
func (m *Miner) Share(k *Knowledge) {
	if t := m.shape(k.skel); t != nil {
		t.adopt(k)
	}
}

// adopt lets a template that knows no more than k share its memory.
func (t *template) adopt(k *Knowledge) {
	if !t.shared && slices.Equal(t.slots, k.slots) {
		t.skel, t.name, t.slots, t.shared = k.skel, k.name, k.slots, true
	}
}

// alike tells whether two templates have the same slots, whatever is known of them.
func (t *template) alike(o *template) bool {
	return slices.EqualFunc(t.slots, o.slots, func(a, b slot) bool {
		return a.kind == b.kind && a.any() == b.any() && a.piece() == b.piece()
	})
}

// opened tells whether a word of the template is variable.
func (t *template) opened() bool {
	return slices.ContainsFunc(t.slots, func(sl slot) bool { return sl.any() })
}

// Knowledge checks an entry, which may come from anywhere, against the bounds of a miner.
func (e *Entry) Knowledge(cfg Config) (*Knowledge, error) {
	if len(e.Slots) > cfg.MaxTokens+1 {
		return nil, fmt.Errorf("template %.16q: has %d slots, expected at most %d", e.ID, len(e.Slots), cfg.MaxTokens+1)
	}
	slots := make([]slot, len(e.Slots))
	for i := range e.Slots {
		if !e.Slots[i].whole() {
			return nil, fmt.Errorf("template %.16q: slot %d is damaged", e.ID, i)
		}
		slots[i] = e.Slots[i].slot()
	}
	k := &Knowledge{skel: skeleton(slots, -1), slots: slots}
	k.id = xxhash.Sum64String(k.skel)
	if k.name = formatID(k.id); k.name != e.ID {
		return nil, fmt.Errorf("template %.16q: the slots have id %s", e.ID, k.name)
	}
	at := 0
	for i := range slots { // constants are parts of the skeleton
		sl := &slots[i]
		if i > 0 && sl.flags&spaced != 0 {
			at++
		}
		n := sl.pieceLen()
		switch {
		case sl.kind == stem && sl.varies():
			sl.text = k.skel[at : at+n-1]
		case !sl.any() && sl.kind < stem:
			sl.text = k.skel[at : at+n]
		}
		at += n
	}
	return k, nil
}

// whole tells whether the slot could be of a miner.
func (e *EntrySlot) whole() bool {
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
