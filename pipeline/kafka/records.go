package kafka

import (
	"bytes"
	"io"
	"time"

	"github.com/segmentio/kafka-go"

	"foghorn/pipeline"
)

// records are the records of one request, read by the library's encoder. It is read
// once, and allocates nothing per record.
type records struct {
	parts []part
	count int
	size  int

	at, pos    int // the next record: parts[at].index[pos]
	record     kafka.Record
	key, value content
	headers    []kafka.Header
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

// ReadRecord implements the library's record reader.
func (r *records) ReadRecord() (*kafka.Record, error) {
	for r.at < len(r.parts) && r.pos == len(r.parts[r.at].index) {
		r.at, r.pos = r.at+1, 0
	}
	if r.at == len(r.parts) {
		return nil, io.EOF
	}
	p := &r.parts[r.at]
	m := &p.msgs[p.index[r.pos]]
	r.pos++
	r.headers = r.headers[:0]
	for i := range m.Headers {
		r.headers = append(r.headers, kafka.Header{Key: m.Headers[i].Key, Value: m.Headers[i].Value})
	}
	r.record = kafka.Record{Time: m.Time, Key: r.key.of(m.Key), Value: r.value.of(m.Value), Headers: r.headers}
	if m.Time.IsZero() {
		r.record.Time = time.Now()
	}
	return &r.record, nil
}

// content is a key or value as the library's encoder wants it.
type content struct{ bytes.Reader }

func (c *content) of(b []byte) kafka.Bytes {
	if b == nil {
		return nil
	}
	c.Reset(b)
	return c
}

// Close does nothing: the bytes are the caller's.
func (*content) Close() error { return nil }
