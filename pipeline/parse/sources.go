package parse

import (
	"container/list"

	"foghorn/pipeline"
)

// source is what a Stage keeps for each source.
type source struct {
	id     string
	parser *Parser
	events []pipeline.Event // of this batch
}

// maxKept is how many events' room a source keeps from batch to batch.
const maxKept = 256

// release forgets the events and gives back room beyond maxKept.
func (s *source) release() {
	if cap(s.events) > maxKept {
		s.events = nil
		return
	}
	clear(s.events)
	s.events = s.events[:0]
}

// room returns the place of the source's next event.
func (s *source) room() *pipeline.Event {
	s.events = append(s.events, pipeline.Event{})
	return &s.events[len(s.events)-1]
}

// sources are the sources of a partition, the one last seen in front.
type sources struct {
	max   int
	byID  map[string]*list.Element
	order *list.List
	last  *source
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
	if s.order.Len() >= s.max {
		old := s.order.Remove(s.order.Back()).(*source)
		delete(s.byID, old.id)
		stage.high.Forget(old.id)
	}
	s.last = &source{id: id, parser: newParser(stage.cfg.Parse, &stage.buf)}
	s.byID[id] = s.order.PushFront(s.last)
	return s.last
}
