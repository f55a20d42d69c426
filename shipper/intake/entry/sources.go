package entry

import (
	"strings"
	"sync"
	"time"

	"foghorn/pipeline"
)

// Sources gives source ids and bounds how many there are. It is safe for concurrent use.
type Sources struct {
	max  int
	mu   sync.Mutex
	byID map[sourceKey]*knownSource
	next time.Time // no search for idle ones before
}

type sourceKey struct{ endpoint, host, name string }

type knownSource struct {
	id   string
	used time.Time
}

// idleSource is how long a source without lines keeps its place once all are taken.
const idleSource = time.Hour

// NewSources returns Sources that hand out at most limit ids at a time, and one more per
// endpoint that all further senders share: there their lines stay in the order in which
// they came.
func NewSources(limit int) *Sources {
	return &Sources{max: limit, byID: make(map[sourceKey]*knownSource)}
}

// get returns the source id of a sender's stream; shared says that it is the one of many.
func (s *Sources) get(endpoint string, host, name []byte, now time.Time) (id string, shared bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.byID[sourceKey{endpoint, string(host), string(name)}]; ok {
		k.used = now
		return k.id, false
	}
	if len(s.byID) >= s.max && !now.Before(s.next) {
		s.next = now.Add(time.Minute)
		for key, k := range s.byID {
			if now.Sub(k.used) >= idleSource {
				delete(s.byID, key)
			}
		}
	}
	if len(s.byID) >= s.max {
		return pipeline.SourceID("", "/"+endpoint+"/others"), true
	}
	key := sourceKey{endpoint, string(host), string(name)}
	id = pipeline.SourceID(SourceHost(key.host), "/"+endpoint+"/"+clean(key.name))
	s.byID[key] = &knownSource{id: id, used: now}
	return id, false
}

// Source names the stream of the records to come. Lines of one source keep their order.
// Without a host it is the sender's address, until the line itself names one.
func (b *Batch) Source(host, name []byte) {
	o := &b.origin
	b.peer = len(host) == 0
	if b.peer {
		host = []byte(o.Peer)
	}
	id, shared := b.sources.get(o.Endpoint, host, name, o.Observed)
	b.source, b.host = id, ""
	if told := string(host); shared || SourceHost(told) != told {
		b.host = told
	}
}

// maxHost and maxName are the lengths at which the parts of a source id are cut.
const (
	maxHost = 128
	maxName = 256
)

// SourceHost is a host as it stands in a source id, where a colon would end it: that of an
// IPv6 address becomes '-'.
func SourceHost(host string) string {
	return clean(strings.ReplaceAll(host[:min(len(host), maxHost)], ":", "-"))
}

// clean makes a name that can stand in a path and on a terminal.
func clean(name string) string {
	name = strings.ToValidUTF8(name[:min(len(name), maxName)], "_")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '_'
		}
		return r
	}, name)
}
