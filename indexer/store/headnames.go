package store

import (
	"slices"
	"unsafe"

	"foghorn/pipeline"
)

// names are what many rows of a head have alike, each once; the rows have their numbers.
// Events that come after each other are mostly like the one before, so that is looked at
// before any map.
type names struct {
	sources []string
	origins []origin
	commons []common
	keys    []string // of attributes
	starts  []start

	numbers   map[string]uint32
	current   uint32   // the source of the last event
	lastOf    []uint32 // by source, the common of its last event
	originOf  map[origin]uint32
	numberOf  map[common]uint32
	keyNumber map[string]uint32
	keysOf    [][]uint32 // by common, the keys of its last event
}

// start is where a source's events begin to be of another generation than those before, with
// the numbers of the first line.
type start struct {
	source    uint32
	seq, line int64
}

// common is what many rows have alike.
type common struct {
	origin                  uint32 // its number
	severity                pipeline.Severity
	truncated, timeObserved bool
	level, template, class  string
}

// origin is what most events of a source have alike.
type origin struct {
	source, host, path, service string
	number                      uint32 // of the source
	generation                  uint64
}

// commonMemory is about what one more common takes, in bytes.
const commonMemory = int64(3*unsafe.Sizeof(common{})) + 128

func newNames() *names {
	return &names{
		numbers: make(map[string]uint32), originOf: make(map[origin]uint32),
		numberOf: make(map[common]uint32), keyNumber: make(map[string]uint32),
	}
}

// common returns the number of what e, whose first line has the numbers seq and line, has in
// common with others, and whether it is the first of its kind.
func (n *names) common(e *pipeline.Event, seq, line int64) (number uint32, fresh bool) {
	num, known := n.source(e.ID.Source)
	o := origin{n.sources[num], e.Host, e.Path, e.Service, num, e.ID.Generation}
	c := common{0, e.Severity, e.Truncated, e.TimeObserved, e.SeverityText, e.Template, e.ErrorClass}
	same := false
	if known {
		last := &n.commons[n.lastOf[num]]
		c.origin = last.origin
		if same = n.origins[c.origin] == o; same && *last == c {
			return n.lastOf[num], false
		}
	}
	if !known || n.origins[c.origin].generation != o.generation {
		n.starts = append(n.starts, start{num, seq, line})
	}
	if !same {
		var ok bool
		if c.origin, ok = n.originOf[o]; !ok {
			c.origin = uint32(len(n.origins))
			n.originOf[o], n.origins = c.origin, append(n.origins, o)
		}
	}
	number, ok := n.numberOf[c]
	if !ok {
		number = uint32(len(n.commons))
		n.numberOf[c], n.commons, n.keysOf = number, append(n.commons, c), append(n.keysOf, nil)
	}
	n.lastOf[num] = number
	return number, !ok
}

// source returns the number of a source, and whether an event of it came before.
func (n *names) source(id string) (num uint32, known bool) {
	if len(n.sources) > 0 && n.sources[n.current] == id {
		return n.current, true
	}
	num, known = n.numbers[id]
	if !known {
		num = uint32(len(n.sources))
		n.numbers[id] = num
		n.sources, n.lastOf = append(n.sources, id), append(n.lastOf, 0)
	}
	n.current = num
	return num, known
}

// key returns the number of the key of the i-th attribute of an event with that common.
func (n *names) key(common uint32, i int, key string) uint32 {
	likely := n.keysOf[common]
	if i < len(likely) && n.keys[likely[i]] == key {
		return likely[i]
	}
	num, ok := n.keyNumber[key]
	if !ok {
		num = uint32(len(n.keys))
		n.keyNumber[key] = num
		n.keys = append(n.keys, key)
	}
	if i < len(likely) {
		likely[i] = num
	} else if i == len(likely) {
		n.keysOf[common] = append(likely, num)
	}
	return num
}

// view returns the names so far.
func (n *names) view() namesView {
	return namesView{slices.Clip(n.sources), slices.Clip(n.origins), slices.Clip(n.commons), slices.Clip(n.keys), slices.Clip(n.starts)}
}

// namesView are the names at one moment.
type namesView struct {
	sources []string
	origins []origin
	commons []common
	keys    []string
	starts  []start
}

// startsBySource returns the starts of each source, in the order they came.
func (v *namesView) startsBySource() [][]start {
	out := make([][]start, len(v.sources))
	for _, s := range v.starts {
		out[s.source] = append(out[s.source], s)
	}
	return out
}
