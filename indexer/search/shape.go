package search

import (
	"math"
	"sort"
	"sync"

	"foghorn/pipeline"
)

// shape is what is known of a block once it was asked for: counting all events of all blocks
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

// put keeps the shape of a block of so many lines.
func (s *shapes) put(k cacheKey, events, lines int) shape {
	v := shape{events: int64(events), joined: events < lines}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxShapes {
		s.known = make(map[cacheKey]shape)
	}
	s.known[k] = v
	return v
}

// wholly says that all events of a sealed block match.
func (w *work) wholly(k unitKey) bool {
	if !w.all || !k.part.Sealed() {
		return false
	}
	oldest, newest := k.part.Times(k.block)
	return oldest >= w.since && (w.until == math.MaxInt64 || newest < w.until)
}

// shapeOf returns the shape of a block all of whose events match, which is found out if it
// must be; without reading more than that.
func (w *work) shapeOf(k unitKey, read bool) (of shape, ok bool) {
	if !w.wholly(k) {
		return of, false
	}
	if of, ok = w.s.shapes.get(cacheKey{k.part.Segment(), k.block}); ok || !read {
		return of, ok
	}
	of, err := w.shape(k)
	return of, err == nil // reading the block will tell
}

// shape returns the shape of a sealed block, and reads it if it must.
func (w *work) shape(k unitKey) (shape, error) {
	key := cacheKey{k.part.Segment(), k.block}
	if of, ok := w.s.shapes.get(key); ok {
		return of, nil
	}
	events, err := k.part.Events(k.block)
	if err != nil {
		return shape{}, err
	}
	_, lines := k.part.Rows(k.block)
	return w.s.shapes.put(key, events, lines), nil
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
	name := pipeline.CanonicalField(field)
	for i := sort.Search(len(runs), func(i int) bool { return runs[i].FirstRow+runs[i].Rows > first }); i < len(runs) && runs[i].FirstRow < first+n; i++ {
		r := &runs[i]
		if r.Generation == 0 {
			return false
		}
		rows := min(r.FirstRow+r.Rows, first+n) - max(r.FirstRow, first)
		value := r.Source
		switch name {
		case "host.name":
			value = r.Host
		case "log.file.path":
			value = r.Path
		}
		if rows > 0 && value != "" {
			yield(value, int64(rows))
		}
	}
	return true
}
