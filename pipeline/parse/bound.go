package parse

import "bytes"

// boundLevel reads what Celery and Monolog write behind a time in brackets, a level that is
// bound to the name of a process or of a channel, in b. It returns the message, or nil when b
// is neither.
//
//	: INFO/MainProcess] Task received
//	] production.ERROR: Undefined index
func (p *Parser) boundLevel(b []byte) []byte {
	if rest, ok := bytes.CutPrefix(b, []byte(": ")); ok {
		head, message, ok := bytes.Cut(rest[:min(len(rest), maxBound)], []byte("] "))
		level, process, bound := bytes.Cut(head, []byte{'/'})
		if !ok || !bound || !identifier(process) || !pythonLevel(level) {
			return nil
		}
		p.setLevel(level)
		p.found.attrs.add("process.name", process)
		return rest[cap(rest)-cap(message):]
	}
	rest, ok := bytes.CutPrefix(b, []byte("] "))
	if !ok {
		return nil
	}
	head, message, ok := bytes.Cut(rest[:min(len(rest), maxBound)], []byte(": "))
	dot := bytes.LastIndexByte(head, '.')
	if !ok || dot < 1 || !identifier(head[:dot]) || bytes.IndexByte(head, ' ') >= 0 {
		return nil
	}
	for _, c := range head[dot+1:] {
		if !isUpper(c) {
			return nil
		}
	}
	if !p.setLevel(head[dot+1:]) {
		return nil
	}
	p.found.attrs.add("log.logger", head[:dot])
	return rest[cap(rest)-cap(message):]
}

// maxBound is how far such a level and name may reach.
const maxBound = 96
