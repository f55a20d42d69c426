package search

import (
	"math"
	"sort"
	"sync"

	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// shape is what is known of a block that was read before: counting all events of all blocks
// needs no more.
type shape struct {
	events int64
	joined bool // some events have several rows
}

// shapes keeps the shapes of sealed blocks, which never change, without their lines.
type shapes struct {
	mu    sync.RWMutex
	known map[cacheKey]shape
}

// maxShapes bounds them: about 40 MB, for as many as eight thousand million lines.
const maxShapes = 1 << 20

func (s *shapes) get(k cacheKey) (shape, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.known[k]
	return v, ok
}

// put keeps the shape of a block whose numbers are loaded.
func (s *shapes) put(k cacheKey, b *store.Block) {
	if _, ok := s.get(k); ok {
		return
	}
	v := shape{events: int64(b.Len()), joined: b.Joined()}
	if v.joined {
		v.events = 0
		for i := 0; i < b.Len(); i = b.EventEnd(i) {
			v.events++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxShapes {
		s.known = make(map[cacheKey]shape)
	}
	s.known[k] = v
}

// shapeOf returns the shape of a block all of whose events match, if that is known without
// reading it.
func (w *work) shapeOf(k unitKey) (shape, bool) {
	if _, all := filterOf(&w.req).(query.All); !all || !k.part.Sealed() {
		return shape{}, false
	}
	if oldest, newest := k.part.Times(k.block); oldest < w.since || w.until != math.MaxInt64 && newest >= w.until {
		return shape{}, false
	}
	return w.s.shapes.get(cacheKey{k.part.Segment(), k.block})
}

// inRuns says whether the runs of a part tell a field of all their lines.
func inRuns(field string) bool {
	switch pipeline.CanonicalField(field) {
	case "host.name", "log.file.path", "source":
		return true
	}
	return false
}

// runValues calls yield with how many rows of a block have which value of a field that is
// inRuns. It returns false where the runs do not tell: each line of a foreign producer has
// its own host.
func runValues(k unitKey, field string, yield func(value string, rows int64)) bool {
	first, n := k.part.Rows(k.block)
	runs := k.part.Runs()
	for i := sort.Search(len(runs), func(i int) bool { return runs[i].FirstRow+runs[i].Rows > first }); i < len(runs) && runs[i].FirstRow < first+n; i++ {
		r := &runs[i]
		if r.Generation == 0 {
			return false
		}
		rows := min(r.FirstRow+r.Rows, first+n) - max(r.FirstRow, first)
		value := map[string]string{"host.name": r.Host, "log.file.path": r.Path, "source": r.Source}[pipeline.CanonicalField(field)]
		if rows > 0 && value != "" {
			yield(value, int64(rows))
		}
	}
	return true
}
