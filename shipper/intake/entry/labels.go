package entry

import (
	"strconv"
	"strings"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
)

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
	if b.doubles == 0 {
		b.slab = append(b.slab, b.attrs...)
	} else {
		for i := range b.attrs {
			if !b.hidden(i) {
				b.slab = append(b.slab, b.attrs[i])
			}
		}
	}
	end := len(b.slab)
	return b.slab[start:end:end], size + b.bytes
}

// hidden says whether a later attribute has the name of attribute i.
func (b *Batch) hidden(i int) bool {
	for j := i + 1; j < len(b.attrs); j++ {
		if b.attrs[j].Key == b.attrs[i].Key {
			return true
		}
	}
	return false
}

// severities are the numbers as text.
var severities = strings.Split("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24", " ")
