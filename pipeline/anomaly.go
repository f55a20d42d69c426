package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"
)

// AnomalyState is where an anomaly is in its life: open, update, resolved.
type AnomalyState string

// The states, in order. Open is sent once, update whenever the value, count or lines
// changed notably, resolved once.
const (
	AnomalyOpen     AnomalyState = "open"
	AnomalyUpdate   AnomalyState = "update"
	AnomalyResolved AnomalyState = "resolved"
)

// Anomaly is one lifecycle event of an anomaly, as written in JSON to the topics
// anomalies (every event) and anomalies.state (the newest; a tombstone after resolved).
// The record key is the ID. (ID, Seq) identifies the event: a reader that saw it drops it.
type Anomaly struct {
	ID    string       `json:"id"`
	Seq   int          `json:"seq"`
	State AnomalyState `json:"state"`
	// Rule is the rule's id; Kind its kind (pattern, threshold, ...).
	Rule     string            `json:"rule"`
	Kind     string            `json:"kind"`
	Title    string            `json:"title"`
	Severity string            `json:"severity"`
	Group    map[string]string `json:"group"`
	// Window is the rule's window as a Go duration, empty for a pattern.
	Window string `json:"window,omitempty"`
	// Value is what was measured when this event was made, Threshold what the rule asks
	// (">= 10"), empty for a pattern.
	Value     float64 `json:"value"`
	Threshold string  `json:"threshold,omitempty"`
	// Started is the event time at which the episode began: the line that crossed the
	// threshold. FirstSeen and LastSeen are the event times of the first line counted and
	// of the last; ResolvedAt is the event time at which the condition no longer held.
	Started    time.Time  `json:"started"`
	FirstSeen  time.Time  `json:"first_seen"`
	LastSeen   time.Time  `json:"last_seen"`
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
	// Count is how many lines matched in the episode so far.
	Count int64 `json:"count"`
	// Suppressed is how many matches came since the last event about this anomaly.
	Suppressed int64    `json:"suppressed"`
	Samples    []Sample `json:"samples"`
	Templates  []string `json:"templates,omitempty"`
	Hosts      []string `json:"hosts"`
	Services   []string `json:"services,omitempty"`
	ErrorClass string   `json:"error_class,omitempty"`
	// Summary is the rule's annotation, filled in; Annotations are all of them.
	Summary     string            `json:"summary"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Query finds the lines that were counted, in the query language.
	Query string `json:"query"`
	// Coverage says up to what event time the sources behind this were read.
	Coverage time.Time `json:"coverage"`
}

// Sample is a line that an anomaly shows, with the identity that finds its context.
type Sample struct {
	Source     string    `json:"source"`
	Generation uint64    `json:"generation,string"`
	Offset     int64     `json:"offset"`
	Timestamp  time.Time `json:"timestamp"`
	Line       string    `json:"line"`
}

// AnomalyID returns the id of the episode of a rule and group that started at start:
// the first 16 bytes of SHA-256 over them, in hex. The same episode found again, live or
// in a backtest, has the same id.
func AnomalyID(rule string, group map[string]string, start time.Time) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%d", rule, GroupKey(group), start.UnixNano())
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// GroupKey renders a group in one way only: name=value pairs sorted by name, values
// quoted as in Go.
func GroupKey(group map[string]string) string {
	names := make([]string, 0, len(group))
	for n := range group {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s=%q", n, group[n])
	}
	return b.String()
}

// Messages returns the records of this lifecycle event: one for anomalies and one for
// anomalies.state.
func (a *Anomaly) Messages() ([]Message, error) {
	value, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode anomaly %s: %w", a.ID, err)
	}
	state := value
	if a.State == AnomalyResolved {
		state = nil
	}
	return []Message{
		{Topic: TopicAnomalies, Partition: -1, Key: []byte(a.ID), Value: value},
		{Topic: TopicState, Partition: -1, Key: []byte(a.ID), Value: state},
	}, nil
}
