package api

import (
	"strconv"
	"strings"
	"time"

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

	time, observed clock
	sources        map[string]*encodedSource // by source id
	// recent are the sources of the newest hits, by their generations: a look at it costs
	// less than one at the map.
	recent [64]*encodedSource
}

// encodedSource is what a source's hits have in common.
type encodedSource struct {
	source, host, path string
	generation         uint64
	text               string // host, path and source, without a comma before
	generationText     string // the generation, and the name of the offset
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
	source := c.sourceOf(e)
	switch c.mode {
	case search.Counts:
		b = append(b, '{')
		b = append(b, source.text...)
		b = append(b, `,"count":`...)
		b = strconv.AppendInt(b, h.Count, 10)
		return append(b, '}')
	case search.Sources:
		b = append(b, '{')
		b = append(b, source.text...)
		return append(b, '}')
	}
	b = append(b, `{"timestamp":"`...)
	b = c.time.append(b, e.Timestamp)
	b = append(b, `",`...)
	b = append(b, source.text...)
	if e.Service != "" {
		b = appendMember(b, "service", e.Service)
	}
	if level := e.Severity.String(); level != "" {
		b = append(b, `,"level":"`...)
		b = append(b, level...)
		b = append(b, '"')
	}
	b = append(b, source.generationText...)
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
		b = c.appendFields(b, e)
	}
	return append(b, '}')
}

func (c *encoder) appendFields(b []byte, e *pipeline.Event) []byte {
	if e.TimeObserved {
		b = append(b, `,"time_observed":true`...)
	}
	if e.Observed != 0 {
		b = append(b, `,"observed_timestamp":"`...)
		b = c.observed.append(b, e.Observed)
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

// sourceOf returns what the hits of e's source have in common.
func (c *encoder) sourceOf(e *pipeline.Event) *encodedSource {
	recent := &c.recent[e.ID.Generation%uint64(len(c.recent))]
	if s := *recent; s.is(e) {
		return s
	}
	s := c.sources[e.ID.Source]
	if !s.is(e) {
		s = encodeSource(e)
		if c.sources == nil || len(c.sources) >= maxEncodedSources {
			c.sources = make(map[string]*encodedSource)
		}
		c.sources[s.source] = s
	}
	*recent = s
	return s
}

// is says whether s is what the hits of e's source have in common.
func (s *encodedSource) is(e *pipeline.Event) bool {
	return s != nil && s.generation == e.ID.Generation && s.source == e.ID.Source && s.host == e.Host && s.path == e.Path
}

func encodeSource(e *pipeline.Event) *encodedSource {
	text := appendBytes(nil, "source", e.ID.Source)
	if e.Host != "" {
		text = append(text, ',')
		text = appendBytes(text, "host", e.Host)
	}
	if e.Path != "" {
		text = append(text, ',')
		text = appendBytes(text, "path", e.Path)
	}
	return &encodedSource{
		source: strings.Clone(e.ID.Source), host: strings.Clone(e.Host), path: strings.Clone(e.Path),
		generation: e.ID.Generation, text: string(text),
		generationText: `,"generation":"` + strconv.FormatUint(e.ID.Generation, 10) + `","offset":`,
	}
}

// clock appends times as time.RFC3339Nano has them, in UTC. It remembers the second, which
// most hits share with the one before.
type clock struct {
	second int64 // since 1970
	text   []byte
}

func (c *clock) append(b []byte, nanos int64) []byte {
	second, rest := nanos/1e9, nanos%1e9
	if rest < 0 {
		second, rest = second-1, rest+1e9
	}
	if second != c.second || c.text == nil {
		c.second = second
		c.text = time.Unix(second, 0).UTC().AppendFormat(c.text[:0], "2006-01-02T15:04:05")
	}
	b = append(b, c.text...)
	if rest > 0 {
		// The digits behind the point, without the zeros at the end.
		digits := 9
		for ; rest%10 == 0; rest /= 10 {
			digits--
		}
		b = append(b, ".000000000"[:digits+1]...)
		for i := len(b) - 1; rest > 0; i-- {
			b[i] = byte('0' + rest%10)
			rest /= 10
		}
	}
	return append(b, 'Z')
}
