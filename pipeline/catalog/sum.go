package catalog

import (
	"slices"
	"time"
)

// sum adds up the tallies of a template.
type sum struct {
	Tally
	services []string // without ""
}

func (s *sum) add(service string, t Tally) {
	s.Lines, s.Last = s.Lines+t.Lines, max(s.Last, t.Last)
	if service != "" && !slices.Contains(s.services, service) {
		s.services = append(s.services, service)
	}
}

func (s *sum) join(o *sum) {
	s.add("", o.Tally)
	for _, service := range o.services {
		s.add(service, Tally{})
	}
}

// spanOfCounts is a span with its counts, which do not change: other counts take their place.
type spanOfCounts struct {
	span
	held *heldCounts
}

// spansIn returns the counts of the time from from to before to; of all time where one is
// zero. The Board is locked for that only: to read and add up all tallies can take seconds.
func (b *Board) spansIn(from, to time.Time) []spanOfCounts {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]spanOfCounts, 0, len(b.counts))
	for s, h := range b.counts {
		if s.seconds == 0 {
			s.seconds = max(0, h.counts().Until)
		}
		if s.end() <= from.Unix() && !from.IsZero() || !to.IsZero() && s.start >= to.Unix() {
			continue
		}
		out = append(out, spanOfCounts{s, h})
	}
	return out
}

// sums adds up what a query asks for by template id, and tells which time that is.
func (b *Board) sums(q Query) (sums map[string]*sum, from, to int64) {
	sums = make(map[string]*sum)
	for _, s := range b.spansIn(q.From, q.To) {
		if to == 0 || s.start < from {
			from = s.start
		}
		to = max(to, s.end())
		for service, tallies := range s.held.counts().Services {
			if q.Service != "" && service != q.Service {
				continue
			}
			for id, t := range tallies {
				of := sums[id]
				if of == nil {
					of = &sum{}
					sums[id] = of
				}
				of.add(service, t)
			}
		}
	}
	return sums, from, to
}
