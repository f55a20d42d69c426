package store

import (
	"context"
	"strings"
)

// termSource tells which blocks have a term: a day's term index or, for a segment that is
// not in it yet, the segment's own terms in memory.
type termSource interface {
	// blocksWith adds the blocks that have the term to set.
	blocksWith(ctx context.Context, field string, term []byte, set blockSet) error
	// blocksWhere adds the blocks that have a term with the prefix that accept takes; it is
	// false when there are too many to tell.
	blocksWhere(ctx context.Context, field, prefix string, accept func(string) bool, set blockSet) (bool, error)
}

// memTerms are the terms of a small segment's blocks.
type memTerms struct {
	segment uint64
	blocks  []blockTerms
}

func (t *blockTerms) of(field string) []string {
	if field == fieldWords {
		return t.words
	}
	return t.values
}

func (m *memTerms) blocksWith(_ context.Context, field string, term []byte, set blockSet) error {
	want := string(term)
	for i := range m.blocks {
		for _, t := range m.blocks[i].of(field) {
			if t == want {
				set.add(blockRef{m.segment, i})
				break
			}
		}
	}
	return nil
}

func (m *memTerms) blocksWhere(ctx context.Context, field, prefix string, accept func(string) bool, set blockSet) (bool, error) {
	for i := range m.blocks {
		for _, t := range m.blocks[i].of(field) {
			if strings.HasPrefix(t, prefix) && accept(t) {
				set.add(blockRef{m.segment, i})
				break
			}
		}
	}
	return ctx.Err() == nil, nil
}
