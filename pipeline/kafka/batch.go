package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/compress"

	"foghorn/pipeline"
)

// Record batches, format 2 (Kafka 0.11 and newer):
//
//	 0  8  base offset                 43  8  producer id
//	 8  4  length of what follows      51  2  producer epoch
//	12  4  partition leader epoch      53  4  base sequence
//	16  1  magic, 2                    57  4  number of records
//	17  4  CRC-32C of what follows     61     records, compressed as attributes say
//	21  2  attributes
//	23  4  last offset delta           attributes: 0x07 codec, 0x08 time is the broker's,
//	27  8  first timestamp, ms         0x20 control batch
//	35  8  max timestamp, ms
//
// A record: varint length, attributes byte, varint timestamp delta, varint offset delta,
// key, value (each a varint length, -1 for null, and bytes), varint number of headers,
// and each header's key and value.
const (
	batchHeader    = 61
	attrCodec      = 0x07
	attrAppendTime = 0x08
	attrControl    = 0x20
)

// maxExpanded bounds what one compressed batch may become.
const maxExpanded = 256 << 20

var (
	errCutOff  = errors.New("record batch is cut off")
	errCRC     = errors.New("record batch has a wrong checksum")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// decoder turns the batches of one partition into messages. Their keys, values and
// headers share the memory of the response or of the expanded batch.
type decoder struct {
	topic     string
	partition int
	expander  *expander
	names     map[string]string // header names seen, so that they are one string each
	likely    []string          // the names of the record before, which mostly come again
	headers   []pipeline.Header // unused rest of the last block
	again     bool              // memory is used again: a batch may be written over the one before
	spare     []byte            // memory of the batch before
}

// maxNames bounds decoder.names; header names beyond it cost an allocation each.
const maxNames = 1024

// batch decodes the first batch of b and appends its records from offset from on to
// msgs. It returns how many bytes the batch took in b, how many its records take in
// memory, and the offset after the batch. errCutOff means that b does not hold a whole
// batch.
func (d *decoder) batch(b []byte, from int64, msgs []pipeline.Message) (out []pipeline.Message, used, expanded int, next int64, err error) {
	if len(b) < batchHeader {
		return msgs, 0, 0, 0, errCutOff
	}
	be := binary.BigEndian
	base := int64(be.Uint64(b))
	used = 12 + int(be.Uint32(b[8:]))
	if magic := b[16]; magic != 2 {
		return msgs, 0, 0, 0, fmt.Errorf("record batch at offset %d has format %d, want 2", base, magic)
	}
	if used < batchHeader || used > len(b) {
		return msgs, 0, 0, 0, errCutOff
	}
	b = b[:used]
	if be.Uint32(b[17:]) != crc32.Checksum(b[21:], castagnoli) {
		return msgs, 0, 0, 0, fmt.Errorf("%w at offset %d", errCRC, base)
	}
	attributes := be.Uint16(b[21:])
	next = base + int64(be.Uint32(b[23:])) + 1
	count := int(be.Uint32(b[57:]))
	if attributes&attrControl != 0 || next <= from || count == 0 {
		return msgs, used, 0, next, nil
	}
	payload, err := d.expander.expand(compress.Compression(attributes&attrCodec), b[batchHeader:], maxExpanded, d.spare)
	if err != nil {
		return msgs, 0, 0, 0, fmt.Errorf("record batch at offset %d: %w", base, err)
	}
	if d.again && attributes&attrCodec != 0 && cap(payload) > cap(d.spare) {
		d.spare = payload
	}
	if count > len(payload)/7 { // the smallest record has 7 bytes
		return msgs, 0, 0, 0, fmt.Errorf("record batch at offset %d says %d records in %d bytes", base, count, len(payload))
	}
	first, last := int64(be.Uint64(b[27:])), int64(be.Uint64(b[35:]))
	r := varints{b: payload}
	msgs = slices.Grow(msgs, count)
	for range count {
		m := pipeline.Message{Topic: d.topic, Partition: d.partition}
		end := len(r.b)
		if length := r.int(); length < 0 || length > len(r.b) {
			r.bad = true
		} else {
			end = len(r.b) - length
		}
		r.take(1) // attributes
		ms := first + r.int64()
		if attributes&attrAppendTime != 0 {
			ms = last
		}
		m.Offset = base + r.int64()
		m.Time = time.UnixMilli(ms)
		m.Key, m.Value = r.bytes(), r.bytes()
		m.Headers = d.readHeaders(&r)
		if r.bad || len(r.b) != end {
			return msgs, 0, 0, 0, fmt.Errorf("record batch at offset %d: bad record at offset %d", base, m.Offset)
		}
		if m.Offset >= from {
			msgs = append(msgs, m)
		}
	}
	return msgs, used, len(payload), next, nil
}

func (d *decoder) readHeaders(r *varints) []pipeline.Header {
	n := r.int()
	if n == 0 || r.bad {
		return nil
	}
	if n < 0 || n > len(r.b)/2 { // the smallest header has 2 bytes
		r.bad = true
		return nil
	}
	if n > len(d.headers) {
		d.headers = make([]pipeline.Header, max(n, 512))
	}
	h := d.headers[:n:n]
	d.headers = d.headers[n:]
	for i := range h {
		h[i] = pipeline.Header{Key: d.name(i, r.bytes()), Value: r.bytes()}
	}
	return h
}

// name returns the name of a record's i-th header.
func (d *decoder) name(i int, b []byte) string {
	if i >= maxLikely {
		return d.intern(b)
	}
	if i == len(d.likely) {
		d.likely = append(d.likely, "")
	}
	if d.likely[i] != string(b) {
		d.likely[i] = d.intern(b)
	}
	return d.likely[i]
}

// maxLikely bounds decoder.likely.
const maxLikely = 32

func (d *decoder) intern(b []byte) string {
	if s, ok := d.names[string(b)]; ok {
		return s
	}
	s := string(b)
	if d.names == nil {
		d.names = make(map[string]string)
	}
	if len(d.names) < maxNames {
		d.names[s] = s
	}
	return s
}

// varints reads the zig-zag varints and byte strings of a record; reading past the end
// sets bad and gives zeros.
type varints struct {
	b   []byte
	bad bool
}

func (r *varints) int64() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *varints) int() int { return int(r.int64()) }

func (r *varints) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// bytes reads a byte string; null is nil and an empty one is not.
func (r *varints) bytes() []byte {
	n := r.int()
	if n < 0 {
		return nil
	}
	return r.take(n)
}
