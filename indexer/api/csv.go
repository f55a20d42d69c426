package api

import (
	"bytes"
	"strconv"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// csvRows are rows as RFC 4180 has them, with a header: records end with CRLF, what holds
// a comma, a quote or a line break stands in quotes. Values are bytes as they are: the
// lines of a log, so that a program which takes a value for a formula must be told not to.
type csvRows struct {
	columns []string
	value   []byte
}

func (c *csvRows) bodyOnly() bool {
	for _, name := range c.columns {
		switch pipeline.CanonicalField(name) {
		case "body", "generation", "offset", "n", "source", "host.name", "log.file.path", "service.name",
			"timestamp", "observed_timestamp", "severity_text", "severity_number":
		default:
			return false
		}
	}
	return true
}

func (c *csvRows) begin(b []byte) []byte {
	for i, name := range c.columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCSV(b, []byte(name))
	}
	return append(b, "\r\n"...)
}

func (c *csvRows) append(b []byte, h *search.Hit) []byte {
	start := len(b)
	for i, name := range c.columns {
		if i > 0 {
			b = append(b, ',')
		}
		c.value = appendColumn(c.value[:0], h, name)
		b = appendCSV(b, c.value)
	}
	if len(b) == start { // one empty column: an empty line would be no record
		b = append(b, `""`...)
	}
	return append(b, "\r\n"...)
}

func (*csvRows) end(b []byte, _ string, _ any) []byte { return b }

// appendColumn appends the value of a column: a field, or what identifies the line.
func appendColumn(b []byte, h *search.Hit, name string) []byte {
	e := h.Event
	switch name {
	case "line", "body":
		return append(b, e.Body...)
	case "generation":
		return strconv.AppendUint(b, e.ID.Generation, 10)
	case "offset":
		return strconv.AppendInt(b, e.ID.Offset, 10)
	case "n":
		return strconv.AppendInt(b, h.LineNumber, 10)
	}
	v, _ := e.Field(name)
	return append(b, v...)
}

func appendCSV(b, v []byte) []byte {
	if !bytes.ContainsAny(v, "\",\r\n") && (len(v) == 0 || v[0] != ' ' && v[len(v)-1] != ' ') {
		return append(b, v...)
	}
	b = append(b, '"')
	for {
		i := bytes.IndexByte(v, '"')
		if i < 0 {
			break
		}
		b = append(append(b, v[:i+1]...), '"')
		v = v[i+1:]
	}
	return append(append(b, v...), '"')
}
