package store

import (
	"github.com/cespare/xxhash/v2"

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
// hash of every word longer than maxTerm; of every value of a field with many values, but of
// those that are a word with a digit of their line, and spelled as query.Canonical does but
// for case: the word has its keys.
//
// Where a block has more than the index takes, a marker says so and the block is never
// ruled out by what the marker stands for.
//
// (In segments of versions 1 and 2 every such value has its hash. In those of version 1
// hexadecimal parts are terms, all words with digits have their hash, and the segment has a
// filter of its own.)
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
