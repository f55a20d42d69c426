package syslog

import (
	"bytes"
	"net/netip"
	"sort"
	"sync"
	"time"

	"foghorn/pipeline"
)

const (
	// forgetAfter is how long a silent sender keeps its place among the sources.
	forgetAfter = time.Hour
	// tidyEvery bounds how often places are looked for.
	tidyEvery = time.Minute
)

// sender is one source.
type sender struct {
	source string
	labels []pipeline.Attr
	seen   time.Time
}

// sources knows the senders, a bounded number of them. Safe for concurrent use.
type sources struct {
	max    int
	labels []pipeline.Attr // of every line, sorted

	mu     sync.Mutex
	known  map[string]*sender
	shared *sender
	tidied time.Time
	key    []byte
}

// labelPeer is the label that holds the address that a message came from.
const labelPeer = "network.peer.address"

// SharedSource is the source of the messages of senders beyond Config.MaxSources.
const SharedSource = "other:/syslog/other"

func newSources(limit int, labels map[string]string) *sources {
	s := &sources{max: limit, known: make(map[string]*sender)}
	for k, v := range labels {
		s.labels = append(s.labels, pipeline.Attr{Key: k, Value: v})
	}
	sort.Slice(s.labels, func(i, j int) bool { return s.labels[i].Key < s.labels[j].Key })
	s.shared = &sender{source: SharedSource, labels: s.labels}
	return s
}

// of returns the sender of a message.
func (s *sources) of(msg []byte, peer netip.Addr, now time.Time) *sender {
	host := hostname(msg)
	s.mu.Lock()
	defer s.mu.Unlock()
	ip := peer.As16()
	s.key = append(append(s.key[:0], ip[:]...), host...)
	if e := s.known[string(s.key)]; e != nil {
		e.seen = now
		return e
	}
	if len(s.known) >= s.max {
		s.tidy(now)
		if len(s.known) >= s.max {
			return s.shared
		}
	}
	name, from := string(bytes.ReplaceAll(host, []byte{':'}, []byte{'-'})), address(peer)
	if name == "" {
		name = from
	}
	e := &sender{source: pipeline.SourceID(name, "/syslog/"+from), seen: now}
	e.labels = append(e.labels, s.labels...)
	e.labels = append(e.labels, pipeline.Attr{Key: labelPeer, Value: peer.Unmap().WithZone("").String()})
	sort.SliceStable(e.labels, func(i, j int) bool { return e.labels[i].Key < e.labels[j].Key })
	s.known[string(s.key)] = e
	return e
}

// tidy forgets senders that were silent for long. s.mu is held.
func (s *sources) tidy(now time.Time) {
	if now.Sub(s.tidied) < tidyEvery {
		return
	}
	s.tidied = now
	for key, e := range s.known {
		if now.Sub(e.seen) > forgetAfter {
			delete(s.known, key)
		}
	}
}

// count returns how many senders are known.
func (s *sources) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.known)
}
