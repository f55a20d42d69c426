package entry

import (
	"time"

	"foghorn/pipeline"
)

// Origin is what is known of a request before its body is read.
type Origin struct {
	// Endpoint is the first part of the sources' paths: "otlp", "loki", ...
	Endpoint string
	// Peer is the sender's address.
	Peer string
	// Labels are set on every line, before what the request says. They are not changed.
	Labels []pipeline.Attr
	// Observed is when the request came.
	Observed time.Time
	// Redact, if set, is applied to every line and every attribute's value.
	Redact func([]byte) []byte
}

// Record is one log record beside its attributes.
type Record struct {
	Time         int64 // Unix nanoseconds, 0: not told
	Severity     int   // OpenTelemetry number, 0: not told
	SeverityText []byte
	Trace, Span  []byte // hex
	Line         []byte
}
