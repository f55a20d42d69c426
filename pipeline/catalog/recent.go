package catalog

import "sort"

// recent remembers which ids have changed lately, so that whoever looks often need not look
// at all of them.
type recent struct {
	list      []change // by version
	forgotten int64    // the version of the latest change that is not in list any more
}

// change is an id and the version of the Board at which it changed.
type change struct {
	id      string
	version int64
}

// maxRecent is how many changes are remembered at least.
const maxRecent = 10_000

func (r *recent) add(id string, version int64) {
	if len(r.list) == 2*maxRecent {
		r.forgotten = r.list[maxRecent-1].version
		r.list = append(r.list[:0], r.list[maxRecent:]...)
	}
	r.list = append(r.list, change{id, version})
}

// since returns the changes after a version; all says that there were more.
func (r *recent) since(version int64) (list []change, all bool) {
	i := sort.Search(len(r.list), func(i int) bool { return r.list[i].version > version })
	return r.list[i:], r.forgotten > version
}
