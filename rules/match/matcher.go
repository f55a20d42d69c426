package match

import (
	"errors"
	"time"

	"foghorn/pipeline"
	"foghorn/rules"
)

// Config says where a Matcher works.
type Config struct {
	// Partitions is how many partitions logs.matches has.
	Partitions int
	// Lateness is how much later than its neighbours a line may come and still be
	// counted with them; the same as stage 2's. Default 1 minute.
	Lateness time.Duration
}

// DefaultConfig returns the settings for a single partition.
func DefaultConfig() Config {
	return Config{Partitions: 1, Lateness: time.Minute}
}

// Validate reports all settings that make no sense.
func (c *Config) Validate() error {
	var errs []error
	if c.Partitions < 1 {
		errs = append(errs, errors.New("partitions: expected 1 or more"))
	}
	if c.Lateness < 0 {
		errs = append(errs, errors.New("lateness: expected 0 or more"))
	}
	return errors.Join(errs...)
}

// Matcher finds the matches of all live rules in the events of one raw partition. It is
// used by one goroutine.
type Matcher struct {
	cfg     Config
	part    int // the raw partition
	live    *rules.Live
	prog    *program
	sources map[string]*source
	last    *source // the source of the last event
	lastID  string
	pending map[string]*pending
	order   []*pending // in order of their first match
	key     []byte     // scratch
	values  []string   // scratch
	event   *pipeline.Event
	time    int64 // of event, for the rules
	try     func(rule int)
	// events counts what came since the last Flush.
	events   int
	progress int64
	started  int64 // the progress of the first Flush
	beat     int64 // the progress of the last heartbeat
}

// source is what is known of one source of the partition.
type source struct {
	rules.Clock
	timed   bool        // a line told its time
	matched int64       // the newest event time of a match, or none
	told    rules.Clock // as of the last heartbeat that named it
	named   bool        // whether there was one since it began to match
}

const none = int64(-1 << 63)

// New returns a Matcher for the events of a raw partition and the rules that live holds; a
// swap is noticed at the next event. The configuration must be valid.
func New(cfg Config, partition int, live *rules.Live) *Matcher {
	m := &Matcher{
		cfg: cfg, part: partition, live: live, progress: none, started: none, beat: none,
		sources: make(map[string]*source), pending: make(map[string]*pending),
	}
	m.try = m.tryRule
	return m
}

// Match looks at the next event. It keeps no reference to it.
func (m *Matcher) Match(e *pipeline.Event) {
	if set := m.live.Load(); m.prog == nil || m.prog.set != set {
		m.prog = compile(set)
	}
	m.events++
	m.progress = max(m.progress, e.Observed)
	m.time = m.clockOn(m.source(e.ID.Source), e)
	m.event = e
	m.prog.candidates(e.Body, m.try)
	m.event = nil
}

// clockOn moves the clock of the event's source on and returns the event's time for the
// rules: its own.
//
// A line that tells no time has the one at which it was observed. Where its source just
// told a time it belongs to that line (a stack trace), and its own is believed only when
// the two agree: in a backlog it would make all lines after it late, and what it tells of
// happen now.
func (m *Matcher) clockOn(s *source, e *pipeline.Event) int64 {
	lateness := int64(m.cfg.Lateness)
	if e.TimeObserved && s.timed && m.progress-s.Seen <= lateness {
		if now := s.At(m.progress); now < e.Timestamp-lateness {
			return now
		}
		return e.Timestamp
	}
	// A line from the future must not make the lines of the present late.
	mark := min(e.Timestamp, e.Observed+lateness)
	if s.timed || e.TimeObserved {
		mark = max(mark, s.Watermark)
	}
	s.timed = s.timed || !e.TimeObserved
	s.Watermark, s.Seen = mark, m.progress
	return e.Timestamp
}

func (m *Matcher) tryRule(i int) {
	c := &m.prog.rules[i]
	if c.match.Match(m.event) {
		m.fold(c.rule, m.event)
	}
}

func (m *Matcher) source(id string) *source {
	if m.last != nil && m.lastID == id {
		return m.last
	}
	s := m.sources[id]
	if s == nil {
		s = &source{Clock: rules.Clock{Watermark: none}, matched: none}
		m.sources[id] = s
	}
	m.last, m.lastID = s, id
	return s
}

// Flush returns the records for all matches since the last Flush, and the heartbeats that
// are due. now is the processing time; a Flush without any event since the last one means
// that all lines of the partition have been read.
func (m *Matcher) Flush(now time.Time) ([]pipeline.Message, error) {
	m.keepTime(now.UnixNano())
	m.events = 0
	if m.started == none {
		m.started = m.progress
	}
	var out []pipeline.Message
	for _, p := range m.order {
		for _, part := range m.partials(p) {
			msg, err := rules.EncodePartial(&part)
			if err != nil {
				return nil, err
			}
			out = append(out, msg)
		}
	}
	clear(m.pending)
	m.order = nil
	if m.beat != none && m.progress-m.beat < int64(time.Second) {
		return out, nil
	}
	beat := m.heartbeat()
	if beat == nil {
		return out, nil
	}
	m.beat = m.progress
	msgs, err := rules.EncodeHeartbeat(beat, m.cfg.Partitions)
	return append(out, msgs...), err
}

// keepTime keeps the progress from running ahead of the processing time, as it does when a
// shipper's clock is ahead: it would stand still until then, for all sources. Without any
// event since the last time, all lines have been read up to now.
func (m *Matcher) keepTime(now int64) {
	if m.events == 0 {
		m.progress = max(m.progress, now)
	}
	limit := max(now, m.beat)
	if m.progress <= limit {
		return
	}
	m.progress = limit
	for _, s := range m.sources {
		s.Seen = min(s.Seen, limit)
	}
}

// maxTold bounds the sources of one heartbeat; the others' turn comes with the next.
const maxTold = 1000

// heartbeat tells the clocks of the sources whose matches can still matter, as far as
// stage 2 cannot tell them from what it was told before: a source whose time goes at the
// same speed as the wall clock costs nothing. It forgets sources that have long been
// silent. When no match can matter any more there is no heartbeat, but for a while after
// the start: stage 2 may wait for sources of which this Matcher knows nothing yet.
func (m *Matcher) heartbeat() *rules.Heartbeat {
	horizon := int64(rules.Horizon(m.live.Load(), m.cfg.Lateness))
	h := &rules.Heartbeat{Partition: m.part, Progress: m.progress, Sources: make(map[string]rules.Clock)}
	waiting := m.progress-m.started <= horizon
	for id, s := range m.sources {
		if s.matched == none {
			if m.progress-s.Seen > horizon {
				delete(m.sources, id)
				m.last = nil
			}
			continue
		}
		waiting = true
		now := s.At(m.progress)
		off := now - s.told.At(m.progress)
		if (!s.named || off > maxDrift || off < -maxDrift) && len(h.Sources) < maxTold {
			h.Sources[id], s.told, s.named = s.Clock, s.Clock, true
		}
		if now > s.matched+horizon && s.named && s.told.At(m.progress) > s.matched+horizon {
			s.matched, s.named = none, false
		}
	}
	if !waiting {
		return nil
	}
	return h
}

// maxDrift is how far stage 2's idea of a source's clock may be off.
const maxDrift = int64(time.Second)
