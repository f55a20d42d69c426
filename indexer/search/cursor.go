package search

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// cursor is a place in an answer. Places are told by what does not change while lines
// come in and heads are sealed: a source, the number of a line in it, an event time.
type cursor struct {
	Version int   `json:"v"`
	Order   Order `json:"o"`
	Mode    Mode  `json:"k"`
	// Source and Seq: everything up to line Seq of Source was looked at (ByFile) or
	// returned (by time, among lines of Time).
	Source []byte `json:"s,omitempty"`
	Seq    int64  `json:"q,omitempty"`
	// Shown is the last line of Source that was returned, Match the last match, -1 for
	// none; Count its matches so far; Any says that anything was returned before.
	Shown int64 `json:"l,omitempty"`
	Match int64 `json:"m,omitempty"`
	Count int64 `json:"n,omitempty"`
	Any   bool  `json:"a,omitempty"`
	// Time is an event time; Within says that some lines of this time were returned, up
	// to Source and Seq.
	Time   int64 `json:"t,omitempty"`
	Within bool  `json:"w,omitempty"`
}

// cursorVersion is 2 since sources go by path first.
const cursorVersion = 2

func (c cursor) encode(req *Request) string {
	c.Version, c.Order, c.Mode = cursorVersion, req.Order, req.Mode
	b, err := json.Marshal(c)
	if err != nil {
		return "" // a struct of numbers and strings always encodes
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor returns the place where a request goes on, nil for the beginning.
func decodeCursor(req Request) (*cursor, error) {
	if req.Cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(req.Cursor)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadCursor, err)
	}
	var c cursor
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadCursor, err)
	}
	if c.Version != cursorVersion || c.Order != req.Order || c.Mode != req.Mode {
		return nil, fmt.Errorf("%w: it belongs to another kind of search", ErrBadCursor)
	}
	return &c, nil
}
