package syslog

import (
	"bytes"
	"strconv"
)

// framer takes the messages of RFC 6587 out of a stream of bytes, however it is cut into
// pieces. Each message tells for itself how it is framed: by octet counting when it begins with
// a number without leading zero, a blank and '<' (section 3.4.1), else by a line feed or NUL
// behind it (section 3.4.2).
type framer struct {
	// limit is the longest message, 16 at least; of a longer one the beginning is kept.
	limit int
	// emit takes a message without its framing. The bytes are valid until the call returns.
	emit func(msg []byte, truncated bool)

	mode mode
	left int64  // of a counted message
	held []byte // what came of the message so far, as far as the limit
	cut  bool   // the message is longer than the limit
	ends int    // messages that came to their end
}

type mode byte

const (
	deciding mode = iota // held is a number, perhaps with a blank behind
	counted              // left bytes are to come
	delimited
)

// maxDigits bounds the number of octet counting.
const maxDigits = 10

// feed takes the next bytes.
func (f *framer) feed(b []byte) {
	for len(b) > 0 {
		switch f.mode {
		case deciding:
			b = f.decide(b)
		case counted:
			n := int(min(f.left, int64(len(b))))
			f.left -= int64(n)
			f.take(b[:n], f.left == 0)
			b = b[n:]
		case delimited:
			n := delimiter(b)
			if n < 0 {
				f.take(b, false)
				return
			}
			f.take(b[:n], true)
			b = b[n+1:]
		}
	}
}

// delimiter returns where the first line feed or NUL stands, or -1.
func delimiter(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if nul := bytes.IndexByte(b, 0); nul >= 0 {
		return nul
	}
	return lf
}

// decide looks at the first byte of b, behind what is held, and returns what is left of b.
func (f *framer) decide(b []byte) []byte {
	c := b[0]
	n := len(f.held)
	blank := n > 0 && f.held[n-1] == ' '
	switch {
	case n == 0 && (c == '\n' || c == 0):
		return b[1:] // an empty message, or what some senders put behind a counted one
	case !blank && n < maxDigits && (c >= '1' && c <= '9' || c == '0' && n > 0), !blank && n > 0 && c == ' ':
		f.held = append(f.held, c)
		return b[1:]
	case blank && c == '<':
		left, err := strconv.ParseInt(string(f.held[:n-1]), 10, 64)
		if err == nil {
			f.mode, f.left, f.held = counted, left, f.held[:0]
			return b
		}
	}
	f.mode = delimited
	return b
}

// take takes bytes of a message, and its end.
func (f *framer) take(b []byte, end bool) {
	if len(f.held) > 0 || !end {
		room := f.limit - len(f.held)
		if len(b) > room {
			b, f.cut = b[:room], true
		}
		f.held = append(f.held, b...)
		b = f.held
	} else if len(b) > f.limit {
		b, f.cut = b[:f.limit], true
	}
	if !end {
		return
	}
	f.send(b)
}

func (f *framer) send(b []byte) {
	if msg := trim(b); len(msg) > 0 {
		f.emit(msg, f.cut)
	}
	f.ends++
	f.mode, f.left, f.held, f.cut = deciding, 0, f.held[:0], false
	if cap(f.held) > keepHeld {
		f.held = nil
	}
}

// keepHeld bounds the memory that a framer keeps between messages.
const keepHeld = 64 << 10

// end takes the end of the stream: what was held is a message, truncated when more of it was
// announced.
func (f *framer) end() {
	f.cut = f.cut || f.left > 0
	f.send(f.held)
}

// partial says whether a message has begun and not ended.
func (f *framer) partial() bool { return f.mode != deciding || len(f.held) > 0 }

// trim takes line feeds and NULs off the end of a message.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == 0) {
		b = b[:len(b)-1]
	}
	return b
}
