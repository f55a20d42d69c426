package search

import (
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// Order is the order of results.
type Order uint8

// Newest and Oldest sort by event time (ties: by source, generation arrival, offset).
// ByFile gives grep's order: sources by path and then by host, and each source's lines as they
// were written, across rotations.
const (
	Newest Order = iota
	Oldest
	ByFile
)

// Mode is what is returned.
type Mode uint8

// Lines returns matching lines with context, Counts one Hit per source with its number of
// matching lines (sources without a match included, as grep -c), Sources one Hit per
// source that has a match (as grep -l).
const (
	Lines Mode = iota
	Counts
	Sources
)

// Request is one search. By time it finds events, all lines of which make one hit; by file,
// and for counts and sources, lines, as grep does, each of which has the fields of its event.
type Request struct {
	// Query is judged on what is found: on the whole event or on the one line.
	Query query.Node
	// Where further restricts what can match; context lines need not fulfil it. It is always
	// judged on the event: its words may lie in other lines than those that are found.
	Where query.Node
	// Since and Until bound the event time: Since <= t < Until. Zero is unbounded.
	Since, Until time.Time
	Order        Order
	Mode         Mode
	// Limit bounds the matching lines or events returned, PerSource those of each source (ByFile
	// only, as grep -m). 0 is unbounded.
	Limit, PerSource int
	// Before and After are how many lines of context to give around each match, ByFile
	// only. Overlapping groups are merged as grep merges them.
	Before, After int
	// BodyOnly says that of a Hit's Event only identity, size, host, path, service, times,
	// level and line are used; the rest may be empty. It makes long answers cheaper.
	BodyOnly bool
	// Explain asks for Summary.Explain.
	Explain bool
	// Cursor continues a search that ended early; as given by Summary.
	Cursor string
	// Budget bounds the time spent; 0 is the searcher's default.
	Budget time.Duration
}

// byLine says that lines are looked for, not events.
func (r *Request) byLine() bool { return r.Mode != Lines || r.Order == ByFile }

// Hit is one result. Event is valid only until the callback returns.
type Hit struct {
	// Event is the event, or, by file, one line of it: body, offset and size are the line's.
	Event *pipeline.Event
	// LineNumber counts the lines of the source's generation from 1, as grep -n; it is that
	// of an event's first line.
	LineNumber int64
	// Context is true for a line that is there for its neighbours only. Group is true on
	// the first line of a group that does not follow the one before it (grep's "--").
	Context, Group bool
	// Count is the number of matching lines, for Counts.
	Count int64

	resume func() string
}

// Cursor returns the cursor that continues the search behind this line or event, whatever
// becomes of the rest of the answer; nothing for counts and sources. It is to be called
// before the callback returns.
func (h *Hit) Cursor() string {
	if h.resume == nil {
		return ""
	}
	return h.resume()
}

// Summary tells how the search went.
type Summary struct {
	Matched int64 `json:"matched"` // matching lines or events seen (up to the limit)
	// Partial says that the budget ran out; Cursor resumes after the last hit.
	Partial bool     `json:"partial"`
	Cursor  string   `json:"cursor,omitempty"`
	Stats   Stats    `json:"stats"`
	Missing []Damage `json:"missing,omitempty"`
	// Thinned tells, by query, of which ranges of time retention has left some lines only.
	Thinned []Thinned `json:"thinned,omitempty"`
	// Explain is there when the request asked for it.
	Explain *Explanation `json:"explain,omitempty"`
}

// Stats is what the search cost.
type Stats struct {
	Blocks        int           `json:"blocks"`        // sealed blocks in the time range
	BlocksRead    int           `json:"blocks_read"`   // of them decoded
	LinesRead     int64         `json:"lines_read"`    // evaluated, open block included
	BytesDecoded  int64         `json:"bytes_decoded"` // after decompression
	Elapsed       time.Duration `json:"elapsed_ns"`
	PrefilterTime time.Duration `json:"prefilter_ns"`
}

// Damage names a part of the store that could not be read; its lines are missing from
// the answer.
type Damage struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
	Lines  int64  `json:"lines"`
}
