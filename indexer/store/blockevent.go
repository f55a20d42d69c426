package store

import "foghorn/pipeline"

// continues says that row i goes on with the event of the row before. A block's first row
// never does, whatever its bytes say.
func (b *Block) continues(i int) bool {
	switch {
	case i == 0:
		return false
	case b.rows != nil:
		return b.rows[i].continues
	}
	return b.sealed.flags[i]&flagContinues != 0
}

// Joined says whether there can be events of more than one row.
func (b *Block) Joined() bool { return b.joined || b.sealed != nil && b.sealed.several }

// EventEnd returns the row behind the last one of the event that row i belongs to.
func (b *Block) EventEnd(i int) int {
	i++
	for n := b.Len(); i < n && b.continues(i); {
		i++
	}
	return i
}

// Whole fills e with the event whose lines are the rows from first to before end, as it
// was before it was taken apart; its sizes only if Load read the rows, as of Event. A body of
// several lines is made in buf, which is returned as it has grown; all else shares the block's
// memory and must not be changed.
func (b *Block) Whole(first, end int, e *pipeline.Event, buf []byte) []byte {
	sized := b.rows != nil || b.sealed.resolved[b.sourceOf(first)].Load()
	b.Event(first, e)
	if end-first < 2 {
		return buf
	}
	body := append(buf[:0], e.Body...)
	follow := e.Size == int64(len(e.Body))+1
	for i := first + 1; i < end; i++ {
		line := b.Body(i)
		body = append(append(body, '\n'), line...)
		if !sized { // another reader may be about to find them out
			continue
		}
		size := b.size(i)
		e.Size += size
		follow = follow && (size == int64(len(line))+1 || i == end-1 && size == int64(len(line)))
	}
	e.Body = body
	for i := first; i < end && sized && !follow; i++ {
		e.Sizes = append(e.Sizes, b.size(i))
	}
	return body
}

func (b *Block) size(i int) int64 {
	if b.rows != nil {
		return b.rows[i].size
	}
	return b.sealed.sizes[i]
}
