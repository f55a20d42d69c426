package pipeline

import "strconv"

// LineEncoder makes records of logs.raw as EncodeLine does, for many lines of one source at
// a few allocations for hundreds of them. The zero LineEncoder is ready. It is used by one
// goroutine at a time; its Messages share memory and must not be appended to.
type LineEncoder struct {
	text    []byte
	headers []Header
}

// slab is how many lines' headers are allocated at once.
const slab = 256

// Encode makes the record of a line. key is the source id, which l.ID.Source need not hold;
// common are the headers of the line's labels, format and zone (CommonHeaders), which l
// need not hold either.
func (e *LineEncoder) Encode(l *Line, key []byte, common []Header) Message {
	const longest = 64 // 16 + 2 numbers of 20 + 4
	if cap(e.text)-len(e.text) < longest {
		e.text = make([]byte, 0, slab*longest/2)
	}
	from := len(e.text)
	e.text = appendLineHeader(e.text, l)
	n := 1 + len(common)
	if l.Sizes != nil {
		n++
	}
	if len(e.headers) < n {
		e.headers = make([]Header, slab*n)
	}
	headers := append(e.headers[:0:n], Header{Key: HeaderLine, Value: e.text[from:len(e.text):len(e.text)]})
	e.headers = e.headers[n:]
	if l.Sizes != nil {
		headers = append(headers, Header{Key: HeaderSizes, Value: appendSizes(nil, l.Sizes)})
	}
	return Message{Topic: TopicRaw, Partition: -1, Key: key, Value: l.Raw, Headers: append(headers, common...), Time: l.Observed}
}

// CommonHeaders are the headers that all lines with these labels, format and zone have.
func CommonHeaders(labels []Attr, format, zone string) []Header {
	m := EncodeLine(&Line{Labels: labels, Format: format, Zone: zone})
	return m.Headers[1:]
}

// appendLineHeader appends the value of HeaderLine.
func appendLineHeader(b []byte, l *Line) []byte {
	b = append(appendHex16(b, l.ID.Generation), ':')
	b = append(strconv.AppendInt(b, l.ID.Offset, 10), ':')
	b = strconv.AppendInt(b, l.Size, 10)
	if l.Truncated {
		b = append(b, ':', 't')
	}
	return b
}
