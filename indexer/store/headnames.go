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
	commons []common
	keys    []string // of attributes
	starts  []start

	numbers   map[string]uint32
	current   uint32   // the source of the last event
	lastOf    []uint32 // by source, the common of its last event
	origins   map[origin]uint32
	numberOf  map[commonKey]uint32
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
	origin
	originNumber            uint32
	level, template, class  string
	severity                pipeline.Severity
	truncated, timeObserved bool
}

// origin is what most events of a source have alike.
type origin struct {
	source, host, path, service string
	number                      uint32 // of the source
	generation                  uint64
}

// commonKey is common with its origin's number.
type commonKey struct {
	origin                  uint32
	severity                pipeline.Severity
	truncated, timeObserved bool
	level, template, class  string
}

// commonMemory is about what one more common takes, in bytes.
const commonMemory = int64(unsafe.Sizeof(common{})+2*unsafe.Sizeof(commonKey{})) + 128

func newNames() *names {
	return &names{
		numbers: make(map[string]uint32), origins: make(map[origin]uint32),
		numberOf: make(map[commonKey]uint32), keyNumber: make(map[string]uint32),
	}
}

// common returns the number of what e, whose first line has the numbers seq and line, has in
// common with others, and whether it is the first of its kind.
func (n *names) common(e *pipeline.Event, seq, line int64) (number uint32, fresh bool) {
	num, known := n.source(e.ID.Source)
	var last *common
	if known {
		last = &n.commons[n.lastOf[num]]
	}
	if !known || last.generation != e.ID.Generation {
		n.starts = append(n.starts, start{num, seq, line})
	}
	o := origin{n.sources[num], e.Host, e.Path, e.Service, num, e.ID.Generation}
	key := commonKey{0, e.Severity, e.Truncated, e.TimeObserved, e.SeverityText, e.Template, e.ErrorClass}
	if known && last.origin == o {
		if key.origin = last.originNumber; last.key() == key {
			return n.lastOf[num], false
		}
	} else {
		var ok bool
		if key.origin, ok = n.origins[o]; !ok {
			key.origin = uint32(len(n.origins))
			n.origins[o] = key.origin
		}
	}
	number, ok := n.numberOf[key]
	if !ok {
		number = uint32(len(n.commons))
		n.numberOf[key] = number
		n.commons = append(n.commons, common{o, key.origin, key.level, key.template, key.class, key.severity, key.truncated, key.timeObserved})
		n.keysOf = append(n.keysOf, nil)
	}
	n.lastOf[num] = number
	return number, !ok
}

func (c *common) key() commonKey {
	return commonKey{c.originNumber, c.severity, c.truncated, c.timeObserved, c.level, c.template, c.class}
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
	return namesView{slices.Clip(n.sources), slices.Clip(n.commons), slices.Clip(n.keys), slices.Clip(n.starts)}
}

// namesView are the names at one moment.
type namesView struct {
	sources []string
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
