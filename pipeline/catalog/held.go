package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
)

// heldCounts is a record of counts that a Board holds. It is read when someone asks: every
// record but the last of a span is never asked for.
type heldCounts struct {
	board *Board
	span  span
	once  sync.Once
	value []byte // until it is read
	read  Counts
}

var errSyntax = errors.New("expected an object in JSON")

// putCounts takes a record of counts.
func (b *Board) putCounts(s span, value []byte) error {
	if value == nil {
		delete(b.counts, s)
		return nil
	}
	if !json.Valid(value) {
		return fmt.Errorf("record %s: %w", s.key(), errSyntax)
	}
	b.counts[s] = &heldCounts{board: b, span: s, value: bytes.Clone(value)}
	return nil
}

// counts returns the counts, which are not to be changed: none where they cannot be read,
// which is told once. The Board need not be locked.
func (h *heldCounts) counts() *Counts {
	h.once.Do(func() {
		err := json.Unmarshal(h.value, &h.read)
		h.value = nil
		if err != nil {
			h.read = Counts{}
			h.board.unread.Add(1)
			h.board.log.Warn().Err(err).Str("record", h.span.key()).Msg("record of templates cannot be read")
		}
	})
	return &h.read
}

// of returns the counts of a partition and up to where they hold; -1 when nothing is known.
func (b *Board) of(partition int) (counts map[span]Counts, progress int64) {
	b.mu.Lock()
	var list []*heldCounts
	for s, h := range b.counts {
		if s.partition == partition {
			list = append(list, h)
		}
	}
	progress, ok := b.progress[partition]
	b.mu.Unlock()
	if !ok {
		progress = -1
	}
	counts = make(map[span]Counts, len(list))
	for _, h := range list {
		counts[h.span] = h.counts().clone()
	}
	return counts, progress
}

func (c Counts) clone() Counts {
	out := Counts{Offset: c.Offset, Until: c.Until, Services: make(map[string]map[string]Tally, len(c.Services))}
	for service, tallies := range c.Services {
		out.Services[service] = maps.Clone(tallies)
	}
	return out
}
