package entry

import (
	"bytes"
	"fmt"
	"time"

	"foghorn/pipeline"
)

// Batch gathers the lines of one request. It is used by one goroutine, and again after
// Reset, which makes what it held before invalid.
type Batch struct {
	// Lines are those gathered. They share memory with the request's body.
	Lines []pipeline.Line
	// Dated says that a record tells a time finer than a second, or has an id of its
	// own, so that an equal request is the same one come again.
	Dated bool
	// Bytes are those of the lines, Cut how many lines were cut at the limit, Dropped how
	// many attributes were left out or cut.
	Bytes, Cut, Dropped int

	limits  Limits
	sources *Sources
	origin  Origin
	attrs   []pipeline.Attr // of the records to come
	bytes   int             // of attrs
	doubles int             // attrs whose name came before
	format  string
	zone    string
	source  string
	host    string // what the source id cannot tell of the host, or ""
	peer    bool   // no host is known but the sender's address
	size    int64
	slab    []pipeline.Attr
	strings arena
	names   names
	number  []byte
}

// New returns a Batch; Reset begins the first request.
func New(limits Limits, sources *Sources) *Batch {
	return &Batch{limits: limits, sources: sources, names: make(names)}
}

// keepLines bounds the memory that is kept from one request to the next.
const keepLines = 16 << 10

// Reset begins a request.
func (b *Batch) Reset(o Origin) {
	if cap(b.Lines) > keepLines {
		b.Lines = nil
	}
	if cap(b.slab) > 16*keepLines {
		b.slab = nil
	}
	clear(b.Lines)
	b.Lines, b.slab, b.attrs = b.Lines[:0], b.slab[:0], b.attrs[:0]
	b.Dated, b.Bytes, b.Cut, b.Dropped = false, 0, 0, 0
	b.origin, b.bytes, b.doubles, b.size = o, 0, 0, 0
	b.strings, b.format, b.zone = arena{}, "", ""
	for _, a := range o.Labels {
		b.push(a.Key, a.Value)
	}
	b.source = ""
}

// Depth is how many levels of nested values are read.
func (b *Batch) Depth() int { return b.limits.Depth }

// MaxSize is how many bytes all lines may take with their labels.
func (b *Batch) MaxSize() int64 { return b.limits.Size }

// Settings are the format and the zone of the lines to come.
func (b *Batch) Settings(format, zone string) { b.format, b.zone = format, zone }

// Add takes a record with the attributes that stand. Its line must stay unchanged until
// the next Reset. ErrTooLarge ends the request.
func (b *Batch) Add(r *Record) error {
	if b.source == "" {
		b.Source(nil, nil)
	}
	line := r.Line
	if b.origin.Redact != nil {
		line = b.origin.Redact(line)
	}
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if r.Time%int64(time.Second) != 0 {
		b.Dated = true
	}
	labels, size := b.labels(r)
	if len(line) <= b.limits.Line {
		return b.line(line, false, labels, size)
	}
	// A cut line would have to be one original line: those of a longer text go alone.
	for rest := line; ; {
		one, more, found := bytes.Cut(rest, []byte{'\n'})
		long := len(one) > b.limits.Line
		if long {
			one = one[:b.limits.Line]
			b.Cut++
		}
		if err := b.line(one, long, labels, size); err != nil || !found {
			return err
		}
		rest = more
	}
}

// lineBytes and labelBytes are about what a line and a label take beside their bytes.
const (
	lineBytes  = 64
	labelBytes = 16
)

func (b *Batch) line(raw []byte, truncated bool, labels []pipeline.Attr, size int) error {
	if len(b.Lines) >= b.limits.Lines {
		return fmt.Errorf("%w: more than %d records; send smaller requests", ErrTooLarge, b.limits.Lines)
	}
	if b.size += int64(len(raw) + size + lineBytes + labelBytes*len(labels)); b.size > b.limits.Size {
		return fmt.Errorf("%w: the records take more than %d bytes with their attributes; send smaller requests", ErrTooLarge, b.limits.Size)
	}
	b.Lines = append(b.Lines, pipeline.Line{
		ID: pipeline.LineID{Source: b.source}, Raw: raw, Truncated: truncated, Observed: b.origin.Observed,
		Labels: labels, Format: b.format, Zone: b.zone,
	})
	b.Bytes += len(raw)
	return nil
}
