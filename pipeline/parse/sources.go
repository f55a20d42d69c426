package parse

import (
	"container/list"

	"foghorn/pipeline"
)

// source is what a Stage keeps for each source.
type source struct {
	id     string
	parser *Parser
	events []pipeline.Event // of this batch, that are in no record yet
	size   int              // of their record, see eventSize
	// pending: it has had events in this batch.
	pending bool
}

const (
	// maxRoom is how many events are gathered of a source before they become a record.
	maxRoom = 1024
	// maxKept is how many events' room all sources together keep from batch to batch.
	maxKept = 4096
)

// room returns the place of a source's next event.
func (s *sources) room(src *source) *pipeline.Event {
	if n := len(s.rooms); cap(src.events) == 0 && n > 0 {
		src.events, s.rooms = s.rooms[n-1], s.rooms[:n-1]
		s.kept -= cap(src.events)
	}
	src.events = append(src.events, pipeline.Event{})
	return &src.events[len(src.events)-1]
}

// release forgets a source's events, and keeps their room for any source's next ones.
func (s *sources) release(src *source) {
	if n := cap(src.events); n > 0 && s.kept+n <= maxKept {
		clear(src.events)
		s.rooms = append(s.rooms, src.events[:0])
		s.kept += n
	}
	src.events, src.size, src.pending = nil, 0, false
}

// sources are the sources of a partition, the one last seen in front.
type sources struct {
	max   int
	byID  map[string]*list.Element
	order *list.List
	last  *source
	rooms [][]pipeline.Event // without events
	kept  int                // how many events fit in rooms
}

func (s *sources) init(limit int) {
	s.max, s.byID, s.order = limit, make(map[string]*list.Element), list.New()
}

// get returns the source, made anew for stage when it is not known.
func (s *sources) get(id string, stage *Stage) *source {
	if s.last != nil && s.last.id == id {
		return s.last
	}
	if el, ok := s.byID[id]; ok {
		s.order.MoveToFront(el)
		s.last = el.Value.(*source)
		return s.last
	}
	for s.order.Len() >= s.max {
		oldest := s.order.Back()
		if oldest.Value.(*source).pending {
			break // forgotten, its lines still to come could go before those gathered
		}
		old := s.order.Remove(oldest).(*source)
		delete(s.byID, old.id)
		stage.high.Forget(old.id)
	}
	s.last = &source{id: id, parser: newParser(stage.cfg.Parse, &stage.buf)}
	s.byID[id] = s.order.PushFront(s.last)
	return s.last
}
