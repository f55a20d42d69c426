package rules

import (
	"regexp"
	"time"

	"foghorn/pipeline/query"
)

// Kind says how a rule decides.
type Kind string

// A pattern fires for each match; matches of one group that follow each other within
// KeepFiring are one episode. A threshold fires while the matches of a group within a
// sliding window number at least MinCount.
const (
	KindPattern   Kind = "pattern"
	KindThreshold Kind = "threshold"
)

// Severities are the severities that a rule can have, the mildest first.
var Severities = []string{"low", "medium", "high", "critical"}

// Rule is one rule, checked and compiled. It is immutable.
type Rule struct {
	ID, Title, Description string
	Severity               string
	Kind                   Kind
	// Match selects the lines that count; MatchText is it as written.
	Match     query.Node
	MatchText string
	// Extract finds further fields in lines that matched: the first pattern that fits
	// gives its named captures, which stand above the event's own fields.
	Extract []Extract
	// GroupBy names the fields whose values make up a group. An event without such a
	// field has the empty value there.
	GroupBy []string
	// Window is the length of the sliding window, 0 for a pattern.
	Window time.Duration
	// MinCount is how many matches make the condition true; Threshold is the condition
	// as written (">= 10"), empty for a pattern.
	MinCount  int64
	Threshold string
	// KeepFiring is how long the condition must have been false before an episode is
	// resolved; a condition that is true again earlier continues the episode.
	KeepFiring time.Duration
	// Annotations are texts for people, filled from an AnnotationData. The one named
	// summary becomes the anomaly's summary.
	Annotations []Annotation
	Tests       []Test
	// Revision is a hash of the rule as written, its tests aside.
	Revision string
	// File and Line say where the rule stands.
	File string
	Line int
}

// Bucket returns the grain of the rule's event time: a sixtieth of its window, at least
// a second. Windows slide in steps of it.
func (r *Rule) Bucket() time.Duration { return max(time.Second, r.Window/60) }

// BucketOf returns the start of the bucket that holds time t, both Unix nanoseconds.
func (r *Rule) BucketOf(t int64) int64 {
	size := int64(r.Bucket())
	rest := t % size
	if rest < 0 {
		rest += size
	}
	return t - rest
}

// Span returns how many buckets its window holds, at least 1.
func (r *Rule) Span() int { return max(1, int(r.Window/r.Bucket())) }

// Extract is a pattern that finds fields in a line.
type Extract struct {
	// Source is the pattern as written.
	Source string
	RE     *regexp.Regexp
	// Names are the fields' names by capture group, "" for a group without a name.
	Names []string
}

// Test is a test that stands beside its rule: what Lines must raise.
type Test struct {
	Name                string
	Service, Host, Path string
	Labels              map[string]string
	Lines               []string
	// Expect are the episodes, in any order; none means that the rule must not fire.
	Expect []Expect
	// File, Line and Column say where the test stands.
	File         string
	Line, Column int
}

// Expect is one episode that a Test expects. What is not given is not compared.
type Expect struct {
	// Group has the values that must be equal; fields not named here can be anything.
	Group map[string]string
	// Count is the number of lines counted, -1 when not given.
	Count int64
	// Started is the episode's start, zero when not given.
	Started time.Time
	// Summary is the filled-in annotation, empty when not given.
	Summary string
}
