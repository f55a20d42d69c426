package search

import (
	"context"
	"sync/atomic"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// tailBatches is how many records' events may wait to be matched for one follower.
const tailBatches = 256

// Tail returns a channel of the matching events as they are indexed, from now on, until ctx
// ends, when it is closed; and a function that tells how many were dropped. The channel
// holds buffer events; a reader that is slower than they come drops some and never holds
// up indexing.
func (s *Searcher) Tail(ctx context.Context, q query.Node, buffer int) (<-chan pipeline.Event, func() (dropped int64)) {
	var lost atomic.Int64
	out := make(chan pipeline.Event, buffer)
	in, end := s.store.Tail(tailBatches, func(lines int) { lost.Add(int64(lines)) })
	matcher := query.Compile(filterOf(&Request{Query: q}))
	go func() {
		defer close(out)
		defer end()
		for {
			select {
			case <-ctx.Done():
				return
			case events := <-in:
				for i := range events {
					if !matcher.Match(&events[i]) {
						continue
					}
					select {
					case out <- events[i]:
					default:
						lost.Add(1)
					}
				}
			}
		}
	}()
	return out, lost.Load
}
