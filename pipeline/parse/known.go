package parse

import (
	"bytes"

	"foghorn/pipeline"
)

// field takes a field that a JSON or logfmt line names. Names that programs commonly use
// for the time, the level, the service and so on fill the event; all others, and those
// whose value does not fit, become attributes under their own name. number says that the
// value is not quoted.
func (p *Parser) field(key, value []byte, number bool) {
	if len(key) == 0 || len(value) == 0 {
		return
	}
	if !p.known(key, value, number) {
		p.found.attrs.addFound(key, value)
	}
}

// known takes a field with a known name and returns true when it needs no attribute.
func (p *Parser) known(key, value []byte, number bool) bool {
	switch string(key) {
	case "time", "ts", "timestamp", "@timestamp", "Timestamp", "@t", "t", "datetime", "date",
		"asctime", "eventTime", "event.time", "time_local", "time_iso8601", "msec", "epoch":
		return p.timeField(value)
	case "message", "msg", "Message", "MESSAGE", "@message", "@m":
		p.messageField(rankMessage, value)
	case "body", "Body", "short_message", "log", "textPayload", "RenderedMessage", "renderedMessage":
		p.messageField(rankBody, value)
	case "event", "text", "@mt", "MessageTemplate":
		p.messageField(rankEvent, value)
	case "level", "lvl", "severity", "log.level", "levelname", "loglevel", "log_level", "@level", "@l",
		"severity_text", "severityText", "SeverityText", "Level", "LEVEL", "Severity":
		return p.levelField(value, number)
	case "severity_number", "SeverityNumber", "severityNumber":
		return p.severityNumber(value)
	case "service", "service.name", "service_name", "serviceName", "resource.service.name":
		p.setService(rankService, value)
		return true
	case "app", "app_name", "appName", "application":
		p.setService(rankApp, value)
	case "name": // bunyan: the program; its level is a number and came or comes along
		p.setService(rankName, value)
	case "host", "host.name", "hostname", "host_name":
		p.setHost(value)
	case "trace_id", "traceId", "traceID", "trace.id", "TraceId", "otelTraceID", "traceid":
		return p.setTrace(value)
	case "span_id", "spanId", "spanID", "span.id", "SpanId", "otelSpanID", "spanid":
		return p.setSpan(value)
	case "traceparent":
		return p.setTraceParent(value)
	case "status", "http.response.status_code":
		return p.setStatus(value)
	case "status_code", "statusCode", "http_status", "http.status_code", "response_code", "res.statusCode", "http.status":
		p.setStatus(value)
	}
	return false
}

func (p *Parser) timeField(value []byte) bool {
	if p.found.hasTime {
		return false
	}
	ns, ok := p.clock.whole(value)
	if !ok && len(value) >= 9 {
		ns, ok = epoch(value)
	}
	if ok {
		p.found.setTime(ns)
	}
	return ok
}

// levelField takes a level: a word, bunyan's and pino's number (10 trace to 60 fatal), or
// GELF's syslog number (0 to 7).
func (p *Parser) levelField(value []byte, number bool) bool {
	if !number {
		return p.found.severity == 0 && p.setLevel(bytes.TrimSpace(value))
	}
	n := 0
	for _, c := range value {
		if !isDigit(c) || n > 60 {
			return false
		}
		n = n*10 + int(c-'0')
	}
	if p.found.severity != 0 || n > 60 {
		return false
	}
	if n < 8 {
		p.found.severity = syslogSeverity[n]
	} else if n < 10 {
		return false
	} else {
		p.found.severity = pipeline.Severity(n/10*4 - 3)
	}
	p.found.level = p.names.get(value)
	return true
}

func (p *Parser) severityNumber(value []byte) bool {
	if len(value) > 2 || !allDigits(value) {
		return false
	}
	n := num(value, 0, len(value))
	if n < 1 || n > 24 {
		return false
	}
	p.found.severity = pipeline.Severity(n)
	return true
}

func (p *Parser) setTrace(value []byte) bool {
	if p.found.trace != "" || !hexID(value, 32) {
		return false
	}
	p.found.trace = string(bytes.ToLower(value))
	return true
}

func (p *Parser) setSpan(value []byte) bool {
	if p.found.span != "" || !hexID(value, 16) {
		return false
	}
	p.found.span = string(bytes.ToLower(value))
	return true
}

// setTraceParent takes a W3C traceparent (https://www.w3.org/TR/trace-context/): version,
// trace id, parent id and flags, joined by '-'.
func (p *Parser) setTraceParent(value []byte) bool {
	if len(value) < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-' {
		return false
	}
	return p.setTrace(value[3:35]) && p.setSpan(value[36:52])
}

// hexID says whether b is an id of n hex digits that are not all zero.
func hexID(b []byte, n int) bool {
	if len(b) != n {
		return false
	}
	zero := true
	for _, c := range b {
		if !isDigit(c) && (c|0x20)-'a' >= 6 {
			return false
		}
		zero = zero && c == '0'
	}
	return !zero
}
