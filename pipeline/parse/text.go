package parse

import "bytes"

// readText reads any line: a timestamp at its beginning or close to it, a level, and
// trace ids.
//
//	2016-12-19 23:00:00,123 INFO  [main] org.example.Main: started
//	[2016-12-19 23:00:00,123] WARN no leader (kafka.server)
//	INFO:root:started
func readText(p *Parser, line []byte) bool {
	pri, n := -1, 0
	if len(line) > 0 && line[0] == '<' {
		if pri, n = priority(line); n == 0 {
			pri = -1
		}
	}
	if pri >= 0 {
		p.setPriority(pri)
	}
	b := line[n:]
	ns, start, end := p.textTime(b)
	if end == 0 {
		if ns, start, end = p.epochColumn(b); end > 0 { // and a flag
			flag, rest := token(b[blanks(b, end):])
			if flag = bytes.TrimPrefix(flag, []byte{'-'}); len(flag) == 1 && isDigit(flag[0]) {
				end = len(b) - len(rest)
			}
		}
	}
	if end > 0 {
		p.found.setTime(ns)
	}
	message := p.header(b[end:])
	if p.found.severity == 0 && start > 0 {
		if word := findLevel(b[:start], true, true); word != nil {
			p.setLevel(word)
		}
	}
	p.setMessage(message)
	p.details(message)
	return true
}

// How far a timestamp is looked for in plain text: deeper in the line it is more often
// something that the line tells of.
const (
	timeTokens = 3
	timeBytes  = 96
)

// textTime looks for a timestamp that begins one of the first tokens, and returns where
// it starts and ends; end is 0 when there is none.
func (p *Parser) textTime(b []byte) (ns int64, start, end int) {
	tokens := 0
	for i := 0; i < len(b) && i < timeBytes; {
		c := b[i]
		if !isDigit(c) && !isUpper(c) {
			if c == ' ' || c == '\t' {
				if i > 0 && b[i-1] != c {
					if tokens++; tokens >= timeTokens {
						return 0, 0, 0
					}
				}
				i++
				continue
			}
			if isWordByte(c) {
				i = wordEnd(b, i)
				continue
			}
			i++
			continue
		}
		if isDigit(c) || month(b[i:]) > 0 || weekday(b[i:]) {
			if ns, n := p.clock.stamp(b[i:]); n > 0 {
				return ns, i, i + n
			}
			if ns, n := p.epochToken(b, i); n > 0 {
				return ns, i, i + n
			}
		}
		i = wordEnd(b, i)
	}
	return 0, 0, 0
}

// wordEnd returns where the word at i ends: at the next blank, or where a bracket or
// separator may precede a timestamp.
func wordEnd(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case ' ', '\t', '[', '(', '|', '=', '"', ',', ';', '<':
			return i
		}
		i++
	}
	return i
}

// epochToken reads seconds since 1970 that begin the line (squid: 1286536309.450), or
// that are its second word with the date after it (BlueGene/L: - 1117838570 2005.06.03).
// Elsewhere a number of ten digits is more often an id.
func (p *Parser) epochToken(b []byte, i int) (ns int64, n int) {
	end := i
	for end < len(b) && (isDigit(b[end]) || b[end] == '.') {
		end++
	}
	if end-i < 10 || end == len(b) || b[end] != ' ' || end-i > 10 && b[i+10] != '.' && !(i == 0 && end-i == 13) {
		return 0, 0
	}
	if i > 0 && !(end+11 < len(b) && b[end+5] == '.' && b[end+8] == '.' && b[end+11] == ' ' && bytes.Count(b[:i], []byte{' '}) == 1) {
		return 0, 0
	}
	ns, ok := epoch(b[i:end])
	if !ok || ns < earliest || p.clock.observed != 0 && ns > p.clock.observed+86400e9 {
		return 0, 0
	}
	return ns, end - i
}

// epochColumn looks for seconds since 1970 in a line that begins with a record's number, in
// one of the next five columns.
//
//	134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change
func (p *Parser) epochColumn(b []byte) (ns int64, start, end int) {
	const columns = 5
	number, rest := token(b[:min(len(b), timeBytes)])
	if len(number) == 0 || len(number) > 9 || !allDigits(number) {
		return 0, 0, 0
	}
	for range columns {
		word, after := token(rest)
		if len(word) == 10 && len(after) > 0 && allDigits(word) {
			if ns, ok := epoch(word); ok && ns >= earliest && (p.clock.observed == 0 || ns <= p.clock.observed+86400e9) {
				start = cap(b) - cap(word)
				return ns, start, start + len(word)
			}
		}
		rest = after
	}
	return 0, 0, 0
}

// letterLevel takes MongoDB's single letter between a timestamp and a component, these and
// the context behind them, and returns the message; nil when there is no such letter.
//
//	2016-12-19T23:00:00.123+0100 E NETWORK  [conn1] Assertion
func (p *Parser) letterLevel(b []byte) []byte {
	if p.found.severity != 0 || len(b) < 4 || b[0] != ' ' || b[2] != ' ' || !isUpper(b[3]) || !p.setLetter(b[1]) {
		return nil
	}
	component, rest := token(b[3:])
	for _, c := range component {
		if !isUpper(c) && c != '_' {
			return b[3:]
		}
	}
	p.found.attrs.add("log.logger", component)
	if group, after, ok := bracketed(rest); ok {
		p.found.attrs.add("thread.name", group)
		rest = bytes.TrimLeft(after, " ")
	}
	return rest
}

// How far trace ids are looked for in a message.
const traceBytes = 4096

// traceIn looks in a message for traceparent or trace_id and span_id with their ids.
func (p *Parser) traceIn(b []byte) {
	const shortest = len("traceId=") + 32
	if b = b[:min(len(b), traceBytes)]; len(b) < len("trace_id=")+32 {
		return
	}
	for p.found.trace == "" {
		if len(b) < shortest { // there is no room for an id
			return
		}
		i := bytes.Index(b[:len(b)-shortest+len("trace")], []byte("trace"))
		if i < 0 {
			return
		}
		b = b[i+len("trace"):]
		if rest, ok := bytes.CutPrefix(b, []byte("parent")); ok {
			if v := idValue(rest); len(v) >= 55 {
				p.setTraceParent(v[:55])
			}
			continue
		}
		for _, name := range [...]string{"_id", "Id", "ID", "id", ".id"} {
			if len(b) > len(name) && string(b[:len(name)]) == name {
				if v := idValue(b[len(name):]); len(v) >= 32 && (len(v) == 32 || !isWordByte(v[32])) {
					p.setTrace(v[:32])
				}
				break
			}
		}
	}
	if p.found.span == "" {
		i := bytes.Index(b, []byte("span"))
		if i < 0 {
			return
		}
		b = bytes.TrimLeft(b[i+len("span"):], "_.idID")
		if v := idValue(b); len(v) >= 16 && (len(v) == 16 || !isWordByte(v[16])) {
			p.setSpan(v[:16])
		}
	}
}

// idValue returns what follows the '=' or ':' at b, less a quote and blanks before it.
func idValue(b []byte) []byte {
	b = bytes.TrimLeft(b, `"`)
	if len(b) == 0 || b[0] != '=' && b[0] != ':' {
		return nil
	}
	return bytes.TrimLeft(b[1:], `" `)
}
