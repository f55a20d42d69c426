package entry

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
)

// Origin is what is known of a request before its body is read.
type Origin struct {
	// Endpoint is the first part of the sources' paths: "otlp", "loki", ...
	Endpoint string
	// Peer is the sender's address.
	Peer string
	// Labels are set on every line, before what the request says. They are not changed.
	Labels []pipeline.Attr
	// Observed is when the request came.
	Observed time.Time
	// Redact, if set, is applied to every line and every attribute's value.
	Redact func([]byte) []byte
}

// Record is one log record beside its attributes.
type Record struct {
	Time         int64 // Unix nanoseconds, 0: not told
	Severity     int   // OpenTelemetry number, 0: not told
	SeverityText []byte
	Trace, Span  []byte // hex
	Line         []byte
}

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
	attrs   []attr // of the records to come
	bytes   int    // of attrs
	doubles int    // attrs whose name came before
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

type attr struct {
	key, value string
}

// Mark is a point to which Rewind takes the attributes back.
type Mark struct{ attrs, bytes, doubles int }

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

// Source names the stream of the records to come. Lines of one source keep their order.
// Without a host it is the sender's address, until the line itself names one.
func (b *Batch) Source(host, name []byte) {
	o := &b.origin
	b.peer = len(host) == 0
	if b.peer {
		host = []byte(o.Peer)
	}
	id, shared := b.sources.get(o.Endpoint, host, name, o.Observed)
	b.source, b.host = id, ""
	if told := string(host); shared || SourceHost(told) != told {
		b.host = told
	}
}

// Mark returns the attributes' state, Rewind goes back to it.
func (b *Batch) Mark() Mark { return Mark{len(b.attrs), b.bytes, b.doubles} }

// Rewind forgets the attributes that came since m.
func (b *Batch) Rewind(m Mark) {
	b.attrs, b.bytes, b.doubles = b.attrs[:m.attrs], m.bytes, m.doubles
}

// prefixForeign stands before a name that would pass for a label of ours.
const prefixForeign = "attributes."

var prefixOurs = []byte("foghorn.")

// Attr adds an attribute to the records to come. One of the same name takes the place of
// the one before, until Rewind. An empty name or value is none. Names that say more than an
// attribute's to the parser get a prefix: what they say comes by Source and Service.
func (b *Batch) Attr(key, value []byte) {
	if len(key) == 0 || len(value) == 0 {
		return
	}
	if len(b.attrs) >= b.limits.Attrs {
		b.Dropped++
		return
	}
	if b.origin.Redact != nil {
		value = b.origin.Redact(value)
	}
	if len(value) > b.limits.Value {
		value = cut(value, b.limits.Value)
		b.Dropped++
	}
	if len(key) > maxKey {
		key = cut(key, maxKey)
	}
	name := b.names.get(key)
	switch {
	case bytes.HasPrefix(key, prefixOurs), name == "service", name == "service.name":
		name = prefixForeign + name
	}
	b.push(name, b.strings.put(value))
}

// Service names the service of the records to come, until Rewind.
func (b *Batch) Service(name []byte) {
	if len(name) > maxName {
		name = cut(name, maxName)
	}
	if len(name) > 0 {
		b.push(parse.GivenService, b.strings.put(name))
	}
}

func (b *Batch) push(key, value string) {
	for i := range b.attrs {
		if b.attrs[i].key == key {
			b.doubles++
			break
		}
	}
	b.attrs = append(b.attrs, attr{key: key, value: value})
	b.bytes += len(key) + len(value)
}

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

// lineBytes is about what a line takes beside its bytes and labels.
const lineBytes = 64

func (b *Batch) line(raw []byte, truncated bool, labels []pipeline.Attr, size int) error {
	if len(b.Lines) >= b.limits.Lines {
		return fmt.Errorf("%w: more than %d records; send smaller requests", ErrTooLarge, b.limits.Lines)
	}
	if b.size += int64(len(raw) + size + lineBytes); b.size > b.limits.Size {
		return fmt.Errorf("%w: the records take more than %d bytes with their attributes; send smaller requests", ErrTooLarge, b.limits.Size)
	}
	b.Lines = append(b.Lines, pipeline.Line{
		ID: pipeline.LineID{Source: b.source}, Raw: raw, Truncated: truncated, Observed: b.origin.Observed,
		Labels: labels, Format: b.format, Zone: b.zone,
	})
	b.Bytes += len(raw)
	return nil
}

// labels makes the labels of a record: what is given first, then the attributes.
func (b *Batch) labels(r *Record) (labels []pipeline.Attr, size int) {
	const most = 7
	n := len(b.attrs) + most
	if cap(b.slab)-len(b.slab) < n {
		b.slab = make([]pipeline.Attr, 0, max(n, min(2*cap(b.slab), keepLines), 256))
	}
	start := len(b.slab)
	given := func(key, value string) {
		b.slab = append(b.slab, pipeline.Attr{Key: key, Value: value})
		size += len(key) + len(value)
	}
	if r.Time > 0 {
		b.number = strconv.AppendInt(b.number[:0], r.Time, 10)
		given(parse.GivenTime, b.strings.put(b.number))
	}
	if r.Severity > 0 && r.Severity < len(severities) {
		given(parse.GivenSeverity, severities[r.Severity])
	}
	if len(r.SeverityText) > 0 && len(r.SeverityText) <= maxKey {
		given(parse.GivenSeverityText, b.names.get(r.SeverityText))
	}
	if len(r.Trace) == 32 {
		given(parse.GivenTrace, b.strings.put(r.Trace))
	}
	if len(r.Span) == 16 {
		given(parse.GivenSpan, b.strings.put(r.Span))
	}
	switch {
	case b.peer && b.origin.Peer != "":
		given(parse.GivenPeer, b.origin.Peer)
	case b.host != "":
		given(parse.GivenHost, b.host)
	}
	for i := range b.attrs {
		if b.doubles == 0 || !b.hidden(i) {
			b.slab = append(b.slab, pipeline.Attr{Key: b.attrs[i].key, Value: b.attrs[i].value})
		}
	}
	end := len(b.slab)
	return b.slab[start:end:end], size + b.bytes
}

// hidden says whether a later attribute has the name of attribute i.
func (b *Batch) hidden(i int) bool {
	for j := i + 1; j < len(b.attrs); j++ {
		if b.attrs[j].key == b.attrs[i].key {
			return true
		}
	}
	return false
}

// severities are the numbers as text.
var severities = strings.Split("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24", " ")
