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
	TopicTemplates  = "templates"
)

// TopicSpec says how a topic has to be set up.
type TopicSpec struct {
	Name       string
	Partitions int
	// Settings are Kafka topic configs (cleanup.policy, retention.ms, ...).
	Settings map[string]string
}

// MaxMessage is the largest record that the topics take (max.message.bytes): a line of
// 1 MiB with its fields, and with room for longer records of foreign producers, which
// Kafka's own limit of 1,048,588 bytes would refuse. Dead letters may be larger by the
// headers that they get.
const MaxMessage = 4 << 20

// Topics returns the specs of all topics. logs.raw and logs.events have the same number
// of partitions: the events of raw partition p are written to events partition p, which
// keeps each source's order.
func Topics(partitions int, matchesRetention time.Duration) []TopicSpec {
	maxBytes := strconv.Itoa(MaxMessage)
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	del := func(name string, n int, keep time.Duration) TopicSpec {
		return TopicSpec{Name: name, Partitions: n, Settings: map[string]string{
			"cleanup.policy": "delete", "retention.ms": ms(keep), "max.message.bytes": maxBytes,
		}}
	}
	const day = 24 * time.Hour
	dead := del(TopicDeadLetter, 1, 7*day)
	dead.Settings["max.message.bytes"] = strconv.Itoa(2 * MaxMessage)
	return []TopicSpec{
		del(TopicRaw, partitions, day),
		del(TopicEvents, partitions, day),
		del(TopicMatches, partitions, max(matchesRetention, time.Hour)),
		dead,
		del(TopicAnomalies, 1, 30*day),
		{Name: TopicState, Partitions: 1, Settings: map[string]string{
			"cleanup.policy": "compact", "max.message.bytes": maxBytes,
		}},
		{Name: TopicTemplates, Partitions: 1, Settings: map[string]string{
			"cleanup.policy": "compact", "max.message.bytes": maxBytes,
		}},
	}
}
