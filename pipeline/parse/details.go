package parse

import "bytes"

// How much of a message is searched for pairs, and how many it gives.
const (
	detailBytes = 1024
	maxPairs    = 16
)

// details takes from a message in free text what is worth finding wherever it stands:
// trace ids, key=value pairs, and a quoted HTTP request with its status.
func (p *Parser) details(message []byte) {
	p.pairs(message)
	p.traceIn(message)
	p.requestIn(message)
}

// pairs takes the pairs key=value of a message; a value in quotes may hold blanks. The key
// stands at the beginning, after a blank or an opening bracket, or after a comma.
func (p *Parser) pairs(b []byte) {
	cut := len(b) > detailBytes
	b = b[:min(len(b), detailBytes)]
	for n, from := 0, 0; n < maxPairs; {
		i := bytes.IndexByte(b[from:], '=')
		if i < 0 {
			return
		}
		at := from + i
		start := at
		for start > from && isKeyByte(b[start-1]) && b[start-1] != '/' && b[start-1] != ':' {
			start--
		}
		key := b[start:at]
		if from = at + 1; from >= len(b) {
			return
		}
		if len(key) == 0 || len(key) > 64 || !isLetter(key[0]) && key[0] != '_' || start > 0 && !opens(b[start-1]) {
			continue
		}
		value, end := pairValue(b, from)
		if end == 0 || cut && end == len(b) {
			continue
		}
		from = end
		if len(value) > 0 {
			n++
			if !p.traceField(key, value) && !(levelKey(key) && p.setLevel(value)) {
				p.found.attrs.addFound(key, value)
			}
		}
	}
}

// opens says whether a key may begin behind c.
func opens(c byte) bool {
	switch c {
	case ' ', '\t', ',', ';', '(', '[', '{', '<', '|':
		return true
	}
	return false
}

// pairValue reads the value at i and returns where it ends, 0 when it is none.
func pairValue(b []byte, i int) (value []byte, end int) {
	switch c := b[i]; c {
	case '=', '>':
		return nil, 0
	case '"', '\'':
		if n := bytes.IndexByte(b[i+1:], c); n >= 0 {
			return b[i+1 : i+1+n], i + 2 + n
		}
		return nil, 0
	}
	end = i
	for end < len(b) {
		switch b[end] {
		case ' ', '\t', ',', ';', ')', ']', '}', '|', '"':
			return b[i:end], end
		}
		end++
	}
	return b[i:end], end
}

// requestIn takes the request and status of a message such as
//
//	10.11.10.1 "GET /v2/servers HTTP/1.1" status: 200 len: 1893
//	"GET /index.html HTTP/1.1" 404 -
func (p *Parser) requestIn(b []byte) {
	if p.found.status != 0 || bytes.IndexByte(b, '"') < 0 { // most have no quote, and many blanks
		return
	}
	i := bytes.Index(b, []byte(" HTTP/"))
	if i < 0 {
		return
	}
	start := bytes.LastIndexByte(b[:i], '"')
	end := bytes.IndexByte(b[i:], '"')
	if start < 0 || end < 0 {
		return
	}
	end += i
	rest := bytes.TrimLeft(b[end+1:], " -")
	rest = bytes.TrimLeft(bytes.TrimPrefix(rest, []byte("status:")), " ")
	if len(rest) >= 3 && (len(rest) == 3 || !isWordByte(rest[3])) && p.setStatus(rest[:3]) {
		p.request(b[start+1 : end])
	}
}
