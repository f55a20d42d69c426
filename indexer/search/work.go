package search

import (
	"context"
	"iter"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// work is one search.
type work struct {
	s        *Searcher
	req      Request
	view     *store.View
	judge    judge
	plan     plan
	wants    wants // what the query looks at
	textless bool  // it does not look at lines
	all      bool  // all lines match
	deadline time.Time
	since    int64 // inclusive
	until    int64 // exclusive
	bounded  bool

	narrow *narrowing

	mu       sync.Mutex
	verdicts map[unitKey]*verdict
	missing  map[string]Damage

	blocks, blocksRead, linesRead, bytesDecoded, prefilter atomic.Int64
	cached, unread, decoding, evaluating                   atomic.Int64 // for Explanation
	blocksByPattern, linesByPattern                        atomic.Int64
	worked                                                 atomic.Int64 // by workers, in nanoseconds
	returning                                              time.Duration

	matched int64
	partial bool
	cursor  string
}

// unitKey names a block of a part.
type unitKey struct {
	part  *store.Part
	block int
}

// verdict says which rows of a block match; bits is nil when none does.
type verdict struct {
	asked sync.Once
	may   bool // by its times and the index
	once  sync.Once
	bits  []uint64
	err   error
}

func (s *Searcher) newWork(req Request, deadline time.Time) *work {
	n := filterOf(&req)
	w := &work{
		s: s, req: req, view: s.store.View(), judge: newJudge(&req), plan: newPlan(&req), wants: wantsOf(n), textless: textless(n), deadline: deadline,
		verdicts: make(map[unitKey]*verdict), missing: make(map[string]Damage),
	}
	_, w.all = n.(query.All)
	w.since, w.until = math.MinInt64, math.MaxInt64
	if !req.Since.IsZero() {
		w.since, w.bounded = req.Since.UnixNano(), true
	}
	if !req.Until.IsZero() {
		w.until, w.bounded = req.Until.UnixNano(), true
	}
	for _, d := range w.view.Damaged {
		w.miss(Damage{File: d.File, Reason: d.Reason, Lines: d.Lines})
	}
	w.narrow = newNarrowing(w, planOf(n))
	return w
}

func (w *work) close() { w.narrow.close() }

func (w *work) late() bool { return time.Now().After(w.deadline) }

func (w *work) miss(d Damage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.missing[d.File+"\x00"+d.Reason] = d
}

func (w *work) summary(took time.Duration) Summary {
	sum := Summary{Matched: w.matched, Partial: w.partial, Cursor: w.cursor, Stats: Stats{
		Blocks: int(w.blocks.Load()), BlocksRead: int(w.blocksRead.Load()),
		LinesRead: w.linesRead.Load(), BytesDecoded: w.bytesDecoded.Load(),
		Elapsed: took, PrefilterTime: time.Duration(w.prefilter.Load()),
	}}
	for _, d := range w.missing {
		sum.Missing = append(sum.Missing, d)
	}
	sum.Thinned = w.thinned()
	return sum
}

// inTime says whether a block can hold lines in the time range.
func (w *work) inTime(k unitKey) bool {
	if !w.bounded {
		return true
	}
	oldest, newest := k.part.Times(k.block)
	return newest >= w.since && oldest < w.until
}

// verdict returns the matching rows of a block, evaluating them the first time; then it
// returns the block as well.
func (w *work) verdict(ctx context.Context, k unitKey) (set []uint64, b *store.Block, err error) {
	v := w.verdictOf(k)
	v.once.Do(func() { v.bits, b, v.err = w.evaluate(ctx, k) })
	return v.bits, b, v.err
}

func (w *work) verdictOf(k unitKey) *verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.verdicts[k]
	if v == nil {
		v = new(verdict)
		w.verdicts[k] = v
	}
	return v
}

// may says whether a block may hold a match, without reading it.
func (w *work) may(ctx context.Context, k unitKey) bool {
	v := w.verdictOf(k)
	v.asked.Do(func() {
		if !w.inTime(k) {
			return
		}
		if k.part.Sealed() {
			w.blocks.Add(1)
		}
		v.may = w.narrow.candidate(ctx, k)
	})
	return v.may
}

func (w *work) evaluate(ctx context.Context, k unitKey) ([]uint64, *store.Block, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if !w.may(ctx, k) {
		return nil, nil, nil
	}
	b, cached := w.load(k, false)
	if b == nil {
		w.unread.Add(1)
		return nil, nil, nil
	}
	if cached {
		w.cached.Add(1)
	}
	if k.part.Sealed() {
		w.blocksRead.Add(1)
	}
	start := time.Now()
	defer func() { w.evaluating.Add(int64(time.Since(start))) }()
	found := &rows{n: b.Len()}
	var err error
	before := b.Bytes()
	if b.Patterns() > 0 {
		b, found, err = w.byPattern(ctx, k, b)
	} else if b = w.withFields(k, b); b != nil {
		err = w.byLines(ctx, b, found)
	}
	if err != nil {
		return nil, nil, w.failed(ctx, k, err)
	}
	if b == nil {
		return nil, nil, nil
	}
	if k.part.Sealed() {
		w.bytesDecoded.Add(b.Bytes() - before)
		w.s.cache.grown(cacheKey{k.part.Segment(), k.block})
	}
	w.linesRead.Add(int64(found.n))
	return found.bits, b, nil
}

// withFields returns b with its fields if the query looks at them.
func (w *work) withFields(k unitKey, b *store.Block) *store.Block {
	if !w.wants.in(b) {
		return b
	}
	return w.read(k, true)
}

