package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// fetchRequest asks the leader of one partition for records: Fetch, version 10 (Kafka
// 2.1 to 4.x), without a session. It exchanges raw bytes on a connection of the
// library's transport, because the library's own decoding loses what a reader must know:
// where a batch ends after compaction, and (in Conn) a null value from an empty one. It
// also costs nothing per record.
type fetchRequest struct {
	target
	clientID string
	offset   int64
	waitMs   int32
	maxBytes int32
	// room is memory for the answer, which nothing else may use any more.
	room []byte
}

// target is the partition that a request is about.
type target struct {
	topic     string
	partition int
}

// fetchResponse is the answer for one partition.
type fetchResponse struct {
	err  error // a kafka.Error, or nil
	high int64 // the end of the partition for readers
	// records are the record batches, the last one perhaps cut off.
	records []byte
	// body is the whole answer, which records are a part of.
	body []byte
}

const (
	fetchVersion = 10
	// maxResponse bounds what a broken peer can make us allocate: FetchBytes and the
	// largest batch that a broker can be told to accept lie far below.
	maxResponse = 256 << 20
)

func (*fetchRequest) ApiKey() protocol.ApiKey  { return protocol.Fetch }
func (*fetchResponse) ApiKey() protocol.ApiKey { return protocol.Fetch }

// Required says that the bytes on the wire are this type's own.
func (*fetchRequest) Required(map[protocol.ApiKey]int16) bool { return true }

// Broker chooses the leader of the partition.
func (g target) Broker(cluster protocol.Cluster) (protocol.Broker, error) {
	t, ok := cluster.Topics[g.topic]
	if !ok {
		return protocol.Broker{}, protocol.NewErrNoTopic(g.topic)
	}
	p, ok := t.Partitions[int32(g.partition)]
	if !ok {
		return protocol.Broker{}, protocol.NewErrNoPartition(g.topic, int32(g.partition))
	}
	b, ok := cluster.Brokers[p.Leader]
	if !ok {
		return protocol.Broker{}, protocol.NewErrNoLeader(g.topic, int32(g.partition))
	}
	return b, nil
}

// RawExchange writes the request and reads the answer. An error closes the connection.
func (r *fetchRequest) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	body, err := exchange(rw, r.encode(), maxResponse, r.room)
	if err != nil {
		return nil, err
	}
	return r.decode(body)
}

func (r *fetchRequest) encode() []byte {
	be := binary.BigEndian
	b := make([]byte, 4, 96+len(r.clientID)+len(r.topic))
	b = be.AppendUint16(b, uint16(protocol.Fetch))
	b = be.AppendUint16(b, fetchVersion)
	b = be.AppendUint32(b, 1) // correlation id: one request at a time on a connection
	b = appendString(b, r.clientID)
	b = be.AppendUint32(b, 0xffffffff) // replica id -1: a consumer
	b = be.AppendUint32(b, uint32(r.waitMs))
	b = be.AppendUint32(b, 1) // min bytes
	b = be.AppendUint32(b, uint32(r.maxBytes))
	b = append(b, 0)                   // isolation: read uncommitted
	b = be.AppendUint32(b, 0)          // session id: none
	b = be.AppendUint32(b, 0xffffffff) // session epoch -1: no session
	b = be.AppendUint32(b, 1)          // topics
	b = appendString(b, r.topic)
	b = be.AppendUint32(b, 1) // partitions
	b = be.AppendUint32(b, uint32(r.partition))
	b = be.AppendUint32(b, 0xffffffff) // leader epoch: unknown
	b = be.AppendUint64(b, uint64(r.offset))
	b = be.AppendUint64(b, 0xffffffffffffffff) // log start: only followers tell
	b = be.AppendUint32(b, uint32(r.maxBytes))
	b = be.AppendUint32(b, 0) // forgotten topics
	be.PutUint32(b, uint32(len(b)-4))
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

var errShortResponse = errors.New("fetch response is cut off")

func (r *fetchRequest) decode(body []byte) (*fetchResponse, error) {
	d := wire{b: body}
	res := &fetchResponse{body: body}
	d.skip(4 + 4) // correlation id, throttle
	if code := d.int16(); code != 0 && !d.short {
		res.err = kafka.Error(code)
		return res, nil
	}
	d.skip(4) // session id
	if topics := d.int32(); topics != 1 && !d.short {
		return nil, fmt.Errorf("fetch response with %d topics, want 1", topics)
	}
	d.skip(int(d.int16())) // topic
	if partitions := d.int32(); partitions != 1 && !d.short {
		return nil, fmt.Errorf("fetch response with %d partitions, want 1", partitions)
	}
	d.skip(4) // partition
	code := d.int16()
	res.high = d.int64()
	d.skip(8 + 8) // last stable offset, log start
	if aborted := int(d.int32()); aborted > 0 {
		d.skip(aborted * 16)
	}
	if n := int(d.int32()); n > 0 {
		res.records = d.take(n)
	}
	if d.short {
		return nil, errShortResponse
	}
	if code != 0 {
		res.err = kafka.Error(code)
	}
	return res, nil
}

// wire reads Kafka's fixed-size types; reading past the end sets short and gives zeros.
type wire struct {
	b     []byte
	short bool
}

func (w *wire) take(n int) []byte {
	if n < 0 || n > len(w.b) {
		w.short, w.b = true, nil
		return nil
	}
	b := w.b[:n:n]
	w.b = w.b[n:]
	return b
}

func (w *wire) skip(n int) { w.take(n) }

func (w *wire) int16() int16 {
	if b := w.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (w *wire) int32() int32 {
	if b := w.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (w *wire) int64() int64 {
	if b := w.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}
