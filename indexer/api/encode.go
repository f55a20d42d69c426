package api

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// encoder writes hits as JSON objects, without reflection and without allocating: grep
// streams millions of them (BenchmarkEncode). It remembers the encoded sources.
type encoder struct {
	// fields adds what the parser found; without it a hit is the line, its identity,
	// its time, host, service and level.
	fields bool
	mode   search.Mode

	sources map[string]encodedSource // by source id
}

// encodedSource is what a source's hits have in common.
type encodedSource struct {
	host, path string
	text       string
}

// maxEncodedSources bounds the sources that are remembered.
const maxEncodedSources = 4096

// appendHit appends one object, without a line feed:
//
//	{"timestamp":…,"host":…,"path":…,"source":…,"generation":"…","offset":…,"n":…,"line":…,…}
//
// A count has source, host, path and count only, a source no count either.
func (c *encoder) appendHit(b []byte, h *search.Hit) []byte {
	e := h.Event
	switch c.mode {
	case search.Counts:
		b = append(b, '{')
		b = c.appendSource(b, e)
		b = append(b, `,"count":`...)
		b = strconv.AppendInt(b, h.Count, 10)
		return append(b, '}')
	case search.Sources:
		b = append(b, '{')
		return append(c.appendSource(b, e), '}')
	}
	b = append(b, `{"timestamp":"`...)
	b = time.Unix(0, e.Timestamp).UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `",`...)
	b = c.appendSource(b, e)
	if e.Service != "" {
		b = appendMember(b, "service", e.Service)
	}
	if level := e.Severity.String(); level != "" {
		b = append(b, `,"level":"`...)
		b = append(b, level...)
		b = append(b, '"')
	}
	b = append(b, `,"generation":"`...)
	b = strconv.AppendUint(b, e.ID.Generation, 10)
	b = append(b, `","offset":`...)
	b = strconv.AppendInt(b, e.ID.Offset, 10)
	if h.LineNumber > 0 {
		b = append(b, `,"n":`...)
		b = strconv.AppendInt(b, h.LineNumber, 10)
	}
	if h.Context {
		b = append(b, `,"context":true`...)
	}
	if h.Group {
		b = append(b, `,"group":true`...)
	}
	b = append(b, ',')
	b = appendBytes(b, "line", e.Body)
	if e.Truncated {
		b = append(b, `,"truncated":true`...)
	}
	if c.fields {
		b = appendFields(b, e)
	}
	return append(b, '}')
}

func appendFields(b []byte, e *pipeline.Event) []byte {
	if e.TimeObserved {
		b = append(b, `,"time_observed":true`...)
	}
	if e.Observed != 0 {
		b = append(b, `,"observed_timestamp":"`...)
		b = time.Unix(0, e.Observed).UTC().AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	if e.SeverityText != "" {
		b = appendMember(b, "severity_text", e.SeverityText)
	}
	if e.TraceID != "" {
		b = appendMember(b, "trace_id", e.TraceID)
	}
	if e.SpanID != "" {
		b = appendMember(b, "span_id", e.SpanID)
	}
	if e.Template != "" {
		b = appendMember(b, "template", e.Template)
	}
	if e.ErrorClass != "" {
		b = appendMember(b, "error_class", e.ErrorClass)
	}
	if len(e.Attrs) == 0 {
		return b
	}
	b = append(b, `,"fields":{`...)
	for i := range e.Attrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, e.Attrs[i].Key)
		b = append(b, ':')
		b = appendString(b, e.Attrs[i].Value)
	}
	return append(b, '}')
}

// appendSource appends host, path and source, without a comma before.
func (c *encoder) appendSource(b []byte, e *pipeline.Event) []byte {
	known, ok := c.sources[e.ID.Source]
	if !ok || e.Host != known.host || e.Path != known.path {
		s := appendBytes(nil, "source", e.ID.Source)
		if e.Host != "" {
			s = append(s, ',')
			s = appendBytes(s, "host", e.Host)
		}
		if e.Path != "" {
			s = append(s, ',')
			s = appendBytes(s, "path", e.Path)
		}
		known = encodedSource{strings.Clone(e.Host), strings.Clone(e.Path), string(s)}
		if c.sources == nil || len(c.sources) >= maxEncodedSources {
			c.sources = make(map[string]encodedSource)
		}
		c.sources[strings.Clone(e.ID.Source)] = known
	}
	return append(b, known.text...)
}

// appendBytes appends a member whose bytes count: "name":"…" for valid UTF-8, and
// "name_base64":"…" for anything else.
func appendBytes[T string | []byte](b []byte, name string, v T) []byte {
	b = append(b, '"')
	b = append(b, name...)
	if valid(v) {
		b = append(b, `":`...)
		return appendString(b, v)
	}
	b = append(b, `_base64":"`...)
	b = base64.StdEncoding.AppendEncode(b, []byte(v))
	return append(b, '"')
}

func appendMember(b []byte, name, v string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	return appendString(b, v)
}

// plain marks the bytes that stand for themselves in a JSON string. Bytes from 0x80 on
// are looked at only where the text may not be UTF-8.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 0x100; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

const hexDigits = "0123456789abcdef"

// appendString appends v as a JSON string; bytes that are not UTF-8 become U+FFFD.
func appendString[T string | []byte](b []byte, v T) []byte {
	if !valid(v) {
		return appendString(b, string([]rune(string(v))))
	}
	b = append(b, '"')
	start := 0
	for i := 0; i < len(v); i++ {
		c := v[i]
		if plain[c] {
			continue
		}
		b = append(b, v[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, v[start:]...)
	return append(b, '"')
}

func valid[T string | []byte](v T) bool {
	switch v := any(v).(type) {
	case string:
		return utf8.ValidString(v)
	case []byte:
		return utf8.Valid(v)
	}
	return false
}
