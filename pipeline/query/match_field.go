package query

import (
	"time"

	"foghorn/pipeline"
)

// findField evaluates a Field on events.
type findField struct {
	name string
	test func(string) bool
}

func buildField(f Field) predicate {
	switch pipeline.CanonicalField(f.Name) {
	case "body":
		// The text of the line is searched where it lies, without a copy.
		switch f.Op {
		case Contains:
			return findPhrase{newPhrase(foldedWords(f.Value))}
		case Has:
			return findExact{[]byte(f.Value)}
		case Matches:
			return newFindRegex(f.Value, f.Fold, f.RE)
		}
	case "timestamp":
		if t, ok := timeTest(f); ok {
			return findTime{func(e *pipeline.Event) int64 { return e.Timestamp }, t}
		}
	case "observed_timestamp":
		if t, ok := timeTest(f); ok {
			return findTime{func(e *pipeline.Event) int64 { return e.Observed }, t}
		}
	}
	return findField{f.Name, f.test()}
}

func (f findField) match(l *line) bool {
	v, ok := l.event.Field(f.name)
	return ok && f.test(v)
}

func (findField) cost() int { return 2 }

// findTime compares one of the event's own times, which are numbers, with RFC 3339 times.
type findTime struct {
	of   func(*pipeline.Event) int64
	test func(time.Time) bool
}

func (f findTime) match(l *line) bool { return f.test(time.Unix(0, f.of(l.event))) }
func (findTime) cost() int            { return 1 }

// timeTest returns the comparison of f on times, if all of its bounds are times.
func timeTest(f Field) (func(time.Time) bool, bool) {
	switch f.Op {
	case Less, LessEqual, Greater, GreaterEqual:
		b := newBoundary(f.Value, false)
		return func(t time.Time) bool { return holds(f.Op, t.Compare(b.time)) }, b.isTime
	case Between:
		low, high := newBoundary(f.Low, false), newBoundary(f.High, false)
		return func(t time.Time) bool {
			l, h := t.Compare(low.time), t.Compare(high.time)
			return (low.open || l > 0 || f.LowInclude && l == 0) && (high.open || h < 0 || f.HighInclude && h == 0)
		}, (low.open || low.isTime) && (high.open || high.isTime)
	}
	return nil, false
}
