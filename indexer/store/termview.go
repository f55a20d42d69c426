package store

import (
	"context"
	"fmt"
	"sync"

	index "github.com/blevesearch/bleve_index_api"
)

// blockRef names a block of a segment.
type blockRef struct {
	segment uint64
	block   int
}

// termView reads a term index as of one batch.
type termView struct {
	reader index.IndexReader
	in     map[uint64]int
	blocks []blockRef // by Bleve's document number
	users  int
	mu     sync.Mutex
}

// newView reads which documents there are. It fails when they are not the blocks of the
// segments that are listed, each once.
func (t *termIndex) newView() (*termView, error) {
	reader, err := t.idx.Reader()
	if err != nil {
		return nil, err
	}
	v := &termView{reader: reader, users: 1}
	if err := v.load(); err != nil {
		_ = reader.Close()
		return nil, fmt.Errorf("read term index %s: %w", t.path, err)
	}
	return v, nil
}

func (v *termView) load() error {
	data, err := v.reader.GetInternal(internalSegments)
	if err != nil {
		return err
	}
	if v.in, err = decodeSegments(data); err != nil {
		return err
	}
	docs, err := v.reader.DocIDReaderAll()
	if err != nil {
		return err
	}
	defer docs.Close()
	found := 0
	for {
		id, err := docs.Next()
		if err != nil {
			return err
		}
		if id == nil {
			break
		}
		name, err := v.reader.ExternalID(id)
		if err != nil {
			return err
		}
		ref, err := parseBlockID(name)
		if err != nil {
			return err
		}
		if ref.block >= v.in[ref.segment] {
			return corrupt("block %d of segment %d is not expected", ref.block, ref.segment)
		}
		n := int(id.Value())
		for len(v.blocks) <= n {
			v.blocks = append(v.blocks, blockRef{block: -1})
		}
		v.blocks[n] = ref
		found++
	}
	want := 0
	for _, n := range v.in {
		want += n
	}
	if found != want {
		return corrupt("%d blocks, want %d", found, want)
	}
	return nil
}

func (v *termView) use() {
	v.mu.Lock()
	v.users++
	v.mu.Unlock()
}

func (v *termView) release() {
	v.mu.Lock()
	v.users--
	last := v.users == 0
	v.mu.Unlock()
	if last {
		_ = v.reader.Close() // a snapshot in memory; nothing is written
	}
}

// blocksWith adds the blocks that have the term to set.
func (v *termView) blocksWith(ctx context.Context, field string, term []byte, set blockSet) error {
	r, err := v.reader.TermFieldReader(ctx, term, field, false, false, false)
	if err != nil {
		return err
	}
	defer r.Close()
	var doc index.TermFieldDoc
	for {
		d, err := r.Next(doc.Reset())
		if err != nil {
			return err
		}
		if d == nil {
			return nil
		}
		n := d.ID.Value()
		if n >= uint64(len(v.blocks)) || v.blocks[n].block < 0 {
			return corrupt("document %d", n)
		}
		set.add(v.blocks[n])
	}
}

// terms calls yield with the terms of a field that start with prefix, until it is false.
func (v *termView) terms(field string, prefix []byte, yield func(term string) bool) error {
	var dict index.FieldDict
	var err error
	if len(prefix) == 0 {
		dict, err = v.reader.FieldDict(field)
	} else {
		dict, err = v.reader.FieldDictPrefix(field, prefix)
	}
	if err != nil {
		return err
	}
	defer dict.Close()
	for {
		e, err := dict.Next()
		if err != nil {
			return err
		}
		if e == nil || !yield(e.Term) {
			return nil
		}
	}
}

// blockSet is a set of blocks: a bit per block of each segment.
type blockSet map[uint64][]uint64

func (s blockSet) add(r blockRef) {
	bits := s[r.segment]
	for len(bits) <= r.block/64 {
		bits = append(bits, 0)
	}
	bits[r.block/64] |= 1 << (r.block % 64)
	s[r.segment] = bits
}
