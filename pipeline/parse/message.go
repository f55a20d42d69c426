package parse

import "bytes"

// Formats returns the names of the formats, in the order in which they are tried; the
// last, text, takes every line. A name may stand in pipeline.Line.Format.
func Formats() []string {
	names := make([]string, len(formats))
	for i := range formats {
		names[i] = formats[i].name
	}
	return names
}

// Message returns the message of the line that Parse read last: what the program wanted
// to say, without the time, level, host, process, logger and other fields around it. raw
// is that line's Raw. Of an object or of pairs it is the value of msg or message, of a
// multi-line event the message on its first line, and where nothing else is known the
// whole first line. It never holds a line feed that separates original lines.
//
// The bytes are raw's own, or, where the line spells the message with escapes, memory
// that is valid until the next Parse of this parser or, within a Stage, of any of its
// partition's. They must not be changed.
func (p *Parser) Message(raw []byte) []byte {
	if !p.message.inside {
		return p.buf.message
	}
	return raw[p.message.start:p.message.end]
}

// MessageAt returns where Message stands in the raw line: raw[start:end]. ok is false when
// the line spells it with escapes, or the bytes there are otherwise not the message's own.
func (p *Parser) MessageAt() (start, end int, ok bool) {
	return p.message.start, p.message.end, p.message.inside
}

// span is where a message is: at raw[start:end], or in scratch.message when not inside.
type span struct {
	start, end int
	inside     bool
}

// setMessage notes the message; the last call counts. What is no part of the line is
// copied, as its memory is used again.
func (p *Parser) setMessage(b []byte) {
	if _, ok := p.within(b); !ok {
		p.buf.message = append(p.buf.message[:0], b...)
		b = p.buf.message
	}
	p.found.message = b
}

// within returns where b stands in the line, if it is a part of it: what was sliced off
// the front of a slice has left it so much less capacity.
func (p *Parser) within(b []byte) (at int, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	at = cap(p.raw) - cap(b)
	return at, at >= 0 && at+len(b) <= len(p.raw) && &p.raw[at] == &b[0]
}

// event returns a line of the event and all behind it; of what is no part of the raw line
// (it was unescaped) only the line itself.
func (p *Parser) event(line []byte) []byte {
	if at, ok := p.within(line); ok && len(line) > 0 {
		return p.raw[at:]
	}
	return line
}

// placeMessage keeps where the message is, and forgets the line.
func (p *Parser) placeMessage() {
	m := p.found.message
	if m == nil {
		m = p.head
	}
	at, ok := p.within(m)
	p.message = span{at, at + len(m), ok}
	if !ok {
		p.message = span{}
	}
	p.raw, p.head, p.found.message, p.clock.at = nil, nil, nil, nil
}

// Ranks of the names that fields with the message have.
const (
	rankEvent = iota + 1 // structlog's event, and names that often hold other things
	rankBody             // OpenTelemetry's body, GELF's short_message, containers' log
	rankMessage
)

// messageField takes the value of a field that may be the message.
func (p *Parser) messageField(rank int, value []byte) {
	if rank > p.found.messageRank {
		p.found.messageRank = rank
		p.setMessage(value)
	}
}

// firstLine returns the first of the original lines in raw, without its carriage return.
func firstLine(raw []byte) []byte {
	if i := bytes.IndexByte(raw, '\n'); i >= 0 {
		raw = raw[:i]
	}
	if n := len(raw); n > 0 && raw[n-1] == '\r' {
		raw = raw[:n-1]
	}
	return raw
}
