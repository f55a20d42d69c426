package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// produceRequest writes one batch to the leader of a partition: Produce, version 7 (Kafka
// 2.1 to 4.x), acks=all. As fetchRequest it exchanges raw bytes on a connection of the
// library's transport: the library's own encoder walks the bytes of a batch through
// interfaces and pages, which took twice the CPU time, and compresses at a fixed level.
type produceRequest struct {
	target
	frame []byte // the whole request
}

// produceResponse is the answer for one partition.
type produceResponse struct {
	err error // a kafka.Error, or nil
}

const (
	produceVersion     = 7
	maxProduceResponse = 1 << 20
)

func (*produceRequest) ApiKey() protocol.ApiKey  { return protocol.Produce }
func (*produceResponse) ApiKey() protocol.ApiKey { return protocol.Produce }

// Required says that the bytes on the wire are this type's own.
func (*produceRequest) Required(map[protocol.ApiKey]int16) bool { return true }

// RawExchange writes the request and reads the answer. An error closes the connection.
func (r *produceRequest) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	body, err := exchange(rw, r.frame, maxProduceResponse, nil)
	if err != nil {
		return nil, err
	}
	return decodeProduced(body)
}

// exchange writes a request and reads the answer to it.
func exchange(rw io.ReadWriter, request []byte, limit int32, room []byte) (body []byte, err error) {
	if _, err := rw.Write(request); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(rw, size[:]); err != nil {
		return nil, err
	}
	n := int32(binary.BigEndian.Uint32(size[:]))
	if n < 0 || n > limit {
		return nil, fmt.Errorf("response of %d bytes, want at most %d", n, limit)
	}
	body = slices.Grow(room[:0], int(n))[:n]
	_, err = io.ReadFull(rw, body)
	return body, err
}

// appendProduceHead appends what stands before the batch, with the sizes left open.
func appendProduceHead(b []byte, clientID, topic string, partition int, timeout time.Duration) []byte {
	be := binary.BigEndian
	b = be.AppendUint32(b, 0) // size
	b = be.AppendUint16(b, uint16(protocol.Produce))
	b = be.AppendUint16(b, produceVersion)
	b = be.AppendUint32(b, 1) // correlation id: one request at a time on a connection
	b = appendString(b, clientID)
	b = be.AppendUint16(b, 0xffff) // no transaction
	b = be.AppendUint16(b, 0xffff) // acks -1: all
	b = be.AppendUint32(b, uint32(timeout.Milliseconds()))
	b = be.AppendUint32(b, 1) // topics
	b = appendString(b, topic)
	b = be.AppendUint32(b, 1) // partitions
	b = be.AppendUint32(b, uint32(partition))
	return be.AppendUint32(b, 0) // size of the batch
}

// sealProduce fills in the sizes; the batch begins at an offset.
func sealProduce(b []byte, batch int) {
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	binary.BigEndian.PutUint32(b[batch-4:], uint32(len(b)-batch))
}

var errShortProduced = errors.New("produce response is cut off")

func decodeProduced(body []byte) (*produceResponse, error) {
	d := wire{b: body}
	d.skip(4) // correlation id
	if topics := d.int32(); topics != 1 && !d.short {
		return nil, fmt.Errorf("produce response with %d topics, want 1", topics)
	}
	d.skip(int(d.int16())) // topic
	if partitions := d.int32(); partitions != 1 && !d.short {
		return nil, fmt.Errorf("produce response with %d partitions, want 1", partitions)
	}
	d.skip(4) // partition
	code := d.int16()
	d.skip(8 + 8 + 8) // base offset, append time, log start
	d.skip(4)         // throttle
	if d.short {
		return nil, errShortProduced
	}
	res := &produceResponse{}
	if code != 0 {
		res.err = kafka.Error(code)
	}
	return res, nil
}
