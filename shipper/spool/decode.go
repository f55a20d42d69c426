package spool

import (
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"foghorn/pipeline"
)

var errPayload = errors.New("malformed record")

// cursor reads a payload; after a fault everything it returns is empty. Its place is a number
// and not the rest of the slice: a slice that moves costs a write barrier per step while the
// garbage collector runs.
type cursor struct {
	b   []byte
	at  int
	bad bool
}

// left is how many bytes follow.
func (c *cursor) left() int { return len(c.b) - c.at }

func (c *cursor) fail() { c.at, c.bad = len(c.b), true }

func (c *cursor) byte() byte {
	if c.left() == 0 {
		c.fail()
		return 0
	}
	c.at++
	return c.b[c.at-1]
}

func (c *cursor) uvarint() uint64 {
	if c.left() > 0 && c.b[c.at] < 0x80 {
		c.at++
		return uint64(c.b[c.at-1])
	}
	v, n := binary.Uvarint(c.b[c.at:])
	if n <= 0 {
		c.fail()
		return 0
	}
	c.at += n
	return v
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(c.left()) {
		c.fail()
		return nil
	}
	begin := c.at
	c.at += int(n)
	return c.b[begin:c.at:c.at]
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
	if n > uint64(c.left()/size) {
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
// pipeline.EncodeLine does from lines, without an allocation per line. A batch is taken by
// begin and then, in pieces of a bounded size, by more until left is 0.
type decoder struct {
	partitions int
	keys       map[string]string // label's name to header's key

	// Of the batch under way.
	c            cursor
	left         int // lines
	now          time.Time
	sources      []decodedSource
	source       *decodedSource // of the line before
	at           time.Time
	format, zone []byte
	labels       []pipeline.Header
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

// readLabels reads the labels of a line. Mostly their names are those of the line before.
func (d *decoder) readLabels() {
	before := d.labels
	d.labels = d.labels[:0]
	for i := range d.c.count(2) {
		name := d.c.str()
		var key string
		if i < len(before) && before[i].Key[len(pipeline.HeaderLabel):] == string(name) {
			key = before[i].Key
		} else {
			key = d.labelKey(name)
		}
		d.labels = append(d.labels, pipeline.Header{Key: key, Value: d.c.str()})
	}
}

// oldest is how far behind now a record's time may lie: retention acts on it, and a queue
// that held its lines through a long outage must not produce what is removed at once.
const oldest = time.Hour

// begin takes the payload of a batch. The records that follow share its memory.
func (d *decoder) begin(payload []byte, now time.Time) error {
	d.c, d.now, d.sources, d.source, d.labels = cursor{b: payload}, now, d.sources[:0], nil, d.labels[:0]
	d.at, d.format, d.zone = time.Time{}, nil, nil
	d.c.head()
	for range d.c.count(17) {
		s := decodedSource{id: d.c.str(), gen: d.c.u64()}
		s.next = int64(d.c.u64())
		s.partition = pipeline.PartitionFor(s.id, d.partitions)
		d.sources = append(d.sources, s)
	}
	if d.left = d.c.count(2); d.c.bad || d.left == 0 && d.c.left() > 0 {
		d.left = 0
		return errPayload
	}
	return nil
}

// more appends the records of the next lines to out, until the batch ends or out has limit
// headers. observed is when the first of these lines was seen. With an error the rest of the
// batch is given up.
func (d *decoder) more(out *outbox, limit int) (lines int, observed time.Time, err error) {
	for d.left > 0 && (lines == 0 || len(out.headers)+len(d.labels) < limit) {
		seen, ok := d.line(out)
		if d.left--; !ok || d.left == 0 && d.c.left() > 0 {
			d.left = 0
			return lines, observed, errPayload
		}
		if lines++; lines == 1 {
			observed = seen
		}
	}
	return lines, observed, nil
}

// line appends the record of one line.
func (d *decoder) line(out *outbox) (observed time.Time, ok bool) {
	c := &d.c
	flags := c.byte()
	if flags&flagSource != 0 {
		i := c.uvarint()
		if i >= uint64(len(d.sources)) {
			return time.Time{}, false
		}
		d.source = &d.sources[i]
	}
	if d.source == nil {
		return time.Time{}, false
	}
	if flags&flagObserved != 0 {
		d.at = time.Unix(0, int64(c.u64()))
	}
	if flags&flagSettings != 0 {
		d.format, d.zone = c.str(), c.str()
	}
	if flags&flagLabels != 0 {
		d.readLabels()
	}
	raw := c.str()
	if c.bad {
		return time.Time{}, false
	}
	s, size := d.source, int64(len(raw))+1
	begin, first := len(out.text), len(out.headers)
	out.text = appendLineHeader(out.text, s.gen, s.next, size, flags&flagTruncated != 0)
	out.headers = append(out.headers, pipeline.Header{Key: pipeline.HeaderLine, Value: out.text[begin:len(out.text):len(out.text)]})
	if len(d.format) > 0 {
		out.headers = append(out.headers, pipeline.Header{Key: pipeline.HeaderFormat, Value: d.format})
	}
	if len(d.zone) > 0 {
		out.headers = append(out.headers, pipeline.Header{Key: pipeline.HeaderZone, Value: d.zone})
	}
	out.headers = append(out.headers, d.labels...)
	at := d.at
	if d.now.Sub(at) > oldest {
		at = d.now.Add(-oldest)
	}
	out.msgs[s.partition] = append(out.msgs[s.partition], pipeline.Message{
		Topic: pipeline.TopicRaw, Partition: s.partition,
		Key: s.id, Value: raw, Headers: out.headers[first:len(out.headers):len(out.headers)], Time: at,
	})
	s.next += size
	return d.at, true
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
