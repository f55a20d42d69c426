package parse

import (
	"bytes"

	"github.com/valyala/fastjson"
)

// readJSON reads an object on one line, as zerolog, zap, logrus, slog, bunyan, pino,
// winston, Logstash and the OpenTelemetry SDKs write it. Nested objects are flattened
// with dots, arrays are kept as JSON text.
func readJSON(p *Parser, line []byte) bool {
	i := 0
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	if i >= len(line) || line[i] != '{' || bytes.HasPrefix(line[i:], dockerLog) && bytes.Contains(line, dockerStream) {
		return false
	}
	p.buf.used = max(p.buf.used, len(line))
	v, err := p.buf.json.ParseBytes(line[i:])
	if err != nil { // of several lines?
		all := p.event(line)
		if len(all) <= len(line)+1 {
			return false
		}
		if v, err = p.buf.json.ParseBytes(all[i:]); err != nil {
			return false
		}
	}
	o, err := v.Object()
	if err != nil || o.Len() == 0 {
		return false
	}
	p.buf.path = p.buf.path[:0]
	p.object(o, 1)
	return true
}

// object reads the fields of an object whose path is p.buf.path.
func (p *Parser) object(o *fastjson.Object, depth int) {
	base := len(p.buf.path)
	o.Visit(func(key []byte, v *fastjson.Value) {
		if base > 0 {
			p.buf.path = append(append(p.buf.path[:base], '.'), key...)
			key = p.buf.path
		}
		switch v.Type() {
		case fastjson.TypeNull:
		case fastjson.TypeString:
			p.field(key, v.GetStringBytes(), false)
		case fastjson.TypeObject:
			if child := v.GetObject(); depth < p.cfg.MaxDepth && len(key) < maxKey {
				p.buf.path = append(p.buf.path[:base], key[base:]...)
				p.object(child, depth+1)
				break
			}
			fallthrough
		case fastjson.TypeArray:
			p.buf.text = v.MarshalTo(p.buf.text[:0])
			p.found.attrs.addFound(key, p.buf.text)
		default:
			p.buf.text = v.MarshalTo(p.buf.text[:0])
			p.field(key, p.buf.text, true)
		}
	})
	p.buf.path = p.buf.path[:base]
}

// cookie marks JSON in a syslog message (Common Event Expression).
var cookie = []byte("@cee:")

// readInner reads the message of a line that another format wraps, where the message
// has a structure of its own that cannot be mistaken.
func (p *Parser) readInner(message []byte) bool {
	if len(message) == 0 {
		return false
	}
	before, m := p.found.facts, p.found.attrs.mark()
	ok := false
	switch c := message[0]; {
	case c == '{':
		ok = readJSON(p, message)
	case c == '@':
		var rest []byte
		if rest, ok = bytes.CutPrefix(message, cookie); ok {
			ok = readJSON(p, rest)
		}
	case isDigit(c):
		ok = readHAProxy(p, message)
		if !ok {
			p.found.attrs.rewind(m)
			ok = readAccess(p, message)
		}
	case c == '[':
		ok = readKernel(p, message)
	case c == 'I' || c == 'W' || c == 'E' || c == 'F':
		ok = readKlog(p, message)
	case isLetter(c):
		ok = bytes.IndexByte(message[:min(len(message), 16)], '=') > 0 && readLogfmt(p, message)
	}
	if !ok {
		p.found.facts = before
		p.found.attrs.rewind(m)
	}
	return ok
}
