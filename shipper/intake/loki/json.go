package loki

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/json"
)

// JSON reads a JSON request into b and changes body:
//
//	{"streams": [{"stream": {"label": "value"}, "values": [["<Unix ns>", "<line>", {"meta": "data"}]]}]}
//
// Its results are those of Proto.
func JSON(body []byte, b *entry.Batch) (refused int, err error) {
	d := jsonDecoder{decoder: decoder{b: b}, s: json.New(body, requestLevels)}
	err = d.s.Object(func(name []byte) error {
		if string(name) != "streams" {
			return d.s.Skip()
		}
		return d.s.Array(d.jsonStream)
	})
	if err == nil {
		err = d.s.Close()
	}
	switch {
	case errors.Is(err, entry.ErrTooLarge):
		return 0, err
	case err != nil:
		return 0, &Malformed{err}
	}
	return d.done()
}

// requestLevels are the levels of a request.
const requestLevels = 8

type jsonDecoder struct {
	decoder
	s *json.Scanner
	// bad is why the stream is refused, or nil.
	bad error
}

// jsonStream reads a stream: its labels before its values, wherever they stand.
func (d *jsonDecoder) jsonStream() error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	known, values := false, -1
	d.streams++
	err := d.s.Object(func(name []byte) (err error) {
		switch string(name) {
		case "stream":
			known = true
			d.bad, err = d.jsonLabels()
			return err
		case "values":
			if known {
				return d.s.Array(d.jsonEntry)
			}
			d.s.Kind() // to the value
			values = d.s.Offset()
		}
		return d.s.Skip()
	})
	if err != nil {
		return err
	}
	if !known {
		d.bad = ErrNoLabels
	}
	if values >= 0 {
		end := d.s.Offset()
		d.s.Seek(values)
		if err := d.s.Array(d.jsonEntry); err != nil {
			return err
		}
		d.s.Seek(end)
	}
	if d.bad != nil {
		d.refuse(0, d.bad)
	}
	return nil
}

// jsonLabels reads the labels of a stream and names its source. bad is why the stream
// is to be refused.
func (d *jsonDecoder) jsonLabels() (bad, err error) {
	d.labels = d.labels[:0]
	err = d.s.Object(func(name []byte) error {
		value, err := d.s.String()
		d.labels = append(d.labels, label{name, value})
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(d.labels) == 0 {
		return ErrNoLabels, nil
	}
	slices.SortStableFunc(d.labels, func(a, b label) int { return strings.Compare(string(a.name), string(b.name)) })
	d.open()
	return nil, nil
}

// jsonEntry reads an entry: time, line and, if it is there, structured metadata.
func (d *jsonDecoder) jsonEntry() error {
	if d.bad != nil {
		d.refused++
		return d.s.Skip()
	}
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	rec := d.stream
	place := 0
	err := d.s.Array(func() (err error) {
		switch place++; place {
		case 1:
			rec.Time, err = d.time()
		case 2:
			rec.Line, err = d.s.String()
		case 3:
			err = d.s.Object(func(name []byte) error {
				value, err := d.text()
				d.metadata(&rec, name, value)
				return err
			})
		default:
			err = d.s.Skip()
		}
		return err
	})
	if err == nil && place < 2 {
		err = fmt.Errorf("byte %d: want [time, line] or [time, line, metadata]", d.s.Offset())
	}
	if err != nil {
		return err
	}
	return d.b.Add(&rec)
}

// time reads Unix nanoseconds, a string as a rule.
func (d *jsonDecoder) time() (int64, error) {
	text, err := d.text()
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("byte %d: want a time in Unix nanoseconds, have %.32q", d.s.Offset(), text)
	}
	return ns, nil
}

// text reads a string as it is, any other value as JSON.
func (d *jsonDecoder) text() ([]byte, error) {
	if d.s.Kind() == json.String {
		return d.s.String()
	}
	return d.s.Raw()
}
