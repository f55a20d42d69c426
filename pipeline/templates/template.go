package templates

import (
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
	watch []int32  // slots that a message can change
	parts []string // rendered, or nil
	text  string
	count int64
	last  int64 // tick of the last message
	ready bool  // watch is built
	fresh bool  // changed since Changes saw it
	// foreign: of another miner, and no message has come yet that shows that it is sound.
	foreign bool

	into    *template // the most general template of these messages
	checked int       // generation of the miner at which into was found
}

func newTemplate(skel string, slots []slot) *template {
	t := &template{skel: skel, id: xxhash.Sum64String(skel), slots: slots, checked: -1, fresh: true}
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
		t.watch, t.ready = t.watch[:0], true
		for i := range t.slots {
			if !t.slots[i].settled() {
				t.watch = append(t.watch, int32(i))
			}
		}
	}
	for _, i := range t.watch {
		sl, k := &t.slots[i], &s.tokens[i]
		if sl.kind == variable && k.cutStart == k.cutEnd && k.unit == k.end && sl.seps == "" && sl.unit == "" && sl.filled {
			continue
		}
		if sl.observe(s, k) {
			t.parts, t.ready, t.fresh = nil, false, true
		}
	}
}

// join learns what another template with as many slots knows.
func (t *template) join(o *template) {
	for i := range t.slots {
		if t.slots[i].join(&o.slots[i]) {
			t.parts, t.ready, t.fresh = nil, false, true
		}
	}
}

func (t *template) public() Template {
	if t.parts == nil {
		t.parts = render(t.slots)
		t.text = strings.Join(t.parts, Wildcard)
	}
	return Template{ID: t.name, Text: t.text, Parts: t.parts, Count: t.count}
}
