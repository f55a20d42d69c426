package templates

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Miner finds the templates of messages, in one pass. Its methods must not be called by
// two goroutines at once.
type Miner struct {
	cfg    Config
	shapes map[uint64]*template // by id, a hash of the skeleton
	list   []*template          // by number; nil where there is none
	unused []uint32             // numbers
	// Most places and groups have one template, and nothing to tell beyond it: of those
	// it is the number that is kept, so that a miner takes little memory.
	sole      map[uint64]uint32 // by place
	places    map[uint64]*place // of several
	soleGroup map[uint64]uint32
	groups    map[uint64]*group
	open      node // templates in which words are variable
	// cache knows skeletons that are no templates; old is the generation before.
	cache, old map[string]*template

	key        []byte // scratch of eachPlace and groupOf
	spots      []int  // scratch of groupOf
	generation int    // how often words have become variable, or templates have gone
	gathered   int    // generation at which all templates had handed on what they know
	tick       int64
}

// New returns a Miner that knows nothing.
func New(cfg Config) *Miner {
	return &Miner{
		cfg:       cfg,
		shapes:    make(map[uint64]*template),
		sole:      make(map[uint64]uint32),
		places:    make(map[uint64]*place),
		soleGroup: make(map[uint64]uint32),
		groups:    make(map[uint64]*group),
		cache:     make(map[string]*template),
	}
}

// Add learns from a message and returns its template, which is never the zero Ref. The
// Scratch then holds the message's variables, see Variables.
func (m *Miner) Add(msg []byte, s *Scratch) Ref {
	s.scan(msg, m.cfg.MaxTokens)
	m.tick++
	t := m.known(s)
	if t == nil {
		t = m.learn(s)
	}
	t = m.final(t)
	t.observe(s)
	t.count++
	t.last = m.tick
	return Ref{t}
}

// Match returns the template of a message without learning: it is false where no known
// template fits. Nothing of the Miner's templates changes.
func (m *Miner) Match(msg []byte, s *Scratch) (Ref, bool) {
	s.scan(msg, m.cfg.MaxTokens)
	t := m.known(s)
	if t == nil {
		t = m.fit(s.slots(string(s.skel)))
	}
	if t == nil {
		return Ref{}, false
	}
	return Ref{m.final(t)}, true
}

// known returns the template that is remembered for the skeleton, or nil.
func (m *Miner) known(s *Scratch) *template {
	if t := m.shapes[xxhash.Sum64(s.skel)]; t != nil && t.skel == string(s.skel) {
		if t.foreign && !t.aligned(s) {
			m.remove(t)
			return nil
		}
		t.foreign = false
		return t
	}
	if t := m.cache[string(s.skel)]; t != nil {
		return t
	}
	t := m.old[string(s.skel)]
	if t != nil {
		m.remember(string(s.skel), t)
	}
	return t
}

func (m *Miner) remember(skel string, t *template) {
	if len(m.cache) >= m.cfg.MaxCache/2 {
		m.old, m.cache = m.cache, make(map[string]*template)
	}
	m.cache[skel] = t
}

// shape returns the template that has a skeleton, or nil.
func (m *Miner) shape(skel string) *template {
	if t := m.shapes[xxhash.Sum64String(skel)]; t != nil && t.skel == skel {
		return t
	}
	return nil
}

// slots returns the message's tokens as slots, until the next message. skel is s.skel.
func (s *Scratch) slots(skel string) []slot {
	s.room = s.room[:0]
	for i := range s.tokens {
		s.room = append(s.room, s.slot(&s.tokens[i], skel))
	}
	return s.room
}

// learn handles a skeleton that is not known.
func (m *Miner) learn(s *Scratch) *template {
	skel := string(s.skel)
	slots := s.slots(skel)
	if t := m.fit(slots); t != nil {
		m.remember(skel, t)
		return t
	}
	t := newTemplate(skel, slices.Clone(slots))
	m.insert(t)
	for len(m.shapes) >= m.cfg.MaxTemplates {
		m.evict(t)
	}
	return t
}

// searchBudget bounds the work for one message; no search over real logs comes near it.
const searchBudget = 2000

// fit returns the template in which words are variable that fits, or nil.
func (m *Miner) fit(slots []slot) *template {
	budget := searchBudget
	return m.open.search(slots, 0, nil, &budget)
}

// final returns the most general template of t's messages, and hands it what t knows.
func (m *Miner) final(t *template) *template {
	if t.checked == m.generation {
		return t.into
	}
	g := t
	for {
		budget := searchBudget
		up := m.open.search(g.slots, 0, g, &budget)
		if up == nil {
			break
		}
		g = up
	}
	t.fresh = t.fresh || t.into != g
	t.into, t.checked = g, m.generation
	if g != t {
		g.join(t)
		g.count += t.count
		g.last = max(g.last, t.last)
		t.count = 0
	}
	return g
}

// Template returns what is known of a template now: of the one that ref's template has
// become part of, where words have become variable since.
func (m *Miner) Template(ref Ref) (Template, bool) {
	if ref.t == nil {
		return Template{}, false
	}
	m.gather()
	return m.final(ref.t).public(), true
}

// ID returns the id that Template would give, and is made to be called for every message:
// it allocates nothing. The zero Ref has none.
func (m *Miner) ID(ref Ref) string {
	if ref.t == nil {
		return ""
	}
	return m.final(ref.t).name
}

// Lookup finds a template by its id, also by an id that it had before words became
// variable.
func (m *Miner) Lookup(id string) (Template, bool) {
	n, ok := parseID(id)
	if !ok {
		return Template{}, false
	}
	return m.Template(Ref{m.shapes[n]})
}

// Templates returns all templates that are not part of another, the most frequent first,
// then by id.
func (m *Miner) Templates() []Template {
	var out []Template
	for _, t := range m.live() {
		out = append(out, t.public())
	}
	slices.SortFunc(out, func(a, b Template) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// gather lets all templates hand on what they know to those that they are part of.
func (m *Miner) gather() {
	if m.gathered == m.generation {
		return
	}
	for _, t := range m.shapes {
		m.final(t)
	}
	m.gathered = m.generation
}

// live returns the templates that are not part of another.
func (m *Miner) live() []*template {
	m.gather()
	var out []*template
	for _, t := range m.shapes {
		if t.into == t {
			out = append(out, t)
		}
	}
	return out
}

// Len returns how many templates the miner holds, with those that are part of another. It
// is less than Config.MaxTemplates.
func (m *Miner) Len() int { return len(m.shapes) }
