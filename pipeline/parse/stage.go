package parse

import (
	"context"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"foghorn/pipeline"
)

// Matcher folds the events of one partition into records: stage 1 of the rules. It is
// used by one goroutine.
type Matcher interface {
	// Match takes the next event. The event, its Attrs and its Sizes are not to be kept, as
	// their memory is used again. Its strings may be kept, but they and Body pin the memory
	// of many events: copy what is kept for long.
	Match(e *pipeline.Event)
	// Flush returns the records about the events since the last Flush. It is called once
	// per batch, also when the batch is empty. An error means that the stage cannot go on.
	Flush(now time.Time) ([]pipeline.Message, error)
}

// StageConfig says what a Stage does.
type StageConfig struct {
	// Parse is handed to the parser of each source.
	Parse Config
	// Matcher makes the matcher of a partition; nil: there is none.
	Matcher func(partition int) Matcher
	// Miner makes the miner of a partition; nil: there is none, and events have no template.
	Miner func(partition int) Miner
	// Stats counts; nil: nothing is counted. It may be shared by all partitions.
	Stats *Stats
	// MaxSources is how many sources a partition remembers (parser and high-water marks);
	// the one not seen for longest is forgotten first. Default 10,000.
	MaxSources int
	// MaxBatch is the size in bytes at which a record of events is closed, if it does not
	// have 1,024 events before. Default 512 KiB, half of what Kafka's consumers fetch from
	// a partition at once.
	MaxBatch int
	// MaxLine is the length at which a foreign producer's line is cut and marked
	// Truncated; shippers cut theirs. Default 1 MiB.
	MaxLine int
}

// Stage is stage 1 of the pipeline over one partition of logs.raw:
//
//	decode ─► drop duplicates ─► parse ─► mine ─► match ─► gather by source ─► logs.events
//	   └──────────────────────────┴─► logs.deadletter
//
// It implements pipeline.Stage.
type Stage struct {
	cfg       StageConfig
	partition int
	matcher   Matcher
	miner     Miner
	next      int64 // the offset of the next record
	lines     pipeline.LineDecoder
	high      *pipeline.HighWater
	sources   sources
	buf       scratch
	records   pipeline.EventEncoder
	pending   []*source // with events in this batch, in order of appearance
	closed    []pipeline.Message
	counts    counts
	dead      []pipeline.Message
}

// NewStage returns the stage of a partition.
func NewStage(cfg StageConfig, partition int) *Stage {
	if cfg.MaxSources <= 0 {
		cfg.MaxSources = 10_000
	}
	if cfg.MaxBatch <= 0 {
		cfg.MaxBatch = 512 << 10
	}
	if cfg.MaxLine <= 0 {
		cfg.MaxLine = 1 << 20
	}
	s := &Stage{cfg: cfg, partition: partition, high: pipeline.NewHighWater()}
	s.sources.init(cfg.MaxSources)
	if cfg.Matcher != nil {
		s.matcher = cfg.Matcher(partition)
	}
	if cfg.Miner != nil {
		s.miner = cfg.Miner(partition)
	}
	return s
}

// Restore lets the miner catch up. Otherwise a new stage knows no high-water marks, so
// lines that were produced twice around its start can pass twice. They keep their
// identity, and the readers of logs.events and logs.matches drop them by it.
func (s *Stage) Restore(ctx context.Context, c pipeline.Claim) error {
	s.next = c.Committed()
	if s.miner == nil {
		return nil
	}
	return s.replay(ctx, c)
}

// Process returns the matcher's records first, then one or more records of events per
// source with its lines in order, then the miner's records, then dead letters.
func (s *Stage) Process(_ context.Context, now time.Time, batch []pipeline.Message) ([]pipeline.Message, error) {
	for i := range batch {
		if err := s.record(&batch[i]); err != nil {
			return nil, err
		}
		s.next = batch[i].Offset + 1
	}
	var out []pipeline.Message
	if s.matcher != nil {
		matches, err := s.matcher.Flush(now)
		if err != nil {
			return nil, fmt.Errorf("flush matches: %w", err)
		}
		out = matches
	}
	out, err := s.flush(out)
	if err != nil {
		return nil, err
	}
	if s.miner != nil {
		mined, err := s.miner.Flush(now, s.next)
		if err != nil {
			return nil, fmt.Errorf("flush templates: %w", err)
		}
		out = append(out, mined...)
	}
	out = append(out, s.dead...)
	clear(s.dead)
	s.dead = s.dead[:0]
	s.cfg.Stats.add(&s.counts)
	s.counts = counts{}
	return out, nil
}

// Recycle implements pipeline.Recycler.
func (s *Stage) Recycle(written []pipeline.Message) { s.records.Recycle(written) }

// admit reads the line of a record and finds its source. ok is false when there is nothing
// to parse: it came before, or is none.
func (s *Stage) admit(m *pipeline.Message) (src *source, l pipeline.Line, ok bool) {
	if m.Value == nil {
		if _, ours := m.Header(pipeline.HeaderLine); !ours {
			s.counts.tombstones++
			return nil, l, false
		}
	}
	l, err := s.lines.Decode(m)
	if err != nil {
		s.bury(m, "decode", err.Error())
		return nil, l, false
	}
	src = s.sources.get(l.ID.Source, s)
	l.ID.Source = src.id // one string for all of its events
	fresh, gap := s.high.Advance(l.ID, l.Size)
	if !fresh {
		s.counts.duplicates++
		return nil, l, false
	}
	if gap < 0 {
		l.TrimFront(-gap) // lines joined otherwise than before a shipper's crash
	}
	if l.ID.Generation == 0 && len(l.Raw) > s.cfg.MaxLine {
		l.Raw, l.Truncated = l.Raw[:s.cfg.MaxLine], true
		s.counts.cut++
	}
	return src, l, true
}

