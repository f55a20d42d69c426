package catalog

import (
	"maps"
	"slices"

	"foghorn/pipeline/templates"
)

// resolver knows to which template an id leads, also one that had become part of another.
// It learns what is new when it is asked: in a process that only writes an index nobody
// asks, and it costs nothing. It is used with the Board locked.
type resolver struct {
	board *Board
	miner *templates.Miner // knows all templates that are not waiting
	// waiting is the newest of each template that the miner has not learned, older what
	// these do not cover.
	waiting map[string]*templates.Knowledge
	older   []*templates.Knowledge
}

func (r *resolver) init(b *Board) {
	*r = resolver{board: b, miner: newMiner(b.cfg), waiting: make(map[string]*templates.Knowledge)}
}

// newMiner returns a miner with room for all templates on the topic and as many that were
// removed.
func newMiner(cfg Config) *templates.Miner {
	mc := cfg.Miner
	mc.MaxTemplates = 2*cfg.MaxTemplates + 1
	return templates.New(mc)
}

// add takes what a record says.
func (r *resolver) add(k *templates.Knowledge) {
	if before := r.waiting[k.ID()]; before != nil && !k.Covers(before) {
		r.older = append(r.older, before)
	}
	r.waiting[k.ID()] = k
	if len(r.waiting)+len(r.older) > r.board.cfg.MaxTemplates {
		r.learn()
	}
}

// known returns the miner when it knows all.
func (r *resolver) known() *templates.Miner {
	if len(r.waiting) > 0 {
		r.learn()
	}
	return r.miner
}

func (r *resolver) learn() {
	r.take(slices.AppendSeq(r.older, maps.Values(r.waiting)))
	r.older, r.waiting = nil, make(map[string]*templates.Knowledge)
	if b := r.board; r.miner.Len() > b.cfg.MaxTemplates && len(b.templates) < r.miner.Len()*3/4 {
		r.renew()
	}
}

// renew makes a miner that knows what is on the topic, and no longer what was removed: it
// would let go of templates to stay within its bound.
func (r *resolver) renew() {
	r.init(r.board)
	all := make([]*templates.Knowledge, 0, len(r.board.templates))
	for _, h := range r.board.templates {
		all = append(all, h.value.Knowledge)
	}
	r.take(all)
}

func (r *resolver) take(list []*templates.Knowledge) {
	if err := r.miner.Learn(list); err != nil {
		r.board.log.Warn().Err(err).Msg("templates cannot be read")
	}
}
