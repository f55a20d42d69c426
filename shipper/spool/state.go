package spool

import (
	"encoding/binary"
	"time"
)

const (
	// minKeys and maxKeysKept bound the keys of one half of the memory, keysFor is how long
	// a half lasts at least while there is room.
	minKeys     = 65_536
	maxKeysKept = 262_144
	keysFor     = 10 * time.Minute
)

// state is what the batches appended so far leave behind: keys and marks.
type state struct {
	marks      map[string]string
	young, old map[[16]byte]struct{}
	begun      time.Time // when young's first key came
	limit      int       // of young
}

// newState returns an empty state for a queue of maxBytes: its keys take an eighth of that
// at most.
func newState(maxBytes int64) *state {
	return &state{
		marks: make(map[string]string), young: make(map[[16]byte]struct{}),
		limit: int(min(maxKeysKept, maxBytes/(8*2*16))),
	}
}

func (s *state) has(key [16]byte) bool {
	if _, ok := s.young[key]; ok {
		return true
	}
	_, ok := s.old[key]
	return ok
}

// add remembers a batch.
func (s *state) add(key [16]byte, name, mark string, now time.Time) {
	if name != "" {
		s.marks[name] = mark
	}
	if key == ([16]byte{}) {
		return
	}
	if len(s.young) == 0 {
		s.begun = now
	}
	if n := len(s.young); n >= s.limit || n >= minKeys && now.Sub(s.begun) >= keysFor {
		s.old, s.young, s.begun = s.young, make(map[[16]byte]struct{}), now
	}
	s.young[key] = struct{}{}
}

// size is what its record takes, but for the marks.
func (s *state) size() int64 { return int64(frameBytes + 64 + 16*(len(s.young)+len(s.old))) }

// record is the state as the first record of a segment.
func (s *state) record(salt uint32) []byte {
	b := make([]byte, frameBytes, s.size())
	b = append(b, kindState)
	b = binary.AppendUvarint(b, uint64(len(s.marks)))
	for name, mark := range s.marks {
		b = appendStr(appendStr(b, name), mark)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(s.begun.UnixNano()))
	for _, keys := range []map[[16]byte]struct{}{s.young, s.old} {
		b = binary.AppendUvarint(b, uint64(len(keys)))
		for key := range keys {
			b = append(b, key[:]...)
		}
	}
	sealFrame(b, salt)
	return b
}

// readState is the inverse of record.
func readState(payload []byte, maxBytes int64) (*state, error) {
	c := &cursor{b: payload}
	s := newState(maxBytes)
	if c.byte() != kindState {
		return nil, errPayload
	}
	for range c.count(2) {
		name := string(c.str())
		s.marks[name] = string(c.str())
	}
	s.begun = time.Unix(0, int64(c.u64()))
	s.old = make(map[[16]byte]struct{})
	for _, keys := range []map[[16]byte]struct{}{s.young, s.old} {
		for range c.count(16) {
			keys[[16]byte(c.take(16))] = struct{}{}
		}
	}
	if c.bad || c.left() > 0 {
		return nil, errPayload
	}
	return s, nil
}

// replay takes a batch's payload that was read from a file.
func (s *state) replay(payload []byte, now time.Time) {
	c := &cursor{b: payload}
	if h := c.head(); !c.bad {
		s.add(h.key, string(h.name), string(h.mark), now)
	}
}
