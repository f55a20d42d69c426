package multiline

import (
	"bytes"

	"foghorn/shipper/tail"
)

// state is what the lines held are the beginning of.
type state uint8

const (
	none    state = iota // one line at most, which may be the first of a trace
	head                 // an exception's line: frames may follow
	frames               // Java, .NET, JavaScript, Ruby
	props                // JavaScript: properties in braces behind the frames
	python               // inside a traceback
	pyEnd                // behind the exception's line
	pyGap                // behind the blank line after it
	pyChain              // behind the sentence after that
	goPanic              // behind panic: or fatal error:
	goDump               // inside a goroutine's frames
	goFunc               // behind a function, before its file
	goGap                // behind the blank line after a goroutine
	php                  // behind Stack trace:
)

// trace joins stack traces.
func (j *Joiner) trace(l *tail.Line, m *message) {
	if j.state != none {
		if next, b, ok := j.goesOn(m.text); ok {
			j.state = next
			j.hold(l, b)
			return
		}
		j.Flush()
	}
	s := begins(m.text)
	if s == none {
		j.ordinary(l)
		return
	}
	b := sure
	if len(j.held) > 0 && j.stream == m.stream {
		before := j.held[0].Raw
		switch s {
		case head:
			b = maybe // until a frame follows
			if !troubled(before) {
				j.Flush()
			}
		case frames:
			if !troubled(before) && !excepts(before) {
				j.Flush()
			}
		case python:
			if !troubled(before) {
				j.Flush()
			}
		case goDump:
			if !troubled(before) && !bytes.Contains(before, []byte("panic")) {
				j.Flush()
			}
		case php:
			if !excepts(before) && !bytes.Contains(before, []byte("PHP ")) {
				j.Flush()
				s = none
			}
		default:
			j.Flush()
		}
	} else if s == php {
		s = none // a heading that stands alone
	}
	j.hold(l, b)
	j.state = s
}

// ordinary holds a line that is the first of no trace, in place of the one before it.
func (j *Joiner) ordinary(l *tail.Line) {
	if len(j.held) != 1 {
		j.Flush()
		j.hold(l, sure)
		return
	}
	j.emit(j.held)
	j.held[0] = *l
	j.bytes, j.owned = len(l.Raw)+1, 0
}

// begins says which trace a line can be the first of. Most lines are decided by their
// first byte.
func begins(m []byte) state {
	if len(m) == 0 {
		return none
	}
	switch m[0] {
	case ' ', '\t':
		if frame(m) {
			return frames
		}
		return none
	case 'T':
		if isTraceback(m) {
			return python
		}
	case 'p':
		if hasPrefix(m, "panic: ") {
			return goPanic
		}
	case 'f':
		if hasPrefix(m, "fatal error: ") {
			return goPanic
		}
	case 'g':
		if goroutine(m) {
			return goDump
		}
	case 'C':
		if hasPrefix(m, "Caused by: ") {
			return frames
		}
	case 'E':
		if hasPrefix(m, "Exception in thread ") {
			return head
		}
	case 'U':
		if hasPrefix(m, "Unhandled exception") || hasPrefix(m, "Uncaught ") {
			return head
		}
	case 'S':
		if string(m) == "Stack trace:" {
			return php
		}
	case '[':
		if string(m) == "[stacktrace]" {
			return php
		}
		return none
	}
	if letter(m[0]) && exception(m) {
		return head
	}
	return none
}

// goesOn says whether a line belongs to what is held, how surely, and what it is then.
func (j *Joiner) goesOn(m []byte) (next state, b belief, ok bool) {
	switch j.state {
	case head, frames:
		switch {
		case frame(m), hasPrefix(m, "Caused by: "):
			if n := len(m); n > 2 && string(m[n-2:]) == " {" {
				return props, sure, true
			}
			return frames, sure, true
		case j.state == head && inner(m):
			return head, maybe, true
		case j.state == frames && (framesGoOn(m) || hasPrefix(m, "--- End of ")):
			return frames, sure, true
		}
	case props:
		switch {
		case string(m) == "}":
			return frames, sure, true
		case indented(m):
			return props, sure, true
		}
	case python:
		switch {
		case indented(m):
			return python, sure, true
		case pyException(m):
			return pyEnd, sure, true
		}
	case pyEnd:
		return pyGap, maybe, len(m) == 0
	case pyGap:
		return pyChain, maybe, hasPrefix(m, "During handling of the above exception, ") ||
			hasPrefix(m, "The above exception was the direct cause ")
	case pyChain:
		switch {
		case len(m) == 0:
			return pyChain, maybe, true
		case isTraceback(m):
			return python, sure, true
		}
	case goPanic, goGap:
		switch {
		case goroutine(m), hasPrefix(m, "runtime stack:"):
			return goDump, sure, true
		case hasPrefix(m, "[signal "), hasPrefix(m, "exit status "):
			return goPanic, sure, true
		case len(m) == 0 && j.state == goPanic:
			return goGap, maybe, true
		case j.state == goPanic && len(m) > 0 && m[0] == '\t':
			return goPanic, sure, true
		}
	case goDump:
		switch {
		case len(m) == 0:
			return goGap, maybe, true
		case m[0] == '\t', hasPrefix(m, "..."), hasPrefix(m, "exit status "):
			return goDump, sure, true
		case function(m):
			return goFunc, maybe, true
		}
	case goFunc:
		return goDump, sure, len(m) > 0 && m[0] == '\t'
	case php:
		return php, sure, len(m) > 1 && m[0] == '#' && digit(m[1]) || hasPrefix(m, "  thrown in ") || string(m) == `"}`
	}
	return none, sure, false
}
