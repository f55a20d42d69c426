package alert

// seen remembers the highest Seq of each anomaly. It holds between maxSeen and twice as
// many of the newest ids, and forgets older ones.
type seen struct {
	young, old map[string]int
}

const maxSeen = 50_000

func newSeen() *seen { return &seen{young: map[string]int{}} }

// fresh notes the event and tells whether it comes for the first time.
func (s *seen) fresh(id string, seq int) bool {
	last, ok := s.young[id]
	if !ok {
		last, ok = s.old[id]
	}
	if ok && seq <= last {
		return false
	}
	if len(s.young) >= maxSeen {
		s.old, s.young = s.young, map[string]int{}
	}
	s.young[id] = seq
	return true
}
