package store

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"foghorn/pipeline/query"
)

// Cond is what a block must hold for a line of it to match: the question to the index.
type Cond interface{ cond() }

// CondAll and CondAny join conditions; an empty CondAll is true, an empty CondAny false.
type (
	CondAll []Cond
	CondAny []Cond
)

// CondWord asks for a word, folded as query.Fold does.
type CondWord struct {
	Kind WordKind
	Text string
}

// WordKind says how much of the word Text is.
type WordKind uint8

// Text is the whole word, its beginning, its end, or any part.
const (
	Whole WordKind = iota
	Prefix
	Suffix
	Infix
)

// CondField asks for an event that has the field (by its canonical name), with a value
// that Accept returns true for. Equal, if not nil, is the one text that values must be
// equal to, as the query language compares (any case, or as numbers): it finds values of
// fields that have too many to list.
type CondField struct {
	Name   string
	Accept func(value string) bool
	Equal  *string
}

func (CondAll) cond()    {}
func (CondAny) cond()    {}
func (CondWord) cond()   {}
func (*CondField) cond() {}

// maxScannedTerms bounds how many terms a condition on a part of a word or on a field
// looks through, maxMatchedTerms how many of them it takes up; beyond, it rules out nothing.
const (
	maxScannedTerms = 1 << 20
	maxMatchedTerms = 4096
)

// Candidates tells, for the sealed parts of a view, which of their blocks may hold an
// event that fulfils a condition. It may name a block that holds none, and never leaves
// out one that does. What cannot be read of the index rules out nothing. A Candidates is
// used by one goroutine at a time.
type Candidates struct {
	cond Cond
	view *View
	days map[string]*dayCandidates
	why  map[*Part][]byte // what ruled out each block, see Pruned
}

type dayCandidates struct {
	view  *termView // nil: not to be used
	terms *termCandidates
}

// termCandidates are the blocks that a source of terms names, by condition.
type termCandidates struct {
	source termSource
	leaves map[CondWord]blockSet
	fields map[*CondField]*fieldBlocks
}

func newTermCandidates(source termSource) *termCandidates {
	return &termCandidates{source, make(map[CondWord]blockSet), make(map[*CondField]*fieldBlocks)}
}

// fieldBlocks are the blocks where a field condition is fulfilled by a listed value, and
// those where the field has values that are not listed.
type fieldBlocks struct{ listed, many blockSet }

// Candidates prepares the narrowing of v by cond; Close it after use.
func (v *View) Candidates(cond Cond) *Candidates {
	return &Candidates{cond: cond, view: v, days: make(map[string]*dayCandidates), why: make(map[*Part][]byte)}
}

// Close releases the term indexes.
func (c *Candidates) Close() {
	for _, d := range c.days {
		if d.view != nil {
			d.view.release()
		}
	}
}

// Of returns the blocks of a sealed part that may match. An error names a filter that
// could not be read; the blocks are then as if it were absent.
func (c *Candidates) Of(ctx context.Context, p *Part) (Bits, error) {
	seg := p.seg
	e := &evaluation{c: c, ctx: ctx, seg: seg, why: make([]byte, len(seg.Blocks))}
	if day := c.day(seg.day); day.view != nil {
		if _, ok := day.view.in[seg.Number]; ok {
			e.terms = day.terms
		}
	}
	if own := seg.terms.Load(); e.terms == nil && own != nil {
		e.terms = newTermCandidates(own)
	}
	out := e.eval(c.cond, allBits(len(seg.Blocks)))
	for i := range e.why {
		if out.Has(i) { // ruled out by one alternative, and not by another
			e.why[i] = 0
		}
	}
	c.why[p] = e.why
	if e.file != nil {
		if err := e.file.Close(); err != nil {
			return out, err
		}
	}
	if e.err != nil {
		return out, seg.damage(-1, fmt.Errorf("filter at byte %d: %w", seg.FilterBase, e.err))
	}
	return out, nil
}

