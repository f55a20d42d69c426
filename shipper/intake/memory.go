package intake

import "sync/atomic"

// memory is the bytes that all requests may hold at once.
type memory struct{ left atomic.Int64 }

// take takes n bytes, or none and returns false.
func (m *memory) take(n int64) bool {
	if m.left.Add(-n) < 0 {
		m.left.Add(n)
		return false
	}
	return true
}

func (m *memory) give(n int64) { m.left.Add(n) }

// slots bound how many do something at a time.
type slots chan struct{}

func (s slots) take() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) give() { <-s }
