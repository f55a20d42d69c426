package parse

import "time"

// dateOrder is the order in which a source writes the numbers of its dates.
type dateOrder uint8

const (
	orderUnknown dateOrder = iota
	monthFirst
	dayFirst
	yearFirst
)

// mixed are the numbers of a date whose order its line does not tell.
type mixed struct {
	n       int // how many: 0, two (with or without a year of four digits), or three of two digits
	numbers [3]int
	usual   dateOrder // where nothing tells
}

// settle gives t its year, month and day when its numbers can be read in several ways, and
// says whether they are a date.
//
// A number that can be only one of them decides, and is remembered for the source until
// another one decides otherwise. Before that the reading within a day of the observed time
// is taken, if there is one such reading; else the usual one: month/day/year, but
// day.month.year with points, and year/month/day for three numbers of two digits.
func (c *clock) settle(t *civil) bool {
	if t.mixed.n == 0 {
		return true
	}
	orders := []dateOrder{yearFirst, monthFirst, dayFirst}[3-t.mixed.n:]
	var valid [3]dateOrder
	k := 0
	for _, o := range orders {
		if !c.possible(t, o) {
			continue
		}
		if o == c.order {
			t.arrange(o)
			return true
		}
		valid[k] = o
		k++
	}
	switch k {
	case 0:
		return false
	case 1:
		if t.mixed.numbers[0] != t.mixed.numbers[1] || t.mixed.n == 3 {
			c.order = valid[0]
		}
		t.arrange(valid[0])
		return true
	}
	best, near := valid[0], 0
	for _, o := range valid[:k] {
		if o == t.mixed.usual {
			best = o
		}
	}
	usual := best
	for _, o := range valid[:k] {
		t.arrange(o)
		if d := c.observed - c.unix(t); c.observed != 0 && d < int64(24*time.Hour) && d > -int64(24*time.Hour) {
			best = o
			near++
		}
	}
	if near != 1 {
		best = usual
	}
	t.arrange(best)
	return true
}

// possible says whether the numbers make a date in an order, and one that can have been
// when the line was seen.
func (c *clock) possible(t *civil, o dateOrder) bool {
	t.arrange(o)
	if !t.valid() {
		return false
	}
	return t.mixed.n == 2 || c.observed == 0 || c.unix(t) <= c.observed+int64(24*time.Hour)
}

func (t *civil) arrange(o dateOrder) {
	n := &t.mixed.numbers
	switch o {
	case yearFirst:
		t.year, t.month, t.day = century(n[0]), n[1], n[2]
	case monthFirst:
		t.month, t.day = n[0], n[1]
	case dayFirst:
		t.day, t.month = n[0], n[1]
	}
	if t.mixed.n == 3 && o != yearFirst {
		t.year = century(n[2])
	}
}