func (c *Candidates) day(name string) *dayCandidates {
	if d := c.days[name]; d != nil {
		return d
	}
	d := &dayCandidates{}
	c.days[name] = d
	c.view.store.mu.Lock()
	t := c.view.store.days[name]
	c.view.store.mu.Unlock()
	if t != nil {
		if v, err := t.acquire(); err == nil {
			d.view, d.terms = v, newTermCandidates(v)
		}
	}
	return d
}

// evaluation narrows one segment.
type evaluation struct {
	c     *Candidates
	ctx   context.Context
	seg   *segment
	terms *termCandidates // nil: its terms are not known
	file  segmentFile
	read  *filterReader
	why   []byte // what ruled out each block
	err   error
}

// eval returns which of the blocks in may fulfil the condition.
func (e *evaluation) eval(cond Cond, in Bits) Bits {
	if in.empty() {
		return in
	}
	switch c := cond.(type) {
	case CondAll:
		for _, sub := range c {
			in = e.eval(sub, in)
		}
		return in
	case CondAny:
		out := make(Bits, len(in))
		for _, sub := range c {
			out = out.or(e.eval(sub, in))
		}
		return out
	case CondWord:
		return e.word(c, in)
	case *CondField:
		return e.field(c, in)
	}
	return in
}

func (e *evaluation) word(c CondWord, in Bits) Bits {
	if strings.ContainsAny(c.Text, "0123456789") {
		return e.digits(c, in)
	}
	if c.Kind == Whole && len(c.Text) > maxTerm {
		return e.probe(xxhash.Sum64String(c.Text), in)
	}
	if in.empty() || e.terms == nil || c.Kind != Whole && len(c.Text) < minPart {
		return in
	}
	set, ok := e.terms.leaves[c]
	if !ok && (c.Kind == Suffix || c.Kind == Infix) && in.count() <= 1 {
		return in // reading the block costs less than looking through all terms
	}
	if !ok {
		var err error
		if set, err = wordBlocks(e.ctx, e.terms.source, c); err != nil {
			set = nil
		}
		e.terms.leaves[c] = set
	}
	if set == nil { // rules out nothing
		return in
	}
	with := in.and(set[e.seg.Number])
	if c.Kind != Whole && e.seg.version > 1 && allHex([]byte(c.Text)) {
		with = with.or(e.quietly(hexKeys(c.Text), in))
	}
	return e.ruled(in, with, byTerms)
}

// digits narrows by a word with digits, or a part of one.
func (e *evaluation) digits(c CondWord, in Bits) Bits {
	word := []byte(c.Text)
	switch {
	case c.Kind == Whole && e.seg.version == 1:
		return e.probe(xxhash.Sum64(word), in)
	case c.Kind == Whole:
		var keys []uint64
		wordKeys(word, func(key uint64) { keys = append(keys, key) })
		return e.keep(in, func(f *filterParams) bool { return e.hasAll(f, keys) })
	}
	in = e.grams(word, in)
	for _, part := range digitFree(c) {
		if part.Kind != Whole || !allHex([]byte(part.Text)) { // which is no term
			in = e.word(part, in)
		}
	}
	return in
}

// digitFree returns what a part of a word with digits tells of the word's digit-free
// parts.
func digitFree(c CondWord) []CondWord {
	var out []CondWord
	start := 0
	for i := 0; i <= len(c.Text); i++ {
		if i < len(c.Text) && c.Text[i]-'0' >= 10 {
			continue
		}
		kind := Whole
		if start == 0 && (c.Kind == Suffix || c.Kind == Infix) {
			kind = Suffix
		}
		if i == len(c.Text) && (c.Kind == Prefix || c.Kind == Infix) {
			kind = Prefix
		}
		if i-start >= minPart && i-start <= maxTerm {
			out = append(out, CondWord{kind, c.Text[start:i]})
		}
		start = i + 1
	}
	return out
}

