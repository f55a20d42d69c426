package search

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unsafe"

	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// Results in the order of time are read in batches: their lines lie in many blocks, each of
// which is decoded once for a batch. The first is small, so that an answer starts at once,
// and each is four times as large as the one before, up to batchBytes of events and lines.
const (
	firstBatch = 1024
	batchBytes = 24 << 20
)

// batch holds the events of some results. The first blocks of up to batchBytes are held with
// them, as all of the head is anyhow; events of further blocks are freed from their memory.
type batch struct {
	lines   int   // at most
	reads   int   // batches
	high    int   // the most events of one
	held    int64 // bytes of blocks
	events  []pipeline.Event
	numbers []int64
	order   []int
	texts   []byte // bodies
	spare   []byte
	attrs   []pipeline.Attr
	names   map[string]string
}

// newBatch returns a batch, with the memory of one that was released if there is any: the
// events of a large answer take 24 MB and their lines as much.
func (s *Searcher) newBatch() *batch {
	b, ok := s.batches.Get().(*batch)
	if !ok {
		b = &batch{names: make(map[string]string)}
	}
	b.lines = firstBatch
	return b
}

// release gives the memory of a batch back, without what its events refer to.
func (s *Searcher) release(b *batch) {
	clear(b.events[:b.high])
	clear(b.names)
	b.reads, b.high = 0, 0
	s.batches.Put(b)
}

// unitRows are the results of a batch that lie in one block.
type unitRows struct {
	key  unitKey
	refs []int // indexes into the batch
}

// show reads the lines of refs, or of as many of the first of them as fit a batch, and
// returns them in their order. It returns how many.
func (s *sweep) show(ctx context.Context, refs []ref) (int, error) {
	n, err := s.read(ctx, refs)
	if err != nil {
		return 0, err
	}
	at := 0
	resume := func() string { return s.placeOf(refs[at]).encode(&s.w.req) }
	h := Hit{resume: resume}
	for at = range n {
		s.w.matched++
		h.Event, h.LineNumber = &s.batch.events[at], s.batch.numbers[at]
		if h.Event.ID.Source == "" {
			continue // it could not be read, and is among what is missing
		}
		if err := s.hit(&h); err != nil {
			return 0, err
		}
	}
	s.batch.lines = min(4*s.batch.lines, s.batch.most(n))
	return n, nil
}

// most is how many lines fit a batch, going by the n it holds.
func (b *batch) most(n int) int {
	size := len(b.texts) + n*int(unsafe.Sizeof(pipeline.Event{})) + len(b.attrs)*int(unsafe.Sizeof(pipeline.Attr{}))
	return max(firstBatch, int(int64(batchBytes)*int64(n)/int64(max(size, 1))))
}

// read fills the batch with refs, block by block, and returns how many it took: fewer where
// lines are long.
func (s *sweep) read(ctx context.Context, refs []ref) (int, error) {
	b := s.batch
	b.reset(len(refs))
	for i := range b.order {
		b.order[i] = i
	}
	// Every other batch goes through the blocks backwards, so that it begins with those that
	// the one before left in the cache.
	sign := 1 - 2*(b.reads&1)
	b.reads++
	slices.SortFunc(b.order, func(i, j int) int { return sign * cmp.Compare(refs[i].unit, refs[j].unit) })
	next := 0
	err := ordered(ctx, s.w.s.cfg.Workers, func() (u unitRows, ok bool) {
		if next == len(b.order) {
			return u, false
		}
		first := next
		for unit := refs[b.order[first]].unit; next < len(b.order) && refs[b.order[next]].unit == unit; {
			next++
		}
		return unitRows{s.units[refs[b.order[first]].unit].key, b.order[first:next]}, true
	}, inTurn(s.w, func(_ context.Context, u unitRows) (*store.Block, error) {
		return s.w.ready(s.w.complete(u.key, nil), u.key, len(u.refs), func(yield func(int) bool) {
			for _, i := range u.refs {
				if !yield(int(refs[i].row)) {
					return
				}
			}
		}), nil
	}), func(u unitRows, block *store.Block) error {
		held := block != nil && b.hold(block)
		for _, i := range u.refs {
			if block == nil {
				break
			}
			run, place := s.run(refs[i])
			e := &b.events[i]
			if block = s.w.fill(e, u.key, block, int(refs[i].row), run, true); block == nil {
				break
			}
			b.numbers[i] = run.Line(place) + 1
			if held {
				continue
			}
			b.keep(e)
			if len(b.texts) > batchBytes && len(refs) > 1 {
				return errLarge
			}
		}
		s.w.s.cache.grown(cacheKey{u.key.part.Segment(), u.key.block})
		return nil
	})
	if errors.Is(err, errLarge) { // long lines: fewer at a time
		return s.read(ctx, refs[:len(refs)/2])
	}
	return len(refs), err
}

var errLarge = errors.New("the batch is too large")

// reset makes room for n events.
func (b *batch) reset(n int) {
	if n > cap(b.events) {
		b.high = 0
		b.events, b.numbers, b.order = make([]pipeline.Event, n), make([]int64, n), make([]int, n)
	}
	b.events, b.numbers, b.order = b.events[:n], b.numbers[:n], b.order[:n]
	b.high = max(b.high, n)
	clear(b.events)
	b.texts, b.attrs, b.held = b.texts[:0], b.attrs[:0], 0
}

// hold says whether a block has room beside those that are held.
func (b *batch) hold(block *store.Block) bool {
	n := block.Bytes()
	if b.held+n > batchBytes {
		return false
	}
	b.held += n
	return true
}

// keep frees e from the memory of its block. Texts that few lines share with no other, such
// as ids, are copied; names, which hardly change, are kept once.
func (b *batch) keep(e *pipeline.Event) {
	e.Body = b.text(e.Body)
	for _, s := range []*string{&e.SeverityText, &e.Host, &e.Path, &e.Service, &e.Template, &e.ErrorClass} {
		*s = b.name(*s)
	}
	e.TraceID, e.SpanID = b.name(e.TraceID), b.name(e.SpanID)
	if len(e.Attrs) == 0 {
		return
	}
	b.spare = b.spare[:0]
	for i := range e.Attrs {
		b.spare = append(b.spare, e.Attrs[i].Value...)
	}
	values, from := string(b.spare), len(b.attrs)
	for i := range e.Attrs {
		n := len(e.Attrs[i].Value)
		b.attrs = append(b.attrs, pipeline.Attr{Key: b.name(e.Attrs[i].Key), Value: values[:n]})
		values = values[n:]
	}
	e.Attrs = b.attrs[from:len(b.attrs):len(b.attrs)]
}

// text copies a line. What was copied before stays where it is when texts grows.
func (b *batch) text(line []byte) []byte {
	from := len(b.texts)
	b.texts = append(b.texts, line...)
	return b.texts[from:len(b.texts):len(b.texts)]
}

// maxNames bounds the names that are kept once.
const maxNames = 4096

func (b *batch) name(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := b.names[s]; ok {
		return kept
	}
	if len(b.names) >= maxNames {
		clear(b.names)
	}
	s = strings.Clone(s)
	b.names[s] = s
	return s
}
