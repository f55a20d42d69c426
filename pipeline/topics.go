package pipeline

import (
	"strconv"
	"time"
)

// The topics, as design: who writes what where. Keys: see each writer.
const (
	TopicRaw        = "logs.raw"
	TopicEvents     = "logs.events"
	TopicMatches    = "logs.matches"
	TopicDeadLetter = "logs.deadletter"
	TopicAnomalies  = "anomalies"
	TopicState      = "anomalies.state"
)

// TopicSpec says how a topic has to be set up.
type TopicSpec struct {
	Name       string
	Partitions int
	// Settings are Kafka topic configs (cleanup.policy, retention.ms, ...).
	Settings map[string]string
}

// Topics returns the specs of all topics. logs.raw and logs.events have the same number
// of partitions: the events of raw partition p are written to events partition p, which
// keeps each source's order.
func Topics(partitions int, matchesRetention time.Duration) []TopicSpec {
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	del := func(name string, n int, keep time.Duration) TopicSpec {
		return TopicSpec{Name: name, Partitions: n, Settings: map[string]string{
			"cleanup.policy": "delete", "retention.ms": ms(keep),
		}}
	}
	const day = 24 * time.Hour
	return []TopicSpec{
		del(TopicRaw, partitions, day),
		del(TopicEvents, partitions, day),
		del(TopicMatches, partitions, max(matchesRetention, time.Hour)),
		del(TopicDeadLetter, 1, 7*day),
		del(TopicAnomalies, 1, 30*day),
		{Name: TopicState, Partitions: 1, Settings: map[string]string{"cleanup.policy": "compact"}},
	}
}
