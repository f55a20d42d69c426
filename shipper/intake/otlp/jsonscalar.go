package otlp

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"foghorn/shipper/intake/json"
)

// stringOrNull reads a string or null.
func (d *jsonDecoder) stringOrNull() ([]byte, error) {
	if d.s.Kind() == json.Null {
		return nil, d.s.Skip()
	}
	return d.s.String()
}

// integer reads a number, or a string that holds one, as 64 bits have it in JSON.
func (d *jsonDecoder) integer() (int64, error) {
	var text []byte
	var err error
	switch d.s.Kind() {
	case json.Null:
		return 0, d.s.Skip()
	case json.String:
		text, err = d.s.String()
	default:
		text, err = d.s.Number()
	}
	if err != nil {
		return 0, err
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return n, nil
	}
	if n, err := strconv.ParseUint(string(text), 10, 64); err == nil { // fixed64 are unsigned
		return int64(n), nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f < -1<<63 || f >= 1<<63 {
		return 0, fmt.Errorf("byte %d: want a 64-bit integer, have %.32q", d.s.Offset(), text)
	}
	return int64(f), nil
}

// severity reads a severity number; some senders write its name.
func (d *jsonDecoder) severity() (int, error) {
	if d.s.Kind() != json.String {
		n, err := d.integer()
		return int(min(max(n, 0), 25)), err
	}
	text, err := d.s.String()
	if err != nil {
		return 0, err
	}
	if n, err := strconv.Atoi(string(text)); err == nil {
		return n, nil
	}
	return severityByName(string(text)), nil
}

// id reads a trace or span id of n hex digits, or none.
func (d *jsonDecoder) id(n int) ([]byte, error) {
	id, err := d.stringOrNull()
	if err != nil {
		return nil, err
	}
	if len(id) == 0 {
		return nil, nil
	}
	var raw [16]byte
	if _, bad := hex.Decode(raw[:], id[:min(len(id), 32)]); bad != nil || len(id) != n {
		return nil, fmt.Errorf("byte %d: want an id of %d hex digits, have %.40q", d.s.Offset(), n, id)
	}
	return id, nil
}
