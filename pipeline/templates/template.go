package templates

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Template is what a Miner knows of a template at one moment.
type Template struct {
	// ID is a hash of the template's constants: the same template has the same id in
	// every miner and after a restart. It does not change while the template is refined;
	// it does when a word becomes variable (the templates with that word are then one
	// template with a new id, and Lookup finds it by the old ones).
	ID string
	// Text is the template as people read it: Parts with Wildcard between them.
	Text string
	// Parts are the constants before, between and after the variables; white space in them
	// is one space. They are shared: not to be changed.
	Parts []string
	// Count is how many messages this miner has seen of it, by Add.
	Count int64
}

// Ref names a template of the Miner that returned it; it is comparable, and the zero Ref
// names none. It stays valid after merges and evictions.
type Ref struct{ t *template }

// template is a skeleton and what is known of its slots.
type template struct {
	skel  string
	id    uint64
	name  string // id as people see it
	slots []slot
	group uint64   // hash of its group, if it is in one
	watch []uint16 // slots that a message can change
	count int64
	last  int64 // tick of the last message
	// number is the template's place in Miner.list.
	number uint32
	// revision counts what was learned, from 1 on.
	revision uint32
	ready    bool // watch is built
	fresh    bool // changed since Changes saw it
	// shared: the slots are a Knowledge's, and are copied before they change.
	shared bool
	// foreign: of another miner, and no message has come yet that shows that it is sound.
	foreign bool

	into    *template // the most general template of these messages
	checked int       // generation of the miner at which into was found
}

func newTemplate(skel string, slots []slot) *template {
	t := &template{skel: skel, id: xxhash.Sum64String(skel), slots: slots, checked: -1, revision: 1, fresh: true}
	t.name = formatID(t.id)
	t.into = t
	return t
}

// formatID writes an id: 16 hexadecimal digits.
func formatID(id uint64) string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[i] = digits[id>>(60-4*i)&15]
	}
	return string(b[:])
}

func parseID(s string) (uint64, bool) {
	id, err := strconv.ParseUint(s, 16, 64)
	return id, err == nil && len(s) == 16
}

// observe learns from a message that has the template.
func (t *template) observe(s *Scratch) {
	if !t.ready {
		t.look()
	}
	for _, i := range t.watch {
		sl, k := &t.slots[i], &s.tokens[i]
		if sl.kind == variable && k.cutStart == k.cutEnd && k.unit == k.end && len(sl.text) == 0 && sl.knows&knowsFilled != 0 {
			continue
		}
		if news := sl.news(s, k); news != 0 {
			t.learn(int(i), news)
		}
	}
}

// look finds the slots that a message can change. A slot's number fits, see
// Config.Validate.
func (t *template) look() {
	n := 0
	for i := range t.slots {
		if !t.slots[i].settled() {
			n++
		}
	}
	if t.watch = t.watch[:0]; cap(t.watch) < n {
		t.watch = make([]uint16, 0, n)
	}
	for i := range t.slots {
		if !t.slots[i].settled() {
			t.watch = append(t.watch, uint16(i))
		}
	}
	t.ready = true
}

// learn takes over what is new of a slot.
func (t *template) learn(i int, news uint8) {
	if t.shared {
		t.slots, t.shared = slices.Clone(t.slots), false
	}
	t.slots[i].learn(news)
	t.ready, t.fresh = false, true
	t.revision++
}

// join learns what another template with as many slots knows.
func (t *template) join(o *template) {
	for i := range t.slots {
		if news := t.slots[i].newsOf(&o.slots[i]); news != 0 {
			t.learn(i, news)
		}
	}
}

func (t *template) public() Template {
	parts := render(t.slots)
	return Template{ID: t.name, Text: strings.Join(parts, Wildcard), Parts: parts, Count: t.count}
}
