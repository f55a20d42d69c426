package pipeline

// EventEncoder makes records as EncodeEvents does, in the memory of records that nobody uses
// any more. The zero EventEncoder is ready. It is used by one goroutine.
type EventEncoder struct {
	free [][]byte
	size int // of free
}

// Bounds of what an EventEncoder keeps.
const (
	maxFree      = 32
	maxFreeBytes = 1 << 20
)

// Recycle takes the memory of the records of logs.events among msgs for the next records.
// Memory that it was given before and has not needed since is let go.
func (x *EventEncoder) Recycle(msgs []Message) {
	clear(x.free)
	x.free, x.size = x.free[:0], 0
	for i := range msgs {
		b := msgs[i].Value
		if msgs[i].Topic != TopicEvents || len(x.free) == maxFree || x.size+cap(b) > maxFreeBytes {
			continue
		}
		x.free = append(x.free, b[:0])
		x.size += cap(b)
	}
}

// room returns memory for n bytes: the smallest that is free.
func (x *EventEncoder) room(n int) []byte {
	best := -1
	for i, b := range x.free {
		if cap(b) >= n && (best < 0 || cap(b) < cap(x.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return make([]byte, n)
	}
	b, last := x.free[best], len(x.free)-1
	x.free[best], x.free[last] = x.free[last], nil
	x.free = x.free[:last]
	x.size -= cap(b)
	return b
}
