package multiline

import (
	"bytes"
	"unicode/utf8"
)

// stream is where a container wrote a line. Files of other programs have one stream.
type stream uint8

const (
	plain stream = iota
	stdout
	stderr
)

// message is what a program wrote, without the wrapper of a container runtime.
type message struct {
	text    []byte
	stream  stream
	partial bool // the runtime has split it: it goes on in the next line
}

// unwrap finds the message in the line that m.text is. It is valid until the next call.
func (j *Joiner) unwrap(m *message) {
	raw := m.text
	switch {
	case len(raw) < 30:
	case raw[0] == '{' && bytes.HasPrefix(raw, dockerStart):
		j.docker(raw, m)
	case raw[0] == '2' && raw[4] == '-' && raw[10] == 'T':
		cri(raw, m)
	}
	if n := len(m.text); n > 0 && m.text[n-1] == '\r' {
		m.text = m.text[:n-1]
	}
}

// cri reads what the kubelet's runtimes write (CRI logging format):
//
//	2016-10-06T00:17:09.669794202Z stdout F message
func cri(raw []byte, m *message) {
	const header = len(" stdout F ")
	i := bytes.IndexByte(raw[19:min(len(raw), 40)], ' ') + 19
	if i < 19 || len(raw) < i+header-1 {
		return
	}
	h := raw[i : i+header-1]
	var s stream
	switch string(h[:len(" stdout ")]) {
	case " stdout ":
		s = stdout
	case " stderr ":
		s = stderr
	default:
		return
	}
	flag := h[len(h)-1]
	if flag != 'F' && flag != 'P' {
		return
	}
	rest := raw[i+header-1:]
	if len(rest) > 0 && rest[0] != ' ' && rest[0] != ':' { // a colon: further tags
		return
	}
	if sp := bytes.IndexByte(rest, ' '); sp >= 0 {
		rest = rest[sp+1:]
	} else {
		rest = nil
	}
	*m = message{text: rest, stream: s, partial: flag == 'P'}
}

var (
	dockerStart  = []byte(`{"log":"`)
	dockerStderr = []byte(`"stream":"stderr"`)
)

// docker reads a line of Docker's json-file driver:
//
//	{"log":"message\n","stream":"stderr","time":"2016-10-06T00:17:09.669794202Z"}
func (j *Joiner) docker(raw []byte, m *message) {
	b := raw[len(dockerStart):]
	out := j.scratch[:0]
	for {
		i := bytes.IndexAny(b, `\"`)
		if i < 0 {
			return // not JSON
		}
		out = append(out, b[:i]...)
		if b[i] == '"' {
			b = b[i+1:]
			break
		}
		if len(b) < i+2 {
			return
		}
		switch c := b[i+1]; c {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'u':
			out = utf8.AppendRune(out, utf8.RuneError) // which one tells no trace apart
			i += min(4, len(b)-i-2)
		default:
			out = append(out, c)
		}
		b = b[i+2:]
	}
	j.scratch = out
	m.text, m.stream, m.partial = out, stdout, true
	if n := len(out); n > 0 && out[n-1] == '\n' {
		m.text, m.partial = out[:n-1], false
	}
	if bytes.Contains(b, dockerStderr) {
		m.stream = stderr
	}
}
