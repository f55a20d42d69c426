package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"foghorn/pipeline"
)

// Partial is what stage 1 found for one rule and group since it last said so: one record
// on logs.matches, keyed by Key. All times are Unix nanoseconds.
//
// A match is identified by source, generation and offset, which is that of the event's first
// line. Stage 1 sends the matches of a
// source and generation in the order of their offsets, and after a crash repeats a run of
// them, perhaps cut into other records; stage 2 keeps the highest offset per group and
// drops what lies at or below it, or within the event there.
type Partial struct {
	Rule     string            `json:"rule"`
	Revision string            `json:"revision"`
	Group    map[string]string `json:"group"`
	// Partition is the raw partition, Progress how far stage 1 has come in it, see
	// Heartbeat.
	Partition int       `json:"partition"`
	Progress  int64     `json:"progress"`
	Sources   []Matches `json:"sources"`
	// Hosts, Services, Templates and ErrorClass sum up the matching events, bounded.
	Hosts      []string `json:"hosts,omitempty"`
	Services   []string `json:"services,omitempty"`
	Templates  []string `json:"templates,omitempty"`
	ErrorClass string   `json:"error_class,omitempty"`
	// Samples are up to MaxSamples of the lines, each at most MaxSampleLine bytes.
	Samples []pipeline.Sample `json:"samples,omitempty"`
}

// Matches are the matching lines of one generation of a source.
type Matches struct {
	Source     string `json:"source"`
	Generation uint64 `json:"generation,string"`
	// Clock is the source's at the end of the lines that this and the other partials of
	// the group speak of; zero when more of them are still to come.
	Clock
	// Offsets rise; Times are the lines' event times, one for each offset.
	Offsets []int64 `json:"offsets"`
	Times   []int64 `json:"times"`
	// Next is the offset behind the last match where that is an event of several lines, else
	// 0: a shipper that starts again after a crash may make several events of it.
	Next int64 `json:"next,omitempty"`
}

// Clock is the event time of a source: Watermark is the highest event time of its lines
// (a line stamped in the future counts with the time at which it was seen, one without a
// time belongs to the line before it), Seen the progress of its partition at its last line. While a source is silent its time goes on
// as the progress does: at progress p it is Watermark + (p - Seen).
type Clock struct {
	Watermark int64 `json:"watermark"`
	Seen      int64 `json:"seen"`
}

// At returns the source's event time at a progress of its partition.
func (c Clock) At(progress int64) int64 { return c.Watermark + max(0, progress-c.Seen) }

// Heartbeat tells stage 2 how time went on in a raw partition; stage 1 sends it to every
// partition of logs.matches, about once a second.
type Heartbeat struct {
	Partition int `json:"partition"`
	// Progress is the time up to which the partition has been read: the time at which
	// the newest line was observed, or the processing time when all lines were read, and
	// never ahead of that. It stands still while stage 1 lags, so that lines not yet read do not look like
	// silence.
	Progress int64 `json:"progress"`
	// Sources are the clocks of sources that had matches that can still matter, where
	// they do not go on as told before.
	Sources map[string]Clock `json:"sources"`
}

// Bounds of what a Partial carries.
const (
	MaxSamples    = 64
	SlotSamples   = 3 // of one slot of event time
	MaxSampleLine = 4 << 10
	MaxNames      = 32   // hosts, services, templates: of each
	MaxOffsets    = 4096 // matches in one record
)

// ErrBadRecord is wrapped by DecodeRecord's error for a record that is none of ours.
var ErrBadRecord = errors.New("bad record of matches")

// envelope is the JSON value of a record on logs.matches: exactly one of its fields.
type envelope struct {
	Partial   *Partial   `json:"partial,omitempty"`
	Heartbeat *Heartbeat `json:"heartbeat,omitempty"`
}

// Key returns the record key of a rule and group; all partials of one group have it, and
// so reach one partition in order.
func Key(rule string, group map[string]string) []byte {
	return []byte(rule + "\x00" + pipeline.GroupKey(group))
}

// EncodePartial makes the record of a partial; the Sink chooses the partition by key.
func EncodePartial(p *Partial) (pipeline.Message, error) {
	value, err := json.Marshal(envelope{Partial: p})
	if err != nil {
		return pipeline.Message{}, fmt.Errorf("encode matches of rule %s: %w", p.Rule, err)
	}
	return pipeline.Message{Topic: pipeline.TopicMatches, Partition: -1, Key: Key(p.Rule, p.Group), Value: value}, nil
}

// EncodeHeartbeat makes the records of a heartbeat, one for each of n partitions.
func EncodeHeartbeat(h *Heartbeat, n int) ([]pipeline.Message, error) {
	value, err := json.Marshal(envelope{Heartbeat: h})
	if err != nil {
		return nil, fmt.Errorf("encode heartbeat of partition %d: %w", h.Partition, err)
	}
	out := make([]pipeline.Message, n)
	for i := range out {
		out[i] = pipeline.Message{Topic: pipeline.TopicMatches, Partition: i, Value: value}
	}
	return out, nil
}

// DecodeRecord reads a record of logs.matches; exactly one of the results is not nil
// unless there is an error.
func DecodeRecord(m *pipeline.Message) (*Partial, *Heartbeat, error) {
	var e envelope
	if err := json.Unmarshal(m.Value, &e); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrBadRecord, err)
	}
	if (e.Partial == nil) == (e.Heartbeat == nil) {
		return nil, nil, fmt.Errorf("%w: want either a partial or a heartbeat", ErrBadRecord)
	}
	if p := e.Partial; p != nil {
		for i := range p.Sources {
			if len(p.Sources[i].Offsets) != len(p.Sources[i].Times) {
				return nil, nil, fmt.Errorf("%w: %d offsets and %d times", ErrBadRecord, len(p.Sources[i].Offsets), len(p.Sources[i].Times))
			}
		}
	}
	return e.Partial, e.Heartbeat, nil
}

// Horizon is how long after a match, in its source's time, the match can still matter.
func Horizon(s *Set, lateness time.Duration) time.Duration { return s.Memory() + 2*lateness }
