package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// sealedBlock is what the copies of a sealed block share. mu is held while something is
// decoded; what a caller has loaded does not change any more.
type sealedBlock struct {
	seg   *segment // nil: all is decoded
	index int
	runs  []*Run // one of each source

	mu    sync.Mutex
	ready atomic.Bool // blockNumbers
	blockNumbers
	lines blockLines
}

// Patterns is how many patterns the block's lines have, numbered from 0; 0 where that is
// not known: in the head, and in segments of version 1.
func (b *Block) Patterns() int {
	if b.rows != nil || b.sealed.lines.plain {
		return 0
	}
	return len(b.sealed.lines.patterns)
}

// PatternText returns what the lines of a pattern have in common: a line with a NUL in the
// place of each of up to 250 words that hold a decimal digit. It is one NUL for lines that
// may be anything. It must not be changed.
func (b *Block) PatternText(p int) []byte { return b.sealed.lines.patterns[p].text }

// PatternOf returns the pattern of a row.
func (b *Block) PatternOf(row int) int { return int(b.sealed.lines.places.Load().of[row]) }

// LoadNumbers makes Time, Joined and EventEnd known, and Event but for the line, its offset
// and size.
func (b *Block) LoadNumbers() error {
	if b.rows != nil || b.sealed.ready.Load() {
		return nil
	}
	b.sealed.mu.Lock()
	defer b.sealed.mu.Unlock()
	return b.numbers()
}

func (b *Block) numbers() error {
	if b.sealed.ready.Load() || b.n == 0 {
		return nil
	}
	return b.sealed.seg.readNumbers(b)
}

// LoadPatterns makes PatternOf known.
func (b *Block) LoadPatterns() error {
	if b.rows != nil {
		return nil
	}
	b.sealed.mu.Lock()
	defer b.sealed.mu.Unlock()
	return b.sealed.failed(b.sealed.lines.place())
}

// LoadLines makes the Body of all rows of a pattern known.
func (b *Block) LoadLines(pattern int) error {
	if b.rows != nil {
		return nil
	}
	b.sealed.mu.Lock()
	defer b.sealed.mu.Unlock()
	return b.sealed.failed(b.sealed.lines.load(pattern))
}

// Load makes all of the rows from first to before end known, but for their fields. They are
// of one source.
func (b *Block) Load(first, end int) error {
	if b.rows != nil || first >= end || b.known(first, end) {
		return nil
	}
	b.sealed.mu.Lock()
	defer b.sealed.mu.Unlock()
	if err := b.numbers(); err != nil {
		return err
	}
	if err := b.resolve(b.sourceOf(first)); err != nil {
		return err
	}
	l := &b.sealed.lines
	for row := first; row < end && !l.plain; row++ {
		if err := l.load(int(l.places.Load().of[row])); err != nil {
			return b.sealed.failed(err)
		}
	}
	return nil
}

// known says whether Load has nothing to do.
func (b *Block) known(first, end int) bool {
	if !b.sealed.ready.Load() || !b.sealed.resolved[b.sourceOf(first)].Load() {
		return false
	}
	for row := first; row < end; row++ {
		if !b.sealed.lines.has(row) {
			return false
		}
	}
	return true
}

// LoadAll is Load for all rows.
func (b *Block) LoadAll() error {
	if b.rows != nil {
		return nil
	}
	b.sealed.mu.Lock()
	defer b.sealed.mu.Unlock()
	// The lines are there before resolveAll asks how long they are.
	if err := errors.Join(b.sealed.failed(b.sealed.lines.loadAll()), b.numbers()); err != nil {
		return err
	}
	return b.resolveAll()
}

func (b *Block) resolveAll() error {
	for s := range b.sources {
		if err := b.resolve(s); err != nil {
			return err
		}
	}
	return nil
}

// resolve makes offsets and sizes of the rows of a source what they are: they are stored as
// differences from what the lines' lengths tell.
func (b *Block) resolve(source int) error {
	c, l := &b.sealed.blockNumbers, &b.sealed.lines
	if c.resolved[source].Load() {
		return nil
	}
	from, end := 0, min(b.sources[source].end, b.n)
	if source > 0 {
		from = b.sources[source-1].end
	}
	if err := l.place(); err != nil {
		return b.sealed.failed(err)
	}
	next := int64(0)
	for i := from; i < end; i++ {
		length, err := l.length(i)
		if err != nil {
			return b.sealed.failed(err)
		}
		c.sizes[i] += length + 1
		c.offsets[i] += next
		next = c.offsets[i] + c.sizes[i]
	}
	c.resolved[source].Store(true)
	return nil
}

// failed gives an error about the lines the place where they are.
func (s *sealedBlock) failed(err error) error {
	if err == nil || s.seg == nil {
		return err
	}
	return s.seg.damage(s.index, fmt.Errorf("lines at byte %d: %w", s.seg.Blocks[s.index].Groups[groupLines].Offset, err))
}

func (s *sealedBlock) bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines.bytes() + s.blockNumbers.bytes()
}
