package store

import (
	"strconv"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// What the index knows of a block.
//
// Terms, in Bleve. Field "w": the words of the lines that hold no digit, folded, and of
// the words with digits the parts between the digits, if they have minPart bytes or more
// and are not all of hexadecimal digits: so every such part of a word is a part of a term,
// and a search for it looks through the terms. Field "f": name, NUL, value of every field
// that has few values there.
//
// Keys, in the block's filter: the hash of every short word with a digit, the grams of every
// long one; those of parts of words with digits that are all of hexadecimal digits; the
// hash of every word longer than maxTerm; of every value of a field with many values.
//
// Where a block has more than the index takes, a marker says so and the block is never
// ruled out by what the marker stands for.
//
// (In segments of version 1 hexadecimal parts are terms, all words with digits have their
// hash, and the segment has a filter of its own.)
const (
	fieldWords  = "w"
	fieldValues = "f"

	// maxTerm is the length in bytes of the longest term.
	maxTerm = 64
	// minPart is the length in bytes of the shortest part of a word with digits that is a
	// term: shorter parts are in every block.
	minPart = 3
	// maxWords bounds the words of a block, maxValues the values of a field in it.
	maxWords  = 1 << 15
	maxValues = 48

	// Markers in field "w". A word holds no NUL.
	markLongWords = "\x00long" // some words are longer than maxTerm
	markManyWords = "\x00many" // more than maxWords: none is listed
	// markManyValues stands between name and nothing where a field has more values than are
	// listed; they are keys, and (but in version 1) none is listed.
	markManyValues = "\x01"
)

// FieldSeverity is the field under which the level is indexed, as its number.
const FieldSeverity = "severity_number"

// notIndexed are the fields that are not in the index: the first are known otherwise or
// are the line itself.
func notIndexed(canonical string) bool {
	switch canonical {
	case "timestamp", "observed_timestamp", "source", "body":
		return true
	}
	return false
}

// equalKey hashes a field's value so that values that a query calls equal have one key.
// scratch is used for what it has to write, and returned.
func equalKey(scratch []byte, name, value string) (uint64, []byte) {
	b := appendCanonical(append(append(scratch[:0], name...), 0), value)
	return xxhash.Sum64(b), b
}

// appendCanonical appends query.Canonical(value), which is the folded value where that is
// no number, without trying to read one where there is none.
func appendCanonical(b []byte, value string) []byte {
	whole, points := true, 0
	for i := range len(value) {
		switch c := value[i]; {
		case c-'0' < 10:
			continue
		case c == '.' && points == 0:
			points++
		case c != 'e' && c != 'E' && c != '+' && c != '-':
			return query.Fold(b, unsafe.Slice(unsafe.StringData(value), len(value)))
		}
		whole = false
	}
	if whole && len(value) <= 18 && (value[0] != '0' || len(value) == 1) {
		return append(b, value...)
	}
	return append(b, query.Canonical(value)...)
}

// collector gathers the terms and keys of blocks, one block after the other. It hands each
// term out as one string for all blocks of a segment.
type collector struct {
	words  interner
	values interner
	fields map[string]*fieldState

	attrs     []*fieldState // of the block, by number of their key; nil: not yet known
	last      lastFields    // of the block
	block     uint32        // number of the current block, from 1
	terms     []string
	used      []*fieldState // of the block
	manyWords bool
	longWords bool
	keys      keySet

	fold, term []byte
	yield      func(start, end int) bool // takes a word of fold
	gram       func(key uint64)          // takes a gram
}

// fieldState is a field of the block.
type fieldState struct {
	name   string
	block  uint32
	values []string // of this block, as terms
	many   bool
	last   string
}

func newCollector() *collector {
	c := &collector{fields: make(map[string]*fieldState)}
	c.yield = func(start, end int) bool {
		c.word(c.fold[start:end])
		return true
	}
	c.gram = func(key uint64) { c.keys.add(key) }
	return c
}

// reset forgets the segment.
func (c *collector) reset() {
	c.words.reset()
	c.values.reset()
	clear(c.fields)
	clear(c.used[:cap(c.used)])
	clear(c.attrs[:cap(c.attrs)])
	c.last = lastFields{}
	c.terms = nil
	c.block = 0
}

// start begins the next block.
func (c *collector) start() {
	c.block++
	c.terms, c.used = nil, c.used[:0]
	c.manyWords, c.longWords = false, false
	c.attrs = c.attrs[:0]
	c.last = lastFields{}
	c.keys.reset()
}

// text takes the words of a text. A folded text has the folded words of the text, and one
// long fold is cheaper.
func (c *collector) text(b []byte) {
	c.fold = query.Fold(c.fold[:0], b)
	query.Words(c.fold, c.yield)
}

// lines takes the words of lines, and returns the lines encoded.
func (c *collector) lines(w *lineWriter) (text, choices, packed []byte) {
	text, choices, packed = w.encode(c.slots)
	for i := range w.patterns {
		c.text(w.texts[w.patterns[i].start:w.patterns[i].end])
	}
	return text, choices, packed
}

// slots takes the words that were taken out of lines of one pattern.
func (c *collector) slots(kind slotKind, words [][]byte) {
	for _, w := range words {
		switch kind {
		case slotDigits: // folded, and without parts
			wordKeys(w, c.gram)
		case slotText:
			c.text(w)
		default:
			c.fold = query.Fold(c.fold[:0], w)
			c.word(c.fold)
		}
	}
}

// lastFields are the fields of a block's last event that seldom differ from the event's
// before.
type lastFields struct {
	severity                            pipeline.Severity
	service, host, path, trace, spanned string
}

// common takes the fields of an event that are in no layout.
func (c *collector) common(e *pipeline.Event) {
	last := &c.last
	if e.Severity != last.severity {
		last.severity = e.Severity
		if e.Severity != 0 {
			c.field(FieldSeverity, severityName(e.Severity))
		}
	}
	if e.Service != last.service {
		last.service = e.Service
		c.field("service.name", e.Service)
	}
	if e.Host != last.host {
		last.host = e.Host
		c.field("host.name", e.Host)
	}
	if e.Path != last.path {
		last.path = e.Path
		c.field("log.file.path", e.Path)
	}
	if e.TraceID != last.trace {
		last.trace = e.TraceID
		c.field("trace_id", e.TraceID)
	}
	if e.SpanID != last.spanned {
		last.spanned = e.SpanID
		c.field("span_id", e.SpanID)
	}
}

// layout takes the fields that all rows of a layout have.
func (c *collector) layout(l *layout) {
	c.field("template", l.template)
	c.field("error.class", l.class)
}

// attr takes an attribute: the number of its key in the block, its name and value.
func (c *collector) attr(key int, name, value string) {
	for len(c.attrs) <= key {
		c.attrs = append(c.attrs, nil)
	}
	if value == "" {
		return
	}
	s := c.attrs[key]
	if s == nil {
		if reserved(name) {
			return
		}
		s = c.fieldOf(name)
		c.attrs[key] = s
	}
	c.value(s, value)
}

// event takes all fields of an event.
func (c *collector) event(e *pipeline.Event) {
	c.common(e)
	c.field("template", e.Template)
	c.field("error.class", e.ErrorClass)
	for i := range e.Attrs {
		if a := &e.Attrs[i]; !reserved(a.Key) {
			c.field(a.Key, a.Value)
		}
	}
}

// reserved are names that an attribute cannot be found by, see pipeline.Event.Field.
func reserved(name string) bool {
	switch name {
	case "severity_text", "severity_number", "service.name", "host.name", "log.file.path", "trace_id",
		"span_id", "template", "error.class", "timestamp", "observed_timestamp", "source", "body":
		return true
	}
	return false
}

var severityNames = func() (names [256]string) {
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}()

func severityName(s pipeline.Severity) string { return severityNames[s] }

// word takes one word of a line, folded.
func (c *collector) word(f []byte) {
	digit := -1
	for i, b := range f {
		if b-'0' < 10 {
			digit = i
			break
		}
	}
	if digit < 0 {
		c.part(f)
		return
	}
	wordKeys(f, c.gram)
	start := 0
	for i := digit; ; i++ {
		if i == len(f) || f[i]-'0' < 10 {
			switch p := f[start:i]; {
			case len(p) < minPart:
			case allHex(p):
				hexGrams(p, c.gram)
			default:
				c.part(p)
			}
			start = i + 1
		}
		if i == len(f) {
			return
		}
	}
}

func (c *collector) part(p []byte) {
	if len(p) > maxTerm {
		c.longWords = true
		c.keys.add(xxhash.Sum64(p))
		return
	}
	if c.manyWords {
		return
	}
	if term, fresh := c.words.intern(p, c.block); fresh {
		if len(c.terms) == maxWords {
			c.manyWords = true
			c.terms = nil
			return
		}
		c.terms = append(c.terms, term)
	}
}

// field takes one field of an event.
func (c *collector) field(name, value string) {
	if value != "" {
		c.value(c.fieldOf(name), value)
	}
}

// fieldOf returns what is known of a field in the block.
func (c *collector) fieldOf(name string) *fieldState {
	s := c.fields[name]
	if s == nil {
		s = &fieldState{name: name}
		c.fields[name] = s
	}
	if s.block != c.block {
		s.block, s.many, s.last, s.values = c.block, false, "", s.values[:0]
		c.used = append(c.used, s)
	}
	return s
}

// value takes a value of a field.
func (c *collector) value(s *fieldState, value string) {
	if s.last == value {
		return
	}
	s.last = value
	if !s.many {
		if len(value) <= maxTerm {
			c.term = append(append(append(c.term[:0], s.name...), 0), value...)
			term, fresh := c.values.intern(c.term, c.block)
			if !fresh {
				return
			}
			if len(s.values) < maxValues {
				s.values = append(s.values, term)
				return
			}
		}
		s.many = true
		for _, t := range s.values {
			c.valueKey(s.name, t[len(s.name)+1:])
		}
	}
	c.valueKey(s.name, value)
}

// valueKey takes a value of a field that has many.
func (c *collector) valueKey(name, value string) {
	var h uint64
	h, c.term = equalKey(c.term, name, value)
	c.keys.add(h)
}

// finish returns the block's terms; its keys are in keys.
func (c *collector) finish() blockTerms {
	t := blockTerms{words: c.terms}
	if c.manyWords {
		t.words = append(t.words, markManyWords)
	}
	if c.longWords {
		t.words = append(t.words, markLongWords)
	}
	for _, s := range c.used {
		if s.many {
			t.values = append(t.values, s.name+markManyValues)
		} else {
			t.values = append(t.values, s.values...)
		}
	}
	return t
}
