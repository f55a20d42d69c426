package window

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"

	"foghorn/pipeline"
	"foghorn/rules"
)

// HeaderEpisode is the header of the records on anomalies and anomalies.state that holds
// a Note as JSON.
const HeaderEpisode = "foghorn.episode"

// Note is what a restarted Engine needs, beside the anomaly itself, to go on with an
// episode from the event that the note came with. Times are Unix nanoseconds.
type Note struct {
	// Partition and Offset name the record of logs.matches that caused the event: all
	// records up to it are in the event's figures, none after it.
	Partition int   `json:"partition"`
	Offset    int64 `json:"offset"`
	// Opened is the offset of the record that caused the episode's first event.
	Opened  int64 `json:"opened"`
	FalseAt int64 `json:"false_at"`
	// Sources are the sources behind the episode, at most maxNoted, the slowest.
	Sources []NotedSource `json:"sources,omitempty"`
}

// NotedSource is the clock of one source, and the event time of its newest match.
type NotedSource struct {
	Source    string `json:"source"`
	Partition int    `json:"partition"`
	rules.Clock
	Last int64 `json:"last"`
}

const maxNoted = 64

// note makes the Note for an event that is told now. The stage fills in the partition.
func (ep *episode) note(e *Engine, g *group) Note {
	n := Note{Offset: e.offset, Opened: ep.opened, FalseAt: ep.falseAt}
	for id, c := range g.sources {
		n.Sources = append(n.Sources, NotedSource{
			Source: id, Partition: c.source.partition, Clock: later(c.clock, c.source.clock), Last: c.last,
		})
	}
	sort.Slice(n.Sources, func(i, j int) bool {
		if a, b := n.Sources[i].Watermark, n.Sources[j].Watermark; a != b {
			return a < b
		}
		return n.Sources[i].Source < n.Sources[j].Source
	})
	if len(n.Sources) > maxNoted {
		n.Sources = n.Sources[:maxNoted]
	}
	return n
}

// Messages returns the records of an event, its note in a header.
func (ev *Event) Messages() ([]pipeline.Message, error) {
	msgs, err := ev.Anomaly.Messages()
	if err != nil {
		return nil, err
	}
	note, err := json.Marshal(ev.Note)
	if err != nil {
		return nil, fmt.Errorf("encode note of anomaly %s: %w", ev.Anomaly.ID, err)
	}
	for i := range msgs {
		msgs[i].Headers = append(msgs[i].Headers, pipeline.Header{Key: HeaderEpisode, Value: note})
	}
	return msgs, nil
}

// decodeEvent reads a record of anomalies or anomalies.state; of a tombstone there is
// only the note. ok is false for records that other programs wrote.
func decodeEvent(m *pipeline.Message) (ev Event, ok bool) {
	note, found := m.Header(HeaderEpisode)
	if !found || json.Unmarshal(note, &ev.Note) != nil {
		return Event{}, false
	}
	if m.Value == nil {
		return ev, true
	}
	return ev, json.Unmarshal(m.Value, &ev.Anomaly) == nil && ev.Anomaly.ID != "" && ev.Anomaly.Seq > 0
}

// Adopt takes over an episode whose newest event, written before a restart, is ev. It is
// called before the first record. Records up to the note's offset are not counted for it
// again; below end, the end of the partition, no offset can be: the topic was made anew.
// Where the rule is gone the episode is resolved, and the event of that returned.
func (e *Engine) Adopt(ev Event, end int64) []Event {
	a := &ev.Anomaly
	ep := &episode{
		id: a.ID, start: a.Started.UnixNano(), falseAt: ev.Note.FalseAt,
		resolved: a.State == pipeline.AnomalyResolved,
		count:    a.Count, value: int64(math.Round(a.Value)), class: a.ErrorClass,
		first: a.FirstSeen.UnixNano(), last: a.LastSeen.UnixNano(),
		hosts: a.Hosts, services: a.Services, templates: a.Templates, samples: a.Samples,
		seq: a.Seq, toldCount: a.Count, toldLast: a.LastSeen.UnixNano(), opened: ev.Note.Opened, asOf: ev.Note.Offset, noted: ev.Note.Sources,
	}
	if ep.asOf >= end {
		ep.asOf = none
	}
	if ep.resolved {
		e.closed.add(ep.id)
	}
	rule := e.set.ByID(a.Rule)
	if rule == nil {
		if ep.resolved {
			return nil
		}
		return []Event{abandon(ev)}
	}
	key := string(rules.Key(a.Rule, a.Group))
	g := e.groups[key]
	if g == nil { // an open episode always finds room
		g = &group{key: key, rule: rule, values: a.Group, watermark: none, sources: make(map[string]*contributor)}
		e.groups[key] = g
	}
	i := sort.Search(len(g.episodes), func(i int) bool { return g.episodes[i].start > ep.start })
	g.episodes = append(g.episodes, nil)
	copy(g.episodes[i+1:], g.episodes[i:])
	g.episodes[i] = ep
	e.asleep++
	return nil
}

// abandon ends an episode whose rule is no more.
func abandon(ev Event) Event {
	at := nanos(ev.Note.FalseAt)
	ev.Anomaly.Seq++
	ev.Anomaly.State, ev.Anomaly.ResolvedAt, ev.Anomaly.Suppressed = pipeline.AnomalyResolved, &at, 0
	return ev
}
