package spool

import (
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"foghorn/pipeline"
)

var errPayload = errors.New("malformed record")

// cursor reads a payload; after a fault everything it returns is empty.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) fail() { c.b, c.bad = nil, true }

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.fail()
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *cursor) uvarint() uint64 {
	if len(c.b) > 0 && c.b[0] < 0x80 {
		return uint64(c.byte())
	}
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.fail()
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) u64() uint64 {
	if v := c.take(8); v != nil {
		return binary.LittleEndian.Uint64(v)
	}
	return 0
}

func (c *cursor) str() []byte { return c.take(c.uvarint()) }

// count reads how many things follow that take size bytes each at least.
func (c *cursor) count(size int) int {
	n := c.uvarint()
	if n > uint64(len(c.b)/size) {
		c.fail()
		return 0
	}
	return int(n)
}

// batchHead is the begin of a batch's payload.
type batchHead struct {
	key        [16]byte
	name, mark []byte
}

func (c *cursor) head() (h batchHead) {
	if c.byte() != kindBatch {
		c.fail()
	}
	copy(h.key[:], c.take(16))
	h.name, h.mark = c.str(), c.str()
	return h
}

// outbox is where decoded records go. Its memory can be used again once they were sent.
type outbox struct {
	msgs    [][]pipeline.Message // by partition
	headers []pipeline.Header
	text    []byte
}

// reset empties the outbox for records of n partitions.
func (o *outbox) reset(n int) {
	if len(o.msgs) != n {
		o.msgs = make([][]pipeline.Message, n)
	}
	for p := range o.msgs {
		o.msgs[p] = o.msgs[p][:0]
	}
	o.headers, o.text = o.headers[:0], o.text[:0]
}

// decoder makes the records of logs.raw from the payloads of batches, as
// pipeline.EncodeLine does from lines, without an allocation per line.
type decoder struct {
	partitions int
	keys       map[string]string // label's name to header's key
	sources    []decodedSource
	shared     []pipeline.Header // the labels of the line before
	starts     []int             // how many messages of each partition stood before a batch
}

type decodedSource struct {
	id        []byte
	partition int
	gen       uint64
	next      int64
}

func newDecoder(partitions int) *decoder {
	return &decoder{partitions: partitions, keys: make(map[string]string)}
}

// maxKeys bounds the names of labels that are remembered.
const maxKeys = 4096

func (d *decoder) labelKey(name []byte) string {
	if key, ok := d.keys[string(name)]; ok {
		return key
	}
	if len(d.keys) >= maxKeys {
		clear(d.keys)
	}
	key := pipeline.HeaderLabel + string(name)
	d.keys[string(name)] = key
	return key
}

// oldest is how far behind now a record's time may lie: retention acts on it, and a queue
// that held its lines through a long outage must not produce what is removed at once.
const oldest = time.Hour

// messages appends the records of a batch to out. They share the payload's memory. lines is
// how many there are, observed when the first one was seen. With an error nothing is appended.
func (d *decoder) messages(out *outbox, payload []byte, now time.Time) (lines int, observed time.Time, err error) {
	c := &cursor{b: payload}
	c.head()
	n := c.count(17)
	d.sources = d.sources[:0]
	for range n {
		s := decodedSource{id: c.str(), gen: c.u64()}
		s.next = int64(c.u64())
		s.partition = pipeline.PartitionFor(s.id, d.partitions)
		d.sources = append(d.sources, s)
	}
	lines = c.count(2)
	d.starts = d.starts[:0]
	for p := range out.msgs {
		d.starts = append(d.starts, len(out.msgs[p]))
	}
	var (
		source       *decodedSource
		at           time.Time
		format, zone []byte
		labels       = d.shared[:0]
		headers      = out.headers
		text         = out.text
	)
	for range lines {
		flags := c.byte()
		if flags&flagSource != 0 {
			i := c.uvarint()
			if i >= uint64(len(d.sources)) {
				c.fail()
				break
			}
			source = &d.sources[i]
		}
		if source == nil {
			c.fail()
			break
		}
		if flags&flagObserved != 0 {
			ns := int64(c.u64())
			if at = time.Unix(0, ns); observed.IsZero() {
				observed = at
			}
			if now.Sub(at) > oldest {
				at = now.Add(-oldest)
			}
		}
		if flags&flagSettings != 0 {
			format, zone = c.str(), c.str()
		}
		if flags&flagLabels != 0 {
			labels = labels[:0]
			for range c.count(2) {
				name := c.str()
				labels = append(labels, pipeline.Header{Key: d.labelKey(name), Value: c.str()})
			}
		}
		raw := c.str()
		if c.bad {
			break
		}
		size := int64(len(raw)) + 1
		begin := len(text)
		text = appendLineHeader(text, source.gen, source.next, size, flags&flagTruncated != 0)
		first := len(headers)
		headers = append(headers, pipeline.Header{Key: pipeline.HeaderLine, Value: text[begin:len(text):len(text)]})
		if len(format) > 0 {
			headers = append(headers, pipeline.Header{Key: pipeline.HeaderFormat, Value: format})
		}
		if len(zone) > 0 {
			headers = append(headers, pipeline.Header{Key: pipeline.HeaderZone, Value: zone})
		}
		headers = append(headers, labels...)
		p := source.partition
		out.msgs[p] = append(out.msgs[p], pipeline.Message{
			Topic: pipeline.TopicRaw, Partition: p,
			Key: source.id, Value: raw, Headers: headers[first:len(headers):len(headers)], Time: at,
		})
		source.next += size
	}
	d.shared, out.headers, out.text = labels, headers, text
	if c.bad || len(c.b) > 0 {
		for p, n := range d.starts {
			out.msgs[p] = out.msgs[p][:n]
		}
		return 0, time.Time{}, errPayload
	}
	return lines, observed, nil
}

// appendLineHeader is the value of the header foghorn.line, as pipeline describes it.
func appendLineHeader(b []byte, gen uint64, offset, size int64, truncated bool) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[gen>>shift&15])
	}
	b = append(b, ':')
	b = strconv.AppendInt(b, offset, 10)
	b = append(b, ':')
	b = strconv.AppendInt(b, size, 10)
	if truncated {
		b = append(b, ':', 't')
	}
	return b
}
