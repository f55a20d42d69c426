package score

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Truth is one line of a labelled log.
type Truth struct {
	Content  string // the message: the parser's input
	Event    string // the true event's id
	Template string // the true template, <*> for a variable
}

// ReadLoghub reads a labelled log in Loghub's form: CSV (RFC 4180, with CRLF or LF line
// ends) whose header names the columns Content, EventId and EventTemplate among others.
func ReadLoghub(r io.Reader) ([]Truth, error) {
	c := csv.NewReader(r)
	header, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	var columns [3]int
	for i, name := range []string{"Content", "EventId", "EventTemplate"} {
		columns[i] = slices.Index(header, name)
		if columns[i] < 0 {
			return nil, fmt.Errorf("header has no column %q", name)
		}
	}
	var out []Truth
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read row %d: %w", len(out)+1, err)
		}
		out = append(out, Truth{Content: row[columns[0]], Event: row[columns[1]], Template: row[columns[2]]})
	}
}