// record takes one record of logs.raw.
func (s *Stage) record(m *pipeline.Message) error {
	src, l, ok := s.admit(m)
	if !ok {
		return nil
	}
	e := s.sources.room(src)
	if reason := parseLine(src.parser, &l, e); reason != "" {
		src.events = src.events[:len(src.events)-1]
		src.parser = newParser(s.cfg.Parse, &s.buf)
		s.buf = scratch{}
		s.bury(m, "parse", reason)
		return nil
	}
	s.counts.lines++
	s.counts.bytes += len(l.Raw)
	s.counts.format(src.parser)
	if src.parser.misfit {
		s.counts.misfits++
	}
	s.counts.fields += src.parser.Dropped()
	if s.miner != nil {
		if reason := mineEvent(s.miner, m.Offset, e, src.parser.Message(l.Raw)); reason != "" {
			s.bury(m, "mine", reason)
		}
	}
	e.Attrs = s.buf.room.keep(e.Attrs)
	if s.matcher != nil {
		if reason := matchEvent(s.matcher, e); reason != "" {
			s.bury(m, "match", reason)
		}
	}
	size := eventSize(e)
	if n := size + 3*len(src.id); n > maxRecord { // the source is its key, and twice in it
		*e, src.events = pipeline.Event{}, src.events[:len(src.events)-1]
		s.bury(m, "parse", fmt.Sprintf("event of about %d bytes, want at most %d", n, maxRecord))
		return nil
	}
	return s.gather(src, size)
}

// maxRecord is the largest that a record of events may become: its topic takes no more.
const maxRecord = pipeline.MaxMessage - 16<<10

// gather adds the source's last event, of a size, to its record, and closes that where it
// is full.
func (s *Stage) gather(src *source, size int) error {
	if !src.pending {
		src.pending = true
		s.pending = append(s.pending, src)
	}
	if len(src.events) > 1 && src.size+size > s.cfg.MaxBatch {
		if err := s.close(src, len(src.events)-1); err != nil {
			return err
		}
	}
	if src.size += size; len(src.events) == maxRoom {
		return s.close(src, maxRoom)
	}
	return nil
}

// close makes a record of a source's first n events, which are all or all but the last.
func (s *Stage) close(src *source, n int) error {
	m, err := s.records.Encode(s.partition, src.events[:n])
	if err != nil {
		return err
	}
	s.closed = append(s.closed, m)
	rest := copy(src.events, src.events[n:])
	clear(src.events[rest:])
	src.events, src.size = src.events[:rest], 0
	return nil
}

// parseLine parses a line; a panic becomes the reason why it could not be.
func parseLine(p *Parser, l *pipeline.Line, e *pipeline.Event) (reason string) {
	defer func() {
		if r := recover(); r != nil {
			reason = fmt.Sprintf("panic: %v", r)
		}
	}()
	p.parse(l, e)
	return ""
}

// matchEvent hands an event to the matcher; a panic becomes a reason. The event goes its
// way all the same.
func matchEvent(m Matcher, e *pipeline.Event) (reason string) {
	defer func() {
		if r := recover(); r != nil {
			reason = fmt.Sprintf("panic: %v", r)
		}
	}()
	m.Match(e)
	return ""
}

// flush appends the records of the events gathered.
func (s *Stage) flush(out []pipeline.Message) ([]pipeline.Message, error) {
	for _, src := range s.pending {
		if len(src.events) > 0 {
			if err := s.close(src, len(src.events)); err != nil {
				return nil, err
			}
		}
		s.sources.release(src)
	}
	clear(s.pending)
	s.pending = s.pending[:0]
	out = append(out, s.closed...)
	clear(s.closed)
	s.closed = s.closed[:0]
	s.buf.room.reuse()
	return out, nil
}

// eventSize is an upper estimate of what an event takes in a record.
func eventSize(e *pipeline.Event) int {
	n := 160 + len(e.Body) + len(e.Service) + len(e.Host) + 10*len(e.Sizes)
	for i := range e.Attrs {
		n += 16 + len(e.Attrs[i].Key) + len(e.Attrs[i].Value)
	}
	return n
}

// maxReason is the longest reason written to a dead letter.
const maxReason = 1024

// bury makes a dead letter of a record.
func (s *Stage) bury(m *pipeline.Message, stage, reason string) {
	if len(reason) > maxReason {
		reason = reason[:maxReason]
		for len(reason) > 0 && !utf8.ValidString(reason[len(reason)-1:]) {
			reason = reason[:len(reason)-1]
		}
	}
	s.counts.dead++
	headers := append(make([]pipeline.Header, 0, len(m.Headers)+5), m.Headers...)
	for _, h := range [...]struct{ key, value string }{
		{pipeline.HeaderDeadTopic, m.Topic},
		{pipeline.HeaderDeadPartition, strconv.Itoa(m.Partition)},
		{pipeline.HeaderDeadOffset, strconv.FormatInt(m.Offset, 10)},
		{pipeline.HeaderDeadReason, reason},
		{pipeline.HeaderDeadStage, stage},
	} {
		headers = append(headers, pipeline.Header{Key: h.key, Value: []byte(h.value)})
	}
	s.dead = append(s.dead, pipeline.Message{
		Topic: pipeline.TopicDeadLetter, Partition: -1,
		Key: m.Key, Value: m.Value, Headers: headers,
	})
}
