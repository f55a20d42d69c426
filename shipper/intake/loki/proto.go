package loki

import (
	"fmt"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/wire"
)

// Field numbers of logproto.PushRequest and what it holds.
const (
	requestStreams = 1
	streamLabels   = 1
	streamEntries  = 2
	entryTime      = 1
	entryLine      = 2
	entryMetadata  = 3
	timeSeconds    = 1
	timeNanos      = 2
	pairName       = 1
	pairValue      = 2
)

// Malformed is the error of a body that cannot be read: nothing of it is taken.
type Malformed struct{ Err error }

// Error says what is wrong with the body.
func (m *Malformed) Error() string { return m.Err.Error() }

// Unwrap returns the reason.
func (m *Malformed) Unwrap() error { return m.Err }

// Proto reads a protobuf request into b. refused is how many entries were in streams that
// were refused; err then tells why, and all other entries are taken. With a *Malformed,
// ErrNoStreams or entry.ErrTooLarge nothing is to be taken.
func Proto(body []byte, b *entry.Batch) (refused int, err error) {
	d := decoder{b: b}
	r := wire.Read(body)
	for r.Next() {
		if r.Is(requestStreams, wire.Bytes) {
			if err := d.protoStream(r.Data); err != nil {
				return 0, err
			}
		}
	}
	if r.Err != nil {
		return 0, &Malformed{r.Err}
	}
	return d.done()
}

func (d *decoder) protoStream(data []byte) error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	var labels []byte
	entries := 0
	r := wire.Read(data)
	for r.Next() {
		switch {
		case r.Is(streamLabels, wire.Bytes):
			labels = r.Data
		case r.Is(streamEntries, wire.Bytes):
			entries++
		}
	}
	if r.Err != nil {
		return &Malformed{r.Err}
	}
	if err := d.begin(labels); err != nil {
		d.refuse(entries, err)
		return nil
	}
	r = wire.Read(data)
	for r.Next() {
		if r.Is(streamEntries, wire.Bytes) {
			if err := d.protoEntry(r.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) protoEntry(data []byte) error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	rec := d.stream
	var err error
	r := wire.Read(data)
	for r.Next() {
		switch {
		case r.Is(entryTime, wire.Bytes):
			var seconds, nanos int64
			t := wire.Read(r.Data)
			for t.Next() {
				switch {
				case t.Is(timeSeconds, wire.Varint):
					seconds = int64(t.Value)
				case t.Is(timeNanos, wire.Varint):
					nanos = int64(int32(t.Value))
				}
			}
			if err = t.Err; err == nil {
				rec.Time, err = timeOf(seconds, nanos)
			}
		case r.Is(entryLine, wire.Bytes):
			rec.Line = r.Data
		case r.Is(entryMetadata, wire.Bytes):
			var name, value []byte
			pair := wire.Read(r.Data)
			for pair.Next() {
				switch {
				case pair.Is(pairName, wire.Bytes):
					name = pair.Data
				case pair.Is(pairValue, wire.Bytes):
					value = pair.Data
				}
			}
			err = pair.Err
			d.metadata(&rec, name, value)
		}
		if err != nil {
			return &Malformed{fmt.Errorf("entry: %w", err)}
		}
	}
	if r.Err != nil {
		return &Malformed{fmt.Errorf("entry: %w", r.Err)}
	}
	return d.b.Add(&rec)
}
