package store

import (
	"cmp"
	"slices"
	"sync"

	"foghorn/pipeline/query"
)

// Thinned is a range of a source of which retention has left only some lines.
type Thinned struct {
	Source string
	// Query is what the lines match that are left.
	Query string
	// From and Until are the oldest and the newest event time there was, Unix nanoseconds,
	// both inclusive.
	From, Until int64
	// Lines is how many are gone.
	Lines int64
}

// Thinned lists what retention has thinned, by source, and not removed whole since. The list
// must not be changed.
func (s *Store) Thinned() []Thinned {
	s.mu.Lock()
	t, segments := s.thinned, s.segments
	s.mu.Unlock()
	t.once.Do(func() { t.list = listThinned(segments) })
	return t.list
}

// thinnedList is what Thinned returns until retention thins, or removes, the next lines: it is
// made when it is asked for, and without the store's lock, as there may be many runs.
type thinnedList struct {
	once sync.Once
	list []Thinned
}

func listThinned(segments []*segment) []Thinned {
	type key struct{ source, query string }
	all := make(map[key]Thinned)
	for _, seg := range segments {
		if len(seg.Keep) == 0 {
			continue
		}
		text := keepText(seg.Keep)
		for i := range seg.Runs {
			r := &seg.Runs[i]
			if r.Kept == nil {
				continue
			}
			k := key{r.Source, text}
			t, ok := all[k]
			if !ok {
				t = Thinned{Source: r.Source, Query: text, From: r.MinTime, Until: r.MaxTime}
			}
			t.From, t.Until = min(t.From, r.MinTime), max(t.Until, r.MaxTime)
			t.Lines += r.Covers() - int64(r.Rows)
			all[k] = t
		}
	}
	out := make([]Thinned, 0, len(all))
	for _, t := range all {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Thinned) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.From, b.From), cmp.Compare(a.Query, b.Query))
	})
	return out
}

// keepText makes one query of a footer's Keep.
func keepText(keep [][]string) string {
	var all []query.Node
	for _, queries := range keep {
		var some []query.Node
		for _, q := range queries {
			n, err := query.Parse(q)
			if err != nil { // a text of a later version of the language
				n = query.Phrase{Text: q}
			}
			some = append(some, n)
		}
		if len(some) == 1 {
			all = append(all, some[0])
		} else {
			all = append(all, query.Or{Nodes: some})
		}
	}
	if len(all) == 1 {
		return all[0].String()
	}
	return query.And{Nodes: all}.String()
}
