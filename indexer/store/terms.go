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
// the words with digits the parts between the digits, if they have minPart bytes or more:
// so every word's digit-free parts are terms, and a search for a part of a word looks
// through the terms. Field "f": name, NUL, value of every field that has few values there.
//
// Keys, in the block's filter: the hash of every word with a digit, and of its grams; of
// every word longer than maxTerm; of every value of a field with many values. The filter
// of the segment has all of them but the grams.
//
// Where a block has more than the index takes, a marker says so and the block is never
// ruled out by what the marker stands for.
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
	maxValues = 128

	// Markers in field "w". A word holds no NUL.
	markLongWords = "\x00long" // some words are longer than maxTerm
	markManyWords = "\x00many" // more than maxWords: none is listed
	// markManyValues stands between name and nothing where a field has other values than
	// those listed; they are keys.
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
	b := append(append(scratch[:0], name...), 0)
	if c := value[0]; c-'0' < 10 || c == '+' || c == '-' || c == '.' {
		b = append(b, query.Canonical(value)...)
	} else { // no number: its canonical form is its folded form
		b = query.Fold(b, unsafe.Slice(unsafe.StringData(value), len(value)))
	}
	return xxhash.Sum64(b), b
}

// collector gathers the terms and keys of blocks, one block after the other, and of the
// segment they make. It hands each term out as one string for all blocks of a segment.
type collector struct {
	words  interner
	values interner
	fields map[string]*fieldState

	block     uint32 // number of the current block, from 1
	terms     []string
	fieldTerm []string
	manyWords bool
	longWords bool
	keys      keySet
	all       keySet // of the segment

	fold, term []byte
	yield      func(start, end int) bool // takes a word of fold
	gram       func(key uint64)          // takes a gram
}

type fieldState struct {
	name   string
	block  uint32
	values []string // of this block
	many   bool
	last   string
}

func newCollector() *collector {
	c := &collector{fields: make(map[string]*fieldState)}
	c.yield = func(start, end int) bool {
		c.word(c.fold[start:end])
		return true
	}
	c.gram = func(key uint64) { c.keys.add(key) } // of the block only: in a segment they are dense
	return c
}

// reset forgets the segment.
func (c *collector) reset() {
	c.words.reset()
	c.values.reset()
	clear(c.fields)
	c.all.reset()
	c.block = 0
}

// start begins the next block.
func (c *collector) start() {
	c.block++
	c.terms, c.fieldTerm = nil, nil
	c.manyWords, c.longWords = false, false
	c.keys.reset()
}

// add takes a line; continues says that it goes on with the event of the line before, whose
// fields it has. The words of an event are those of its lines: no word holds a line feed.
func (c *collector) add(e *pipeline.Event, continues bool) {
	// A folded line has the folded words of the line, and one long fold is cheaper.
	c.fold = query.Fold(c.fold[:0], e.Body)
	query.Words(c.fold, c.yield)
	if continues {
		return
	}
	if e.Severity != 0 {
		c.field(FieldSeverity, severityName(e.Severity))
	}
	c.field("service.name", e.Service)
	c.field("host.name", e.Host)
	c.field("log.file.path", e.Path)
	c.field("trace_id", e.TraceID)
	c.field("span_id", e.SpanID)
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
	if c.key(xxhash.Sum64(f)) && len(f) >= gramMin {
		if len(f) <= gramMax {
			grams(f, c.gram)
		} else {
			c.gram(noGrams)
		}
	}
	start := 0
	for i := digit; ; i++ {
		if i == len(f) || f[i]-'0' < 10 {
			if i-start >= minPart {
				c.part(f[start:i])
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
		c.key(xxhash.Sum64(p))
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

// key takes a key of the block, and reports whether it is new.
func (c *collector) key(h uint64) bool {
	if !c.keys.add(h) {
		return false
	}
	c.all.add(h)
	return true
}

// field takes one field of a line.
func (c *collector) field(name, value string) {
	if value == "" {
		return
	}
	s := c.fields[name]
	if s == nil {
		s = &fieldState{name: name}
		c.fields[name] = s
	}
	if s.block != c.block {
		s.block, s.many, s.last, s.values = c.block, false, "", s.values[:0]
	}
	if s.last == value {
		return
	}
	s.last = value
	if !s.many {
		if len(value) <= maxTerm {
			c.term = append(append(append(c.term[:0], name...), 0), value...)
			term, fresh := c.values.intern(c.term, c.block)
			if !fresh {
				return
			}
			if len(s.values) < maxValues {
				s.values = append(s.values, value)
				c.fieldTerm = append(c.fieldTerm, term)
				return
			}
		}
		s.many = true
		c.fieldTerm = append(c.fieldTerm, name+markManyValues)
	}
	var h uint64
	h, c.term = equalKey(c.term, name, value)
	c.key(h)
}

// finish returns the block's terms; its keys are in keys.
func (c *collector) finish() (words, values []string) {
	words = c.terms
	if c.manyWords {
		words = append(words, markManyWords)
	}
	if c.longWords {
		words = append(words, markLongWords)
	}
	return words, c.fieldTerm
}
