package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/templates"
)

// Template is the record of a template.
type Template struct {
	templates.Entry
	// FirstSeen is the earliest time that a line of it tells.
	FirstSeen time.Time `json:"first_seen"`
	// Sample is a message of that line, cut at 512 bytes.
	Sample string `json:"sample"`
}

// Counts are the lines of one partition of logs.raw whose event time is in one span.
type Counts struct {
	// Offset is the first record of the partition that is not counted here.
	Offset int64 `json:"offset"`
	// Services are the counts by service, "" for lines without, and by template id.
	Services map[string]map[string]Tally `json:"services"`
	// Until is set in the Counts of all that was before the hours that are kept apart: it
	// ends there, in Unix seconds.
	Until int64 `json:"until,omitempty"`
}

// Tally counts the lines of a template.
type Tally struct {
	Lines int64 `json:"n"`
	// Last is the latest event time, Unix milliseconds.
	Last int64 `json:"last"`
}

// Progress is up to where the counts of a partition hold.
type Progress struct {
	// Offset is the first record that may be missing in some of the Counts.
	Offset int64 `json:"offset"`
}

// Curation is what people have decided about a template. It stands above those of templates
// that have become part of it.
type Curation struct {
	ID string `json:"id"`
	// Name is what people call the template.
	Name string `json:"name,omitempty"`
	// Muted templates are left out of lists unless they are asked for.
	Muted bool `json:"muted,omitempty"`
	// MergedInto is the id of the template as whose lines those of this one count.
	MergedInto string `json:"merged_into,omitempty"`
	// Splits are texts with the value of some variable in its place ("link down on <*>"):
	// lines of the template that have the text get an id of their own, see SplitID.
	Splits []string `json:"splits,omitempty"`
	// Changed is when it was decided.
	Changed time.Time `json:"changed"`
}

// span is a time over which a partition's lines are counted. That of all that was before the
// others has no length.
type span struct {
	partition int
	start     int64 // Unix seconds
	seconds   int64
}

func (s span) key() string {
	return fmt.Sprintf("%s%d/%d/%d", keyCounts, s.partition, s.start, s.seconds)
}

func (s span) end() int64 { return s.start + s.seconds }

// Prefixes of the keys of records that are no templates.
const (
	keyCounts   = "counts/"
	keyProgress = "progress/"
	keyCuration = "curation/"
)

func parseSpan(key string) (span, error) {
	parts := strings.Split(strings.TrimPrefix(key, keyCounts), "/")
	if len(parts) != 3 {
		return span{}, fmt.Errorf("key %q: expected %s<partition>/<start>/<seconds>", key, keyCounts)
	}
	partition, err1 := strconv.Atoi(parts[0])
	start, err2 := strconv.ParseInt(parts[1], 10, 64)
	seconds, err3 := strconv.ParseInt(parts[2], 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return span{}, fmt.Errorf("key %q: %w", key, err)
	}
	return span{partition, start, seconds}, nil
}

// message makes a record; a nil value removes what has the key.
func message(key string, value any) (pipeline.Message, error) {
	m := pipeline.Message{Topic: pipeline.TopicTemplates, Key: []byte(key)}
	if value == nil {
		return m, nil
	}
	var err error
	if m.Value, err = json.Marshal(value); err != nil {
		return m, fmt.Errorf("encode %s: %w", key, err)
	}
	return m, nil
}
