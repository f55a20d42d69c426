package parse

import (
	"bytes"
	"encoding/hex"
	"strconv"
)

// traceField takes a field with one of the names that tracing libraries give to ids, and
// returns true when it needs no attribute: W3C, OpenTelemetry, B3 (of several headers and
// of one), Datadog's decimal ids, Google Cloud's resource names, AWS X-Ray.
func (p *Parser) traceField(key, value []byte) bool {
	switch string(key) {
	case "trace_id", "traceId", "traceID", "trace.id", "TraceId", "TraceID", "traceid", "trace-id", "TRACE_ID", "otelTraceID", "@tr",
		"X-B3-TraceId", "x-b3-traceid", "X-B3-TraceID", "mdc.traceId", "mdc.trace_id", "contextMap.traceId", "contextMap.trace_id",
		"context.trace_id", "SpanContext.TraceID":
		return p.setTrace(value)
	case "span_id", "spanId", "spanID", "span.id", "SpanId", "SpanID", "spanid", "span-id", "SPAN_ID", "otelSpanID", "@sp",
		"X-B3-SpanId", "x-b3-spanid", "X-B3-SpanID", "mdc.spanId", "mdc.span_id", "contextMap.spanId", "contextMap.span_id",
		"context.span_id", "SpanContext.SpanID", "logging.googleapis.com/spanId":
		return p.setSpan(value)
	case "traceparent", "Traceparent", "TRACEPARENT":
		return p.setTraceParent(value)
	case "b3", "B3", "X-B3", "x-b3":
		return p.setB3(value)
	case "dd.trace_id", "dd.traceId":
		return p.setTrace(hexOf(value))
	case "dd.span_id", "dd.spanId":
		return p.setSpan(hexOf(value))
	case "logging.googleapis.com/trace":
		return p.setTrace(value[bytes.LastIndexByte(value, '/')+1:])
	case "X-Amzn-Trace-Id", "x-amzn-trace-id", "xray_trace_id", "xrayTraceId", "AWS-XRAY-TRACE-ID":
		return p.setXRay(value)
	}
	return false
}

// setTrace takes a trace id of 32 hex digits, or of 16, as Zipkin's may be, which then are
// the lower half.
func (p *Parser) setTrace(value []byte) bool {
	if p.found.trace != "" || !hexID(value, 32) && !hexID(value, 16) {
		return false
	}
	var id [32]byte
	zeros := copy(id[:32-len(value)], "0000000000000000")
	lowerHex(id[zeros:], value)
	p.found.trace = string(id[:])
	return true
}

// setSpan takes a span id of 16 hex digits.
func (p *Parser) setSpan(value []byte) bool {
	if p.found.span != "" || !hexID(value, 16) {
		return false
	}
	var id [16]byte
	lowerHex(id[:], value)
	p.found.span = string(id[:])
	return true
}

func lowerHex(dst, src []byte) {
	for i, c := range src {
		if isUpper(c) {
			c |= 0x20
		}
		dst[i] = c
	}
}

// setTraceParent takes a W3C traceparent (https://www.w3.org/TR/trace-context/): version,
// trace id, parent id and flags, joined by '-'.
func (p *Parser) setTraceParent(value []byte) bool {
	if len(value) < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-' {
		return false
	}
	return p.setTrace(value[3:35]) && p.setSpan(value[36:52])
}

// setB3 takes B3's single header (https://github.com/openzipkin/b3-propagation): trace id,
// span id, and further fields, joined by '-'.
func (p *Parser) setB3(value []byte) bool {
	trace, rest, ok := bytes.Cut(value, []byte{'-'})
	span, _, _ := bytes.Cut(rest, []byte{'-'})
	return ok && hexID(span, 16) && p.setTrace(trace) && p.setSpan(span)
}

// setXRay takes AWS X-Ray's trace id, 1-<8 hex digits>-<24 hex digits>, by itself or as
// Root of its header; the digits together are the OpenTelemetry trace id.
func (p *Parser) setXRay(value []byte) bool {
	_, parent, _ := bytes.Cut(value, []byte("Parent="))
	if i := bytes.Index(value, []byte("Root=")); i >= 0 {
		value = value[i+5:]
	}
	if len(value) < 35 || value[0] != '1' || value[1] != '-' || value[10] != '-' {
		return false
	}
	var id [32]byte
	copy(id[:8], value[2:10])
	copy(id[8:], value[11:35])
	if !p.setTrace(id[:]) {
		return false
	}
	p.setSpan(parent[:min(len(parent), 16)])
	return true
}

// hexOf returns Datadog's id, a decimal number of 64 bits, as 16 hex digits; an id that is
// no such number (new libraries write 32 hex digits) as it is.
func hexOf(value []byte) []byte {
	n, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return value
	}
	var id [8]byte
	for i := range id {
		id[i] = byte(n >> (56 - 8*i))
	}
	return hex.AppendEncode(nil, id[:])
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

// traceGroup takes the ids that stand in brackets in a text line: Spring Cloud Sleuth's
// [service,trace,span] and Micrometer's [trace-span].
func (p *Parser) traceGroup(b []byte) bool {
	if len(b) < 33 {
		return false
	}
	service, rest, ok := bytes.Cut(b, []byte{','})
	if !ok {
		return p.setB3(b)
	}
	trace, rest, _ := bytes.Cut(rest, []byte{','})
	span, _, _ := bytes.Cut(rest, []byte{','})
	if !hexID(span, 16) || !p.setTrace(trace) {
		return false
	}
	p.setSpan(span)
	p.setService(rankApp, bytes.TrimSpace(service))
	return true
}
