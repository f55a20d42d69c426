package client

import (
	"bytes"
	"io"
)

// event is one server-sent event; data is valid until the next one is read.
type event struct {
	name string
	data []byte
}

// eventReader reads server-sent events as the HTML standard has them. Comments, ids and
// retry times are passed over.
type eventReader struct {
	lines *lineReader
	data  []byte
}

func newEventReader(r io.Reader) *eventReader { return &eventReader{lines: newLineReader(r)} }

func (r *eventReader) next() (event, error) {
	e := event{name: "message"}
	r.data = r.data[:0]
	some := false
	for {
		line, err := r.lines.next()
		if err != nil {
			return e, err
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			if some {
				e.data = r.data
				return e, nil
			}
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.name = string(value)
		case "data":
			if some {
				r.data = append(r.data, '\n')
			}
			some = true
			r.data = append(r.data, value...)
		}
	}
}
