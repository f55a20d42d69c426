package search

import (
	"context"
	"strings"
	"sync"
	"time"

	"foghorn/indexer/store"
)

// narrowing asks the index which blocks may match, in two steps. Looking up words and their
// beginnings costs next to nothing. Finding the words that hold or end with a text means to
// look through all words of a day, which costs as much as judging some dozens of blocks
// (30 to 80 ms with a million lines on a busy machine): that is done only when the search
// has read a few blocks and there are many more to come.
type narrowing struct {
	w     *work
	mu    sync.Mutex
	quick *store.Candidates
	whole *store.Candidates // nil: there is no more to ask
	bits  map[*store.Part]store.Bits
	more  map[*store.Part]store.Bits // of whole
	tried map[unitKey]bool           // blocks that were read before whole was asked
	known bool                       // how many blocks quick leaves, in all parts
}

// A search reads triedBlocks before it looks through all words, unless worthBlocks or fewer
// are left.
const (
	triedBlocks = 6
	worthBlocks = 40
)

func newNarrowing(w *work, cond store.Cond) *narrowing {
	n := &narrowing{w: w, bits: make(map[*store.Part]store.Bits), more: make(map[*store.Part]store.Bits), tried: make(map[unitKey]bool)}
	quick, all := quickOf(cond)
	n.quick = w.view.Candidates(quick)
	if !all {
		n.whole = w.view.Candidates(cond)
	}
	return n
}

func (n *narrowing) close() {
	n.quick.Close()
	if n.whole != nil {
		n.whole.Close()
	}
}

// quickOf leaves out the conditions that mean to look through all words, and says whether
// that leaves all.
func quickOf(c store.Cond) (quick store.Cond, all bool) {
	switch c := c.(type) {
	case store.CondAll:
		out := make(store.CondAll, 0, len(c))
		all = true
		for _, sub := range c {
			q, whole := quickOf(sub)
			out, all = append(out, q), all && whole
		}
		return out, all
	case store.CondAny:
		for _, sub := range c {
			if _, whole := quickOf(sub); !whole {
				return store.CondAll{}, false
			}
		}
	case store.CondWord:
		// The filters tell of what holds digits.
		if (c.Kind == store.Suffix || c.Kind == store.Infix) && !strings.ContainsAny(c.Text, "0123456789") {
			return store.CondAll{}, false
		}
	}
	return c, true
}

// candidate says whether a block may match.
func (n *narrowing) candidate(ctx context.Context, k unitKey) bool {
	if !k.part.Sealed() {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	start := time.Now()
	defer func() { n.w.prefilter.Add(int64(time.Since(start))) }()
	switch {
	case !n.ask(ctx, n.quick, n.bits, k.part).Has(k.block):
		return false
	case n.whole == nil:
		return true
	case len(n.tried) < triedBlocks || !n.worth(ctx):
		n.tried[k] = true
		return true
	}
	return n.ask(ctx, n.whole, n.more, k.part).Has(k.block)
}

// worth says whether so many blocks are left that it pays to look through all words.
func (n *narrowing) worth(ctx context.Context) bool {
	if n.known {
		return true
	}
	n.known = true
	left := 0
	for _, p := range n.w.view.Parts {
		if !p.Sealed() {
			continue
		}
		set := n.ask(ctx, n.quick, n.bits, p)
		for i := range p.Blocks() {
			if set.Has(i) && n.w.inTime(unitKey{p, i}) {
				left++
			}
		}
		if left > worthBlocks {
			return true
		}
	}
	n.whole.Close()
	n.whole = nil
	return false
}

func (n *narrowing) ask(ctx context.Context, of *store.Candidates, known map[*store.Part]store.Bits, p *store.Part) store.Bits {
	set, ok := known[p]
	if !ok {
		var err error
		if set, err = of.Of(ctx, p); err != nil && !store.IsRetired(err) {
			n.w.miss(Damage{File: p.File(), Reason: err.Error()})
		}
		known[p] = set
	}
	return set
}

// pruned counts what was ruled out, of the blocks that in chooses.
func (n *narrowing) pruned(in func(*store.Part, int) bool) store.Pruned {
	out := n.quick.Pruned(in)
	if n.whole == nil {
		return out
	}
	more := n.whole.Pruned(func(p *store.Part, i int) bool {
		return in(p, i) && n.bits[p].Has(i) && !n.tried[unitKey{p, i}]
	})
	out.BySegmentFilter += more.BySegmentFilter
	out.ByTerms += more.ByTerms
	out.ByBlockFilter += more.ByBlockFilter
	return out
}