// wordBlocks returns the blocks that may have a word with the given digit-free part, or
// nil when there are too many terms to tell.
func wordBlocks(ctx context.Context, v termSource, c CondWord) (set blockSet, err error) {
	defer recovered(&err)
	set = make(blockSet)
	if err := v.blocksWith(ctx, fieldWords, []byte(markManyWords), set); err != nil {
		return nil, err
	}
	if c.Kind == Whole {
		return set, v.blocksWith(ctx, fieldWords, []byte(c.Text), set)
	}
	if err := v.blocksWith(ctx, fieldWords, []byte(markLongWords), set); err != nil {
		return nil, err
	}
	prefix := ""
	accept := strings.Contains
	switch c.Kind {
	case Prefix:
		prefix, accept = c.Text, strings.HasPrefix
	case Suffix:
		accept = strings.HasSuffix
	}
	if ok, err := v.blocksWhere(ctx, fieldWords, prefix, func(t string) bool { return accept(t, c.Text) }, set); err != nil || !ok {
		return nil, err
	}
	return set, nil
}

// blocksWhere adds the blocks of the terms that accept takes.
func (v *termView) blocksWhere(ctx context.Context, field, prefix string, accept func(string) bool, set blockSet) (bool, error) {
	var terms []string
	scanned, ok := 0, true
	err := v.terms(field, []byte(prefix), func(t string) bool {
		scanned++
		if accept(t) {
			terms = append(terms, t)
		}
		ok = scanned <= maxScannedTerms && len(terms) <= maxMatchedTerms && (scanned&1023 != 0 || ctx.Err() == nil)
		return ok
	})
	for i := 0; i < len(terms) && ok && err == nil; i++ {
		if err = ctx.Err(); err == nil {
			err = v.blocksWith(ctx, field, []byte(terms[i]), set)
		}
	}
	return ok, err
}

func (e *evaluation) field(c *CondField, in Bits) Bits {
	if e.terms == nil || notIndexed(c.Name) {
		return in
	}
	f, ok := e.terms.fields[c]
	if !ok {
		var err error
		if f, err = findField(e.ctx, e.terms.source, c); err != nil {
			f = nil
		}
		e.terms.fields[c] = f
	}
	if f == nil {
		return in
	}
	many, listed := in.and(f.many[e.seg.Number]), in.and(f.listed[e.seg.Number])
	e.ruled(in, many.or(listed), byTerms)
	if c.Equal != nil && *c.Equal != "" && !many.empty() {
		many = e.unlisted(c.Name, *c.Equal, many)
	}
	return listed.or(many)
}

// unlisted narrows the blocks where a field has more values than are listed.
func (e *evaluation) unlisted(name, equal string, in Bits) Bits {
	own, word := valueKeys(name, equal)
	if e.seg.version < 3 || len(word) == 0 {
		return e.probe(own, in)
	}
	return e.keep(in, func(f *filterParams) bool { return e.has(f, own) || e.hasAll(f, word) })
}

// valueKeys returns the key of a field's value, and what are the keys, instead, of one that
// is a word with a digit of the line, if it can be one.
func valueKeys(name, value string) (own uint64, word []uint64) {
	own, text := equalKey(nil, name, value)
	text = text[len(name)+1:]
	if bytes.ContainsAny(text, "0123456789") {
		query.Words(text, func(start, end int) bool {
			if end-start == len(text) {
				wordKeys(text, func(key uint64) { word = append(word, key) })
			}
			return false
		})
	}
	return own, word
}

func findField(ctx context.Context, v termSource, c *CondField) (f *fieldBlocks, err error) {
	defer recovered(&err)
	f = &fieldBlocks{listed: make(blockSet), many: make(blockSet)}
	if err := v.blocksWith(ctx, fieldValues, []byte(c.Name+markManyValues), f.many); err != nil {
		return nil, err
	}
	prefix := c.Name + "\x00"
	accept := func(t string) bool { return c.Accept(t[len(prefix):]) }
	if ok, err := v.blocksWhere(ctx, fieldValues, prefix, accept, f.listed); err != nil || !ok {
		return nil, err
	}
	return f, nil
}
