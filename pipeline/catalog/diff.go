package catalog

import (
	"cmp"
	"slices"
	"time"
)

// Kinds of Change.
const (
	ChangeNew   = "new"   // no line before
	ChangeGone  = "gone"  // no line after
	ChangeMore  = "more"  // MuchMore times as many lines a second, or more
	ChangeFewer = "fewer" // the other way round
)

// MuchMore is how many times more lines make a Change.
const MuchMore = 5

// Change is a template whose lines are not as frequent as they were.
type Change struct {
	Row
	Kind string `json:"change"`
	// Before is the number of lines in the earlier time; Count that in the later.
	Before int64 `json:"before"`
}

// Diff is what changed between two times.
type Diff struct {
	// Before and After are the times compared: whole spans.
	Before Period `json:"before"`
	After  Period `json:"after"`
	// Changes are ordered by kind (new, more, fewer, gone), then by the lines concerned.
	Changes []Change `json:"changes"`
}

// Period is a time from From to before To.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Diff compares the templates of two times; q.From and q.To are not looked at.
func (b *Board) Diff(q Query, before, after Period) Diff {
	q.From, q.To = before.From, before.To
	old := b.List(q)
	q.From, q.To = after.From, after.To
	now := b.List(q)
	out := Diff{Before: Period{old.From, old.To}, After: Period{now.From, now.To}, Changes: []Change{}}
	was := make(map[string]Row, len(old.Rows))
	for _, row := range old.Rows {
		was[row.ID] = row
	}
	scale := rate(after) / rate(before)
	for _, row := range now.Rows {
		before := was[row.ID]
		delete(was, row.ID)
		c := Change{Row: row, Before: before.Count}
		switch expected := float64(before.Count) * scale; {
		case before.Count == 0:
			c.Kind = ChangeNew
		case float64(row.Count) >= MuchMore*expected:
			c.Kind = ChangeMore
		case float64(row.Count)*MuchMore <= expected:
			c.Kind = ChangeFewer
		default:
			continue
		}
		out.Changes = append(out.Changes, c)
	}
	for _, row := range was {
		c := Change{Row: row, Kind: ChangeGone, Before: row.Count}
		c.Count = 0
		out.Changes = append(out.Changes, c)
	}
	order := map[string]int{ChangeNew: 0, ChangeMore: 1, ChangeFewer: 2, ChangeGone: 3}
	slices.SortFunc(out.Changes, func(x, y Change) int {
		return cmp.Or(cmp.Compare(order[x.Kind], order[y.Kind]), cmp.Compare(max(y.Count, y.Before), max(x.Count, x.Before)), cmp.Compare(x.ID, y.ID))
	})
	return out
}

func rate(p Period) float64 { return max(1, p.To.Sub(p.From).Seconds()) }
