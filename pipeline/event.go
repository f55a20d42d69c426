package pipeline

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Attr is a named value found in a line or given to a source.
type Attr struct{ Key, Value string }

// Event is one parsed line, or several that make one event (Originals). Field names follow the OpenTelemetry log data model and its
// semantic conventions; Field is the one place that knows their short names.
type Event struct {
	ID LineID
	// Size, Sizes and Truncated are the line's, see Line.
	Size      int64
	Sizes     []int64
	Truncated bool
	// Host and Path are where the line was read; for foreign producers Host is what the
	// line itself tells, or empty, and Path is the source.
	Host, Path string
	// Service is service.name: the source's label, or what the line tells.
	Service string
	// Timestamp is the line's own time, Unix nanoseconds. Where the line has none, or an
	// absurd one, it is Observed and TimeObserved is set.
	Timestamp    int64
	TimeObserved bool
	// Observed is when Foghorn first saw the line, Unix nanoseconds.
	Observed int64
	Severity Severity
	// SeverityText is the level as the line spells it, or empty.
	SeverityText    string
	TraceID, SpanID string
	// Template is the id of the line's mined template, or empty.
	Template string
	// ErrorClass is ErrorServer, ErrorClient or empty.
	ErrorClass string
	// Attrs are the source's labels and the fields that the parser found, in the order
	// found. Keys are unique.
	Attrs []Attr
	// Body is the raw line, exactly as read; of several lines, joined by their line feeds.
	Body []byte
}

// Clone returns a copy that shares no memory with e but its names: what an EventDecoder
// gives, to be kept.
func (e *Event) Clone() Event {
	c := *e
	c.Body, c.Sizes, c.Attrs = bytes.Clone(e.Body), slices.Clone(e.Sizes), slices.Clone(e.Attrs)
	c.TraceID, c.SpanID = strings.Clone(e.TraceID), strings.Clone(e.SpanID)
	for i := range c.Attrs {
		c.Attrs[i].Value = strings.Clone(c.Attrs[i].Value)
	}
	return c
}

// Values of Event.ErrorClass.
const (
	ErrorServer = "server" // 5xx, or a service's own error
	ErrorClient = "client" // 4xx
)

// FieldStatus is the attribute that holds an HTTP status.
const FieldStatus = "http.response.status_code"

// fieldAlias maps the short names that people type to the names of the data model.
var fieldAlias = map[string]string{
	"level":         "severity_text",
	"severity":      "severity_text",
	"service":       "service.name",
	"host":          "host.name",
	"path":          "log.file.path",
	"file":          "log.file.path",
	"status":        FieldStatus,
	"error_class":   "error.class",
	"body":          "body",
	"line":          "body",
	"time":          "timestamp",
	"observed_time": "observed_timestamp",
}

// CanonicalField returns the data model's name of a field: "level" is "severity_text",
// "service" is "service.name", and so on. Other names are returned as they are.
func CanonicalField(name string) string {
	if c, ok := fieldAlias[name]; ok {
		return c
	}
	return name
}

// Field returns the value of a field by its short or full name. The second result says
// whether the event has the field; an empty value counts as absent. Times are RFC 3339
// with nanoseconds, UTC. "level" is the normalised level name (Severity.String), not
// the spelling of the line.
func (e *Event) Field(name string) (string, bool) {
	var v string
	switch name = CanonicalField(name); name {
	case "severity_text":
		v = e.Severity.String()
	case "severity_number":
		if e.Severity != 0 {
			v = strconv.Itoa(int(e.Severity))
		}
	case "service.name":
		v = e.Service
	case "host.name":
		v = e.Host
	case "log.file.path":
		v = e.Path
	case "trace_id":
		v = e.TraceID
	case "span_id":
		v = e.SpanID
	case "template":
		v = e.Template
	case "error.class":
		v = e.ErrorClass
	case "timestamp":
		v = time.Unix(0, e.Timestamp).UTC().Format(time.RFC3339Nano)
	case "observed_timestamp":
		v = time.Unix(0, e.Observed).UTC().Format(time.RFC3339Nano)
	case "source":
		v = e.ID.Source
	case "body":
		v = string(e.Body)
	default:
		for i := range e.Attrs {
			if e.Attrs[i].Key == name {
				v = e.Attrs[i].Value
				break
			}
		}
	}
	return v, v != ""
}
