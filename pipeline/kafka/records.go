package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/compress"

	"foghorn/pipeline"
)

// records are the records of one request.
type records struct {
	parts []part
	count int
	size  int
}

// part is the run of one caller's records.
type part struct {
	msgs  []pipeline.Message
	index []int32
}

func (r *records) add(e *entry, n int) {
	if n > 0 {
		r.parts = append(r.parts, part{e.msgs, e.index[:n:n]})
	}
}

// recordSize is a record's size on the wire before compression, a little too large.
func recordSize(m *pipeline.Message) int {
	n := 24 + len(m.Key) + len(m.Value)
	for i := range m.Headers {
		n += 6 + len(m.Headers[i].Key) + len(m.Headers[i].Value)
	}
	return n
}

// appendBatch appends the records as one batch, as batch.go draws it. plain is memory for
// the records before compression; it is returned for the next batch.
func (r *records) appendBatch(b, plain []byte, c *compressor, now time.Time) (out, spare []byte, err error) {
	be := binary.BigEndian
	at := len(b)
	if c.codec == compress.None {
		b = slices.Grow(b, batchHeader+r.size)
	} else {
		plain = slices.Grow(plain[:0], r.size)
	}
	b = append(b, make([]byte, batchHeader)...)
	var first, last int64
	if c.codec == compress.None {
		b, first, last = r.appendTo(b, now)
	} else {
		plain, first, last = r.appendTo(plain, now)
		if b, err = c.append(b, plain); err != nil {
			return nil, plain, err
		}
	}
	h := b[at:]
	be.PutUint32(h[8:], uint32(len(h)-12))
	be.PutUint32(h[12:], noEpoch)
	h[16] = 2
	be.PutUint16(h[21:], uint16(c.codec))
	be.PutUint32(h[23:], uint32(r.count-1))
	be.PutUint64(h[27:], uint64(first))
	be.PutUint64(h[35:], uint64(last))
	for i := 43; i < 57; i++ { // no producer id, epoch and sequence: -1 each
		h[i] = 0xff
	}
	be.PutUint32(h[57:], uint32(r.count))
	be.PutUint32(h[17:], crc32.Checksum(h[21:], castagnoli))
	return b, plain, nil
}

const noEpoch = 0xffffffff

// appendTo appends the records themselves, and returns the first and the newest time.
func (r *records) appendTo(b []byte, now time.Time) (out []byte, first, last int64) {
	n := int64(0)
	for p := range r.parts {
		msgs := r.parts[p].msgs
		for _, i := range r.parts[p].index {
			m := &msgs[i]
			at := now.UnixMilli()
			if !m.Time.IsZero() {
				at = m.Time.UnixMilli()
			}
			if n == 0 {
				first, last = at, at
			}
			last = max(last, at)
			b = appendRecord(b, m, at-first, n)
			n++
		}
	}
	return b, first, last
}

// appendRecord appends one record.
func appendRecord(b []byte, m *pipeline.Message, timeDelta, offsetDelta int64) []byte {
	size := 1 + sizeVarint(timeDelta) + sizeVarint(offsetDelta) + sizeBytes(m.Key) + sizeBytes(m.Value) + sizeVarint(int64(len(m.Headers)))
	for i := range m.Headers {
		h := &m.Headers[i]
		size += sizeVarint(int64(len(h.Key))) + len(h.Key) + sizeBytes(h.Value)
	}
	b = binary.AppendVarint(b, int64(size))
	b = append(b, 0) // attributes: none are defined
	b = binary.AppendVarint(b, timeDelta)
	b = binary.AppendVarint(b, offsetDelta)
	b = appendBytes(appendBytes(b, m.Key), m.Value)
	b = binary.AppendVarint(b, int64(len(m.Headers)))
	for i := range m.Headers {
		h := &m.Headers[i]
		b = append(binary.AppendVarint(b, int64(len(h.Key))), h.Key...)
		b = appendBytes(b, h.Value)
	}
	return b
}

// appendBytes appends a byte string; nil is null.
func appendBytes(b, v []byte) []byte {
	if v == nil {
		return append(b, 1) // -1
	}
	return append(binary.AppendVarint(b, int64(len(v))), v...)
}

func sizeBytes(v []byte) int {
	if v == nil {
		return 1
	}
	return sizeVarint(int64(len(v))) + len(v)
}

// sizeVarint is the size of a zig-zag varint.
func sizeVarint(v int64) int {
	return (bits.Len64(uint64(v<<1)^uint64(v>>63)|1) + 6) / 7
}
