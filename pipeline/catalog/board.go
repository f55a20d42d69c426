package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/templates"
)

// Bus opens a partition of a topic for a reader that belongs to no group; from may be 0.
type Bus interface {
	Open(topic string, partition int, from int64) pipeline.Claim
}

// Board holds what the topic says, as far as Run has read it. It is safe for concurrent
// use.
type Board struct {
	cfg Config
	bus Bus
	log zerolog.Logger

	mu        sync.Mutex
	changed   *sync.Cond
	reads     int64 // how many reads have begun
	atEnd     int64 // the last of them that has found the end of the topic
	version   int64
	templates map[string]*held[known]
	reader    reader
	expected  map[uint64]known // by the hash of a record that a Recorder here has made
	counts    map[span]*heldCounts
	progress  map[int]int64
	curations map[string]*held[Curation]
	ids       resolver
	seen      *view // nil: templates or curations have changed
	bad, left int64
	unread    atomic.Int64 // records of counts that could not be read when someone asked
	removed   recent       // templates that were removed
	fresh     recent       // templates that came or changed
}

// held is a record with the version of the Board at which it came. It is not changed.
type held[T any] struct {
	value   T
	hash    uint64 // of the record's value, of templates
	version int64
}

// NewBoard returns an empty Board.
func NewBoard(cfg Config, bus Bus, log zerolog.Logger) *Board {
	b := &Board{
		cfg: cfg, bus: bus, log: log.With().Str("component", "templates").Logger(),
		templates: make(map[string]*held[known]), counts: make(map[span]*heldCounts),
		progress: make(map[int]int64), curations: make(map[string]*held[Curation]), expected: make(map[uint64]known),
	}
	b.ids.init(b)
	b.changed = sync.NewCond(&b.mu)
	return b
}

// readWait is how long a read of the topic waits for records.
const readWait = 200 * time.Millisecond

// Run reads the topic from its beginning until ctx ends. It waits for an absent broker.
func (b *Board) Run(ctx context.Context) error {
	reader := b.bus.Open(pipeline.TopicTemplates, 0, 0)
	for {
		b.mu.Lock()
		b.reads++
		read := b.reads
		b.mu.Unlock()
		batch, err := reader.Fetch(ctx, readWait)
		var gap *pipeline.GapError // what compaction has removed is in later records
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !errors.As(err, &gap) {
			return fmt.Errorf("read %s: %w", pipeline.TopicTemplates, err)
		}
		b.take(batch)
		n := len(batch)
		if err == nil && (n == 0 || batch[n-1].Offset+1 >= reader.HighWatermark()) {
			b.mu.Lock()
			b.atEnd = read
			b.changed.Broadcast()
			b.mu.Unlock()
		}
	}
}

// Wait returns when Run has read all records that were on the topic when it was called, or
// with ctx's error.
func (b *Board) Wait(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.changed.Broadcast()
	})()
	b.mu.Lock()
	defer b.mu.Unlock()
	for read := b.reads; b.atEnd <= read; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.changed.Wait()
	}
	return nil
}

// Stats tells how much a Board holds, and what it has left out.
type Stats struct {
	Templates, Spans, Curations int
	// Bad are records that could not be read, Left templates beyond Config.MaxTemplates.
	Bad, Left int64
}

// Stats returns what the Board holds now.
func (b *Board) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{Templates: len(b.templates), Spans: len(b.counts), Curations: len(b.curations), Bad: b.bad + b.unread.Load(), Left: b.left}
}

// take takes records of the topic.
func (b *Board) take(batch []pipeline.Message) {
	if len(batch) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.version++
	for i := range batch {
		m := &batch[i]
		if err := b.record(string(m.Key), m.Value); err != nil {
			b.bad++
			b.log.Warn().Err(err).Int64("offset", m.Offset).Msg("record of templates cannot be read")
		}
	}
}

// record takes one record.
func (b *Board) record(key string, value []byte) error {
	switch {
	case strings.HasPrefix(key, keyCounts):
		s, err := parseSpan(key)
		if err != nil {
			return err
		}
		return b.putCounts(s, value)
	case strings.HasPrefix(key, keyProgress):
		partition, err := strconv.Atoi(key[len(keyProgress):])
		if err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		var p Progress
		if err := decode(value, &p); err != nil {
			return fmt.Errorf("record %s: %w", key, err)
		}
		b.progress[partition] = p.Offset
		return nil
	}
	b.seen = nil
	if strings.HasPrefix(key, keyCuration) {
		return putHeld(b.curations, key[len(keyCuration):], value, b.version)
	}
	if value == nil && b.templates[key] != nil {
		b.removed.add(key, b.version)
	}
	if value != nil && b.templates[key] == nil && len(b.templates) >= b.cfg.MaxTemplates {
		b.left++
		return nil
	}
	if value == nil {
		delete(b.templates, key)
		return nil
	}
	hash := xxhash.Sum64(value)
	t, ok := b.expected[hash]
	delete(b.expected, hash)
	if !ok || t.ID() != key {
		var err error
		if t, err = b.reader.read(value, b.cfg.Miner); err != nil {
			return fmt.Errorf("record %s: %w", key, err)
		}
		if t.ID() != key {
			return fmt.Errorf("record %s: has the id %q", key, t.ID())
		}
	}
	h := &held[known]{value: t, hash: hash, version: b.version}
	b.templates[t.ID()] = h
	b.fresh.add(t.ID(), b.version)
	b.ids.add(t.Knowledge)
	return nil
}

// maxExpected is how many records are expected at most: of some that a Recorder has made
// none may ever come, as when its process loses the partition before they are written.
const maxExpected = 10_000

// expect says what the record of a template holds that will come, by its hash: a process
// need not read again what it wrote.
func (b *Board) expect(hash uint64, k known) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.expected) >= maxExpected {
		clear(b.expected)
	}
	b.expected[hash] = k
}

func decode(value []byte, into any) error {
	if value == nil {
		return nil
	}
	return json.Unmarshal(value, into)
}

func putHeld[T any](m map[string]*held[T], key string, value []byte, version int64) error {
	if value == nil {
		delete(m, key)
		return nil
	}
	h := &held[T]{version: version}
	if err := json.Unmarshal(value, &h.value); err != nil {
		return fmt.Errorf("record %s: %w", key, err)
	}
	m[key] = h
	return nil
}

// news is what came after a version.
type news struct {
	version   int64
	templates []*held[known]
	// removed are the ids of templates that are no longer on the topic; allRemoved says
	// that there are more.
	removed    []string
	allRemoved bool
	// curations are all that there are.
	curations map[string]Curation
}

// since returns what came after a version; nil when nothing did.
func (b *Board) since(version int64) *news {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.version == version {
		return nil
	}
	n := &news{version: b.version}
	removed, all := b.removed.since(version)
	n.allRemoved = all
	for _, c := range removed {
		n.removed = append(n.removed, c.id)
	}
	changed, all := b.fresh.since(version)
	if all {
		for _, h := range b.templates {
			if h.version > version {
				n.templates = append(n.templates, h)
			}
		}
	} else {
		for _, c := range changed {
			if h := b.templates[c.id]; h != nil && h.version == c.version {
				n.templates = append(n.templates, h)
			}
		}
	}
	n.curations = make(map[string]Curation, len(b.curations))
	for id, h := range b.curations {
		n.curations[id] = h.value
	}
	return n
}

// entry returns the miner's knowledge of a template, or nil.
func (b *Board) entry(id string) *templates.Knowledge {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.templates[id]; h != nil {
		return h.value.Knowledge
	}
	return nil
}
