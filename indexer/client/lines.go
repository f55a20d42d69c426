package client

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one line of an answer. A log line of 1 MiB, the most that is kept, takes
// at most 6 MiB as JSON, its fields as much again.
const maxLine = 32 << 20

// lineReader reads lines of any number and of bounded length.
type lineReader struct {
	r    *bufio.Reader
	long []byte
	// idle, if set, is called before the reader waits for the network.
	idle func() error
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: bufio.NewReaderSize(r, 256<<10)} }

// next returns the next line without its line feed, valid until the next call. io.EOF
// ends the lines; a last line without a line feed is io.ErrUnexpectedEOF.
func (l *lineReader) next() ([]byte, error) {
	if l.idle != nil && l.r.Buffered() == 0 {
		if err := l.idle(); err != nil {
			return nil, err
		}
	}
	line, err := l.r.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	l.long = append(l.long[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(l.long) > maxLine {
			return nil, fmt.Errorf("a line of the answer is longer than %d bytes", maxLine)
		}
		line, err = l.r.ReadSlice('\n')
		l.long = append(l.long, line...)
	}
	switch {
	case err == nil:
		return l.long[:len(l.long)-1], nil
	case errors.Is(err, io.EOF) && len(l.long) > 0:
		return nil, io.ErrUnexpectedEOF
	}
	return nil, err
}
