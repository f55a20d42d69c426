package parse

import (
	"strconv"
	"strings"

	"foghorn/pipeline"
)

// Labels by which a source that knows more of a line than its text says hands it on: what
// OTLP, Loki and journald carry beside the line. They become fields of the event and never
// attributes, and go before what the text says. A value that is none is left out.
const (
	GivenTime         = "foghorn.timestamp"     // Unix nanoseconds, decimal
	GivenSeverity     = "foghorn.severity"      // OpenTelemetry severity number, 1 to 24
	GivenSeverityText = "foghorn.severity_text" // the level as the source spells it
	GivenTrace        = "foghorn.trace_id"      // 32 hex digits
	GivenSpan         = "foghorn.span_id"       // 16 hex digits
	GivenService      = "foghorn.service"       // service.name
	GivenHost         = "foghorn.host"          // host.name
	// GivenPeer is the address of whoever sent the line: the host where nothing, not the
	// text either, names one.
	GivenPeer = "foghorn.peer"
)

const prefixGiven = "foghorn."

// given is what the labels of a line say of it.
type given struct {
	time                int64
	severity            pipeline.Severity
	level               string
	trace, span         string
	service, host, peer string
	status              int
	anything            bool
}

// take reads a label and says whether it is one of these. The HTTP status is one too,
// though it has no name of its own.
func (g *given) take(p *Parser, key, value string) bool {
	if key == pipeline.FieldStatus {
		if n, err := strconv.Atoi(value); err == nil && n >= 100 && n <= 599 {
			g.status, g.anything = n, true
			p.found.attrs.add(pipeline.FieldStatus, []byte(value))
			return true
		}
		return false
	}
	if !strings.HasPrefix(key, prefixGiven) {
		return false
	}
	switch key {
	case GivenTime:
		g.time, _ = strconv.ParseInt(value, 10, 64)
	case GivenSeverity:
		if n, err := strconv.ParseUint(value, 10, 8); err == nil && n <= 24 {
			g.severity = pipeline.Severity(n)
		}
	case GivenSeverityText:
		g.level = value
	case GivenTrace:
		g.trace = value
	case GivenSpan:
		g.span = value
	case GivenService:
		g.service = value
	case GivenHost:
		g.host = value
	case GivenPeer:
		g.peer = value
	default:
		return false
	}
	g.anything = true
	return true
}

// apply puts what was given over what the line's text said.
func (g *given) apply(p *Parser, e *pipeline.Event) {
	if !g.anything {
		return
	}
	f := &p.found
	if g.time > 0 {
		f.time, f.hasTime = g.time, true
	}
	if g.severity == 0 && g.level != "" {
		g.severity, _ = pipeline.ParseSeverity(g.level)
	}
	if g.severity != 0 {
		f.severity, f.level = g.severity, g.level
	} else if g.level != "" {
		f.level = g.level
	}
	if hexID([]byte(g.trace), 32) {
		f.trace = strings.ToLower(g.trace)
	}
	if hexID([]byte(g.span), 16) {
		f.span = strings.ToLower(g.span)
	}
	if g.status != 0 {
		f.status = g.status
	}
	if g.service != "" {
		e.Service = g.service
	}
	switch {
	case g.host != "":
		e.Host = g.host
	case g.peer != "" && f.host != "":
		e.Host = f.host
	case g.peer != "":
		e.Host = g.peer
	}
}
