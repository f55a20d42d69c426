package search

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"foghorn/indexer/store"
)

// HistogramSpec says how events are counted over time.
type HistogramSpec struct {
	// Interval is the width of the buckets, which start at its multiples since 1970, UTC.
	// 0 chooses a round one that gives at most 100 over the time asked for.
	Interval time.Duration
	// By also counts, in each bucket, the Top most frequent values of a field; empty: none.
	By  string
	Top int
}

// Histogram is the number of events over time.
type Histogram struct {
	Interval time.Duration `json:"-"`
	By       string        `json:"by,omitempty"`
	// Values are the most frequent ones of By, the first the most frequent.
	Values []string `json:"values,omitempty"`
	// Buckets are those with events, the oldest first.
	Buckets []Bucket `json:"buckets"`
	// CompleteFrom is there when the budget ran out: the answer is about the events from
	// then on, and the same request until then gives the rest. It is Until when the budget was
	// too small for any progress.
	CompleteFrom *time.Time `json:"complete_from,omitempty"`
	// Cut says that there were more values than can be held: one that came up late may be
	// missing from Values, and is then missing from all buckets.
	Cut bool `json:"cut,omitempty"`
	Summary
}

// Bucket counts the events from Time on, for one interval.
type Bucket struct {
	Time  time.Time `json:"time"`
	Count int64     `json:"count"`
	// Values counts those of Histogram.Values that are there.
	Values map[string]int64 `json:"values,omitempty"`
}

// MaxBuckets bounds the buckets of a histogram; autoBuckets those for which an interval is
// chosen.
const (
	MaxBuckets  = 10_000
	autoBuckets = 100
)

// ErrBuckets is wrapped by Histogram's error when there would be more than MaxBuckets.
var ErrBuckets = errors.New("too many buckets")

// cell is a bucket, or a value in it.
type cell struct {
	bucket int64
	value  string
	split  bool
}

// Histogram counts the matching events over time. The bounds of a search hold.
func (s *Searcher) Histogram(ctx context.Context, f Filter, spec HistogramSpec) (Histogram, error) {
	out := Histogram{Interval: spec.Interval, By: spec.By, Buckets: []Bucket{}}
	var err error
	out.Summary, err = s.run(ctx, f.request(), func(w *work) error {
		units := w.units(-1, math.MinInt64)
		if out.Interval <= 0 {
			out.Interval = w.interval(units)
		}
		g := &grid{width: int64(out.Interval), total: make(map[int64]int64), cells: make(map[cell]int64), room: tallyBytes}
		c := counted[map[cell]int64]{add: func(b *store.Block, rows func(func(int) bool)) map[cell]int64 { return g.count(b, rows, spec.By) }}
		if spec.By != "" {
			c.wants, c.text = wantsField(spec.By), inText(spec.By)
		}
		c.known = func(k unitKey, of shape) (map[cell]int64, bool) {
			oldest, newest := k.part.Times(k.block)
			bucket := floor(oldest, g.width)
			return map[cell]int64{{bucket: bucket}: of.events}, spec.By == "" && bucket == floor(newest, g.width)
		}
		from, err := tally(ctx, w, units, c, g.merge)
		if err != nil {
			return err
		}
		if from != math.MinInt64 {
			from = min((floor(from-1, g.width)+1)*g.width, w.until) // the first bucket that is whole
		}
		out.CompleteFrom, out.Cut = completeFrom(from), g.cut
		out.Values, out.Buckets = g.buckets(from, spec.Top)
		w.matched = 0
		for i := range out.Buckets {
			w.matched += out.Buckets[i].Count
		}
		return nil
	})
	return out, err
}

// grid is a histogram in the making.
type grid struct {
	width int64
	total map[int64]int64 // by bucket
	cells map[cell]int64  // by bucket and value
	room  int
	cut   bool
}

// count counts the events of a block, all and by value.
func (g *grid) count(b *store.Block, rows func(func(int) bool), by string) map[cell]int64 {
	out := make(map[cell]int64)
	rows(func(row int) bool {
		out[cell{bucket: floor(b.Time(row), g.width)}]++
		return true
	})
	if by != "" {
		valuesIn(b, rows, []string{by}, func(row, _ int, v string) {
			out[cell{floor(b.Time(row), g.width), v, true}]++
		})
	}
	return out
}

// merge adds what was counted in a block.
func (g *grid) merge(part map[cell]int64) error {
	for c, n := range part {
		if c.split {
			g.add(c, n)
			continue
		}
		if g.total[c.bucket] += n; len(g.total) > MaxBuckets {
			return fmt.Errorf("%w: more than %d of %s; expected a wider interval or a shorter time", ErrBuckets, MaxBuckets, time.Duration(g.width))
		}
	}
	return nil
}

func (g *grid) add(c cell, n int64) {
	if _, ok := g.cells[c]; !ok {
		size := entryBytes + len(c.value)
		if g.cut = g.cut || size > g.room; size > g.room {
			return
		}
		g.room -= size
		c.value = strings.Clone(c.value) // of its block
	}
	g.cells[c] += n
}

// buckets returns the buckets that start at from or later, and the top most frequent
// values in them.
func (g *grid) buckets(from int64, top int) (names []string, out []Bucket) {
	out = []Bucket{}
	for _, b := range slices.Sorted(maps.Keys(g.total)) {
		if b*g.width >= from {
			out = append(out, Bucket{Time: time.Unix(0, b*g.width).UTC(), Count: g.total[b]})
		}
	}
	sums := values{counts: make(map[string]int64), room: math.MaxInt}
	for c, n := range g.cells {
		if c.bucket*g.width >= from {
			sums.add(c.value, n)
		}
	}
	for _, v := range sums.top(top) {
		names = append(names, v.Value)
	}
	for i := range out {
		bucket := floor(out[i].Time.UnixNano(), g.width)
		for _, v := range names {
			if n := g.cells[cell{bucket, v, true}]; n > 0 {
				if out[i].Values == nil {
					out[i].Values = make(map[string]int64)
				}
				out[i].Values[v] = n
			}
		}
	}
	return names, out
}

// floor is t divided by width, rounded down.
func floor(t, width int64) int64 {
	n := t / width
	if t%width < 0 {
		n--
	}
	return n
}

// steps are the intervals that are chosen from.
var steps = []time.Duration{
	time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour,
}

// interval chooses the width of buckets by the times asked for, as far as there are events.
func (w *work) interval(units []timedUnit) time.Duration {
	oldest, newest := int64(math.MaxInt64), int64(math.MinInt64)
	for _, u := range units {
		first, last := u.key.part.Times(u.key.block)
		oldest, newest = min(oldest, first), max(newest, last)
	}
	span := float64(min(newest, w.until)) - float64(max(oldest, w.since))
	for _, d := range steps {
		if span/float64(d) < autoBuckets-1 {
			return d
		}
	}
	return steps[len(steps)-1] * time.Duration(1+span/float64(steps[len(steps)-1])/autoBuckets)
}
