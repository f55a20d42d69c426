package pipeline

import "time"

// Message is one Kafka record.
type Message struct {
	Topic string
	// Partition is where the record is or goes; -1 on the way out lets the Sink choose
	// by Key (PartitionFor).
	Partition int
	// Offset is the record's offset; ignored on the way out.
	Offset  int64
	Key     []byte
	Value   []byte // nil is a tombstone, empty is an empty line
	Headers []Header
	// Time is the time of producing; the Sink sets it to now when it is zero. Retention
	// acts on it, so it is never the time that a log line tells.
	Time time.Time
}

// Header is one record header.
type Header struct {
	Key   string
	Value []byte
}

// Header returns the value of the first header named key.
func (m *Message) Header(key string) ([]byte, bool) {
	for i := range m.Headers {
		if m.Headers[i].Key == key {
			return m.Headers[i].Value, true
		}
	}
	return nil, false
}

// Headers of a record on logs.deadletter: where it came from and why it is there. The
// record keeps its key, value and other headers.
const (
	HeaderDeadTopic     = "foghorn.dead.topic"
	HeaderDeadPartition = "foghorn.dead.partition"
	HeaderDeadOffset    = "foghorn.dead.offset"
	HeaderDeadReason    = "foghorn.dead.reason"
	HeaderDeadStage     = "foghorn.dead.stage"
)