// failed takes an error of reading a block: what is lost is among what is missing. It returns
// an error that ends the search.
func (w *work) failed(ctx context.Context, k unitKey, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.missed(k, err)
	return nil
}

// missed notes that a block could not be read.
func (w *work) missed(k unitKey, err error) {
	if !store.IsRetired(err) {
		_, n := k.part.Rows(k.block)
		w.miss(Damage{File: k.part.File(), Reason: err.Error(), Lines: int64(n)})
	}
}

// byLines finds the matching rows of a block whose patterns are not known.
func (w *work) byLines(ctx context.Context, b *store.Block, found *rows) error {
	joined := b.Joined()
	var e pipeline.Event
	var buf []byte
	var sifted *rows
	if w.judge.sieve != nil {
		m := w.s.sifters.Get().(*sifter)
		sifted = w.judge.sieve.rows(b, m)
		w.s.sifters.Put(m)
	}
	var end int
	for i := 0; i < found.n; i = end {
		if end = i + 1; joined {
			end = b.EventEnd(i)
		}
		if i&255 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if sifted != nil && !sifted.any(i, end) {
			continue
		}
		if w.bounded && !w.inRange(b.Time(i)) {
			continue
		}
		if end == i+1 {
			if b.Event(i, &e); w.judge.both.Match(&e) {
				found.add(i)
			}
			continue
		}
		buf = w.judge.event(b, i, end, &e, buf, found)
	}
	return nil
}

// complete returns a block with what its hits need. b is the block if it is at hand.
func (w *work) complete(k unitKey, b *store.Block) *store.Block {
	if b != nil && (w.req.BodyOnly || b.HasFields()) {
		return b
	}
	return w.read(k, !w.req.BodyOnly)
}

// ready has a block put the lines of n rows together, so that whoever fills hits from it need
// not wait; all of its lines where that costs about as much. It returns nil where there is no
// block.
func (w *work) ready(b *store.Block, k unitKey, n int, rows iter.Seq[int]) *store.Block {
	if b == nil {
		return nil
	}
	var err error
	if n*16 > b.Len() || w.all && w.req.Limit == 0 {
		err = b.LoadAll()
	} else {
		for row := range rows {
			if _, err = loadEvent(b, row, !w.req.byLine()); err != nil {
				break
			}
		}
	}
	if err != nil {
		w.missed(k, err)
		return nil
	}
	return b
}

// loadEvent makes a row readable, or, if whole, all rows of the event that starts there. It
// returns the row behind them.
func loadEvent(b *store.Block, row int, whole bool) (end int, err error) {
	end = row + 1
	if whole {
		if err := b.LoadNumbers(); err != nil {
			return end, err
		}
		if b.Joined() {
			end = b.EventEnd(row)
		}
	}
	return end, b.Load(row, end)
}

// fill sets e to row of block b, which is k's and has the row in run; whole, to the event
// that starts there. It returns the block, read with its fields where the hit needs them,
// or nil when it cannot be read.
func (w *work) fill(e *pipeline.Event, k unitKey, b *store.Block, row int, run *store.Run, whole bool) *store.Block {
	if run.Generation == 0 && !b.HasFields() { // a foreign producer's: each line has its host
		if b = w.read(k, true); b == nil {
			return nil
		}
	}
	end, err := loadEvent(b, row, whole)
	if err != nil {
		w.missed(k, err)
		return nil
	}
	if end > row+1 {
		b.Whole(row, end, e, nil)
	} else {
		b.Event(row, e)
	}
	if !b.HasFields() {
		e.Host, e.Path = run.Host, run.Path
	}
	return b
}

// read returns a block, or nil when it cannot be read: then it is among what is missing.
func (w *work) read(k unitKey, fields bool) *store.Block {
	b, _ := w.load(k, fields)
	return b
}

// load is read, and tells whether the block was at hand.
func (w *work) load(k unitKey, fields bool) (b *store.Block, cached bool) {
	var err error
	key := cacheKey{k.part.Segment(), k.block}
	if k.part.Sealed() {
		if b = w.s.cache.get(key); b != nil && (!fields || b.HasFields()) {
			return b, true
		}
		start := time.Now()
		defer func() { w.decoding.Add(int64(time.Since(start))) }()
	}
	if b == nil {
		b, err = k.part.Open(k.block)
	}
	if err == nil && fields {
		b, err = k.part.WithFields(k.block, b)
	}
	if err != nil {
		w.missed(k, err)
		return nil, false
	}
	if k.part.Sealed() {
		w.bytesDecoded.Add(b.Bytes())
		w.s.cache.put(key, b)
	}
	return b, false
}

// rows is a set of a block's n rows; bits is nil while it is empty.
type rows struct {
	n    int
	bits []uint64
}

func (r *rows) add(i int) {
	if r.bits == nil {
		r.bits = make([]uint64, (r.n+63)/64)
	}
	r.bits[i/64] |= 1 << (i % 64)
}

// rowsIn yields the set bits of a block's verdict within rows from to to.
func rowsIn(set []uint64, from, to int, yield func(row int) bool) {
	for i := from / 64; i < len(set) && i*64 < to; i++ {
		word := set[i]
		for word != 0 {
			row := i*64 + bits.TrailingZeros64(word)
			word &= word - 1
			if row < from {
				continue
			}
			if row >= to || !yield(row) {
				return
			}
		}
	}
}

// inRange says whether an event time is within the request's bounds.
func (w *work) inRange(t int64) bool { return t >= w.since && t < w.until }
