package store

// Pruned counts the blocks that a question to the index ruled out, by what did: the filter
// of their segment, which spares the look at those of its blocks, the term index, or the
// block's own filter. A block that several parts of the question rule out counts where the
// first of them that suffices stands.
type Pruned struct {
	BySegmentFilter int `json:"by_segment_filter"`
	ByTerms         int `json:"by_terms"`
	ByBlockFilter   int `json:"by_block_filter"`
}

// Why a block is ruled out; the order is that of Pruned.
const (
	bySegmentFilter = iota + 1
	byTerms
	byBlockFilter
)

// Pruned counts over the parts that were asked about; ok, if not nil, chooses the blocks.
func (c *Candidates) Pruned(ok func(p *Part, block int) bool) Pruned {
	var out Pruned
	for p, why := range c.why {
		for i, w := range why {
			if w == 0 || ok != nil && !ok(p, i) {
				continue
			}
			switch w {
			case bySegmentFilter:
				out.BySegmentFilter++
			case byTerms:
				out.ByTerms++
			case byBlockFilter:
				out.ByBlockFilter++
			}
		}
	}
	return out
}

// ruled notes why the blocks that are in before and not in after are out, and returns after.
func (e *evaluation) ruled(before, after Bits, why byte) Bits {
	for i := range e.why {
		if before.Has(i) && !after.Has(i) {
			e.why[i] = why
		}
	}
	return after
}
