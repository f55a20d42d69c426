package parse

import "bytes"

// What the attributes of an exception are called in OpenTelemetry's conventions.
const (
	exceptionType    = "exception.type"
	exceptionMessage = "exception.message"
	exceptionStack   = "exception.stacktrace"
)

// exception takes the exception that the lines behind the first one of an event tell: a
// stack trace of Java (and .NET, JavaScript, whose lines begin with "at"), Python or Go.
func (p *Parser) exception() {
	i := bytes.IndexByte(p.raw, '\n')
	if i < 0 {
		return
	}
	first, rest := p.head, p.raw[i+1:]
	switch {
	case bytes.Contains(first, []byte("Traceback (most recent")):
		p.pythonTrace(p.raw[bytes.Index(p.raw, []byte("Traceback (most recent")):])
	case bytes.HasPrefix(rest, []byte("Traceback (most recent")):
		p.pythonTrace(rest)
	case bytes.Contains(rest, []byte("goroutine ")):
		p.goTrace(first, rest)
	default:
		p.atTrace(first, rest)
	}
}

// pythonTrace takes a traceback, whose last line that is not indented names the exception.
func (p *Parser) pythonTrace(b []byte) {
	var named []byte
	for line := range bytes.Lines(b) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 && line[0] != ' ' && line[0] != '\t' {
			if kind, _ := exceptionLine(line); kind != nil {
				named = line
			}
		}
	}
	if named != nil {
		p.addException(named, b)
	}
}

// goTrace takes a panic.
func (p *Parser) goTrace(first, rest []byte) {
	i := bytes.Index(first, []byte("panic: "))
	if i < 0 {
		return
	}
	p.found.attrs.add(exceptionType, []byte("panic"))
	p.found.attrs.add(exceptionMessage, first[i+len("panic: "):])
	p.found.attrs.add(exceptionStack, rest)
}

// atTrace takes a trace of lines that begin with "at": the line before the first of these
// names the exception, by itself or at the end of the event's message.
func (p *Parser) atTrace(first, rest []byte) {
	named, start := p.found.message, rest
	if named == nil {
		named = first
	}
	for b := rest; len(b) > 0; {
		line, after, _ := bytes.Cut(b, []byte{'\n'})
		text := bytes.TrimLeft(line, " \t")
		if len(text) < len(line) && bytes.HasPrefix(text, []byte("at ")) {
			if kind, _ := exceptionLine(named); kind == nil { // "request failed: java.io.IOException: closed"
				for i := bytes.Index(named, []byte(": ")); i >= 0; i = bytes.Index(named, []byte(": ")) {
					named = named[i+2:]
					if kind, _ = exceptionLine(named); kind != nil {
						break
					}
				}
				if kind == nil {
					return
				}
			}
			p.addException(named, start)
			return
		}
		if kind, _ := exceptionLine(text); kind != nil {
			named, start = bytes.TrimRight(text, "\r"), b
		}
		b = after
	}
}

func (p *Parser) addException(named, stack []byte) {
	kind, message := exceptionLine(named)
	p.found.attrs.add(exceptionType, kind)
	p.found.attrs.add(exceptionMessage, message)
	p.found.attrs.add(exceptionStack, bytes.TrimRight(stack, "\r\n"))
}

// exceptionLine reads `type: message` or `type`, where the type is a name with points or
// one that ends in Error, Exception or the like.
func exceptionLine(b []byte) (kind, message []byte) {
	b = bytes.TrimPrefix(bytes.TrimPrefix(b, []byte("Uncaught ")), []byte("Exception in thread \"main\" "))
	end := 0
	points := 0
	for end < len(b) && (isWordByte(b[end]) || b[end] == '.' || b[end] == '$') {
		if b[end] == '.' {
			points++
		}
		end++
	}
	if end < 4 || !isLetter(b[0]) || end < len(b) && b[end] != ':' || b[end-1] == '.' {
		return nil, nil
	}
	kind = b[:end]
	for _, s := range [...]string{"Error", "Exception", "Throwable", "Warning", "Interrupt", "Exit", "Failure"} {
		if bytes.HasSuffix(kind, []byte(s)) {
			return kind, bytes.TrimLeft(b[min(end+1, len(b)):], " ")
		}
	}
	if points >= 2 && isUpper(kind[bytes.LastIndexByte(kind, '.')+1]) {
		return kind, bytes.TrimLeft(b[min(end+1, len(b)):], " ")
	}
	return nil, nil
}
