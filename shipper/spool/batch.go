package spool

import (
	"bytes"
	"encoding/binary"
	"sync"
	"time"

	"foghorn/pipeline"
)

// Batch is what one Append takes: all of it is appended or nothing.
type Batch struct {
	// Key identifies a request that its sender may repeat (a hash of it). A batch with a
	// Key that was appended before, and is remembered, is not appended again. Zero: none.
	Key [16]byte
	// Name and Mark say how far an origin was read (a journal's cursor): Mark(Name) is this
	// one from when the batch is appended, through restarts too. An empty Name: none.
	Name, Mark string
	// Lines in the order of each source. Set are ID.Source, Raw, Labels, Observed (now when
	// zero), Format, Zone and Truncated; Append decides ID.Generation, ID.Offset and Size.
	Lines []pipeline.Line
}

// Flags of a line: what follows.
const (
	flagTruncated = 1 << iota
	flagSource
	flagObserved
	flagSettings
	flagLabels
)

// encoder makes the record of a batch. It is used again.
type encoder struct {
	record  []byte
	sources []sourceRun
	index   map[string]int // of sources, once there are more than a few
}

// sourceRun is one source of a batch.
type sourceRun struct {
	source string
	at     int   // where its generation and offset stand in the record
	bytes  int64 // what its lines take
}

const fewSources = 8

var encoders = sync.Pool{New: func() any { return &encoder{} }}

// keepRecord bounds the buffers that are kept for the next batch.
const keepRecord = 4 << 20

func (e *encoder) release() {
	if cap(e.record) <= keepRecord {
		clear(e.sources)
		clear(e.index)
		encoders.Put(e)
	}
}

// find returns the place of a source in e.sources, made if need be.
func (e *encoder) find(source string) int {
	if len(e.sources) <= fewSources {
		for i := range e.sources {
			if e.sources[i].source == source {
				return i
			}
		}
	} else if i, ok := e.index[source]; ok {
		return i
	}
	i := len(e.sources)
	e.sources = append(e.sources, sourceRun{source: source})
	if i == fewSources {
		if e.index == nil {
			e.index = make(map[string]int)
		}
		for j := range e.sources {
			e.index[e.sources[j].source] = j
		}
	} else if i > fewSources {
		e.index[source] = i
	}
	return i
}

// encode writes the record with generations, offsets and checksum left open.
func (e *encoder) encode(b *Batch, now time.Time) {
	e.sources = e.sources[:0]
	clear(e.index)
	last := -1
	for i := range b.Lines {
		if last < 0 || e.sources[last].source != b.Lines[i].ID.Source {
			last = e.find(b.Lines[i].ID.Source)
		}
		e.sources[last].bytes += int64(len(b.Lines[i].Raw)) + 1
	}
	r := append(e.record[:0], make([]byte, frameBytes)...)
	r = append(r, kindBatch)
	r = append(r, b.Key[:]...)
	r = appendStr(r, b.Name)
	r = appendStr(r, b.Mark)
	r = binary.AppendUvarint(r, uint64(len(e.sources)))
	for i := range e.sources {
		r = appendStr(r, e.sources[i].source)
		e.sources[i].at = len(r)
		r = append(r, make([]byte, 16)...)
	}
	r = binary.AppendUvarint(r, uint64(len(b.Lines)))
	e.record = e.lines(r, b.Lines, now)
}

func (e *encoder) lines(r []byte, lines []pipeline.Line, now time.Time) []byte {
	prev, source := &pipeline.Line{}, -1
	observed := int64(0)
	for i := range lines {
		l := &lines[i]
		at := len(r)
		r = append(r, 0)
		var flags byte
		if l.Truncated {
			flags |= flagTruncated
		}
		if source < 0 || l.ID.Source != prev.ID.Source {
			source = e.find(l.ID.Source)
			flags |= flagSource
			r = binary.AppendUvarint(r, uint64(source))
		}
		ns := now.UnixNano()
		if !l.Observed.IsZero() {
			ns = l.Observed.UnixNano()
		}
		if ns != observed {
			observed = ns
			flags |= flagObserved
			r = binary.LittleEndian.AppendUint64(r, uint64(ns))
		}
		if l.Format != prev.Format || l.Zone != prev.Zone {
			flags |= flagSettings
			r = appendStr(appendStr(r, l.Format), l.Zone)
		}
		if !sameLabels(l.Labels, prev.Labels) {
			flags |= flagLabels
			r = binary.AppendUvarint(r, uint64(len(l.Labels)))
			for j := range l.Labels {
				r = appendStr(appendStr(r, l.Labels[j].Key), l.Labels[j].Value)
			}
		}
		r[at] = flags
		r = binary.AppendUvarint(r, uint64(len(l.Raw)))
		r = append(r, l.Raw...)
		prev = l
	}
	return r
}

func sameLabels(a, b []pipeline.Attr) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 || &a[0] == &b[0] {
		return true
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func appendStr(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Add appends a line. One that was cut and holds several original lines becomes two: the last
// line, which is the one that was cut, is never joined with others.
func (b *Batch) Add(l pipeline.Line) {
	if l.Truncated {
		if i := bytes.LastIndexByte(l.Raw, '\n'); i >= 0 {
			whole := l
			whole.Raw, whole.Truncated = l.Raw[:i:i], false
			b.Lines = append(b.Lines, whole)
			l.Raw = l.Raw[i+1:]
		}
	}
	b.Lines = append(b.Lines, l)
}
