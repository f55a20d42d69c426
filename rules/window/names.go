package window

import (
	"slices"

	"foghorn/rules"
)

// names are the hosts, services or templates of a group, each with the event time of the
// newest record that named it. At most rules.MaxNames are kept, the newest.
type names []name

type name struct {
	text string
	last int64
}

func (n *names) add(text string, last int64) {
	oldest := 0
	for i := range *n {
		x := &(*n)[i]
		if x.text == text {
			x.last = max(x.last, last)
			return
		}
		if x.last < (*n)[oldest].last {
			oldest = i
		}
	}
	if len(*n) >= rules.MaxNames {
		*n = slices.Delete(*n, oldest, oldest+1)
	}
	*n = append(*n, name{text, last})
}

// join adds to list, sorted, the names that were seen at or after since.
func (n names) join(list []string, since int64) []string {
	for _, x := range n {
		if x.last < since || len(list) >= rules.MaxNames {
			continue
		}
		if at, ok := slices.BinarySearch(list, x.text); !ok {
			list = slices.Insert(list, at, x.text)
		}
	}
	return list
}
