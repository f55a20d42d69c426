package otlp

import (
	"strconv"

	"foghorn/shipper/intake/json"
	"foghorn/shipper/intake/wire"
)

// Encoding is how a request and its answer are written.
type Encoding int

// The encodings of OTLP/HTTP.
const (
	Protobuf Encoding = iota
	Text              // JSON
)

// Types of content of the encodings.
const (
	TypeProtobuf = "application/x-protobuf"
	TypeJSON     = "application/json"
)

// ContentType is the value of the header of that name.
func (e Encoding) ContentType() string {
	if e == Text {
		return TypeJSON
	}
	return TypeProtobuf
}

// Answer is the body of an ExportLogsServiceResponse: with refused records a partial
// success, without any an empty message.
func (e Encoding) Answer(refused int, why string) []byte {
	if refused == 0 {
		why = ""
	}
	if e == Protobuf {
		partial := wire.AppendVarint(nil, 1, uint64(refused))
		return wire.AppendBytes(nil, 1, wire.AppendBytes(partial, 2, why))
	}
	if refused == 0 {
		return []byte("{}")
	}
	b := []byte(`{"partialSuccess":{"rejectedLogRecords":"`)
	b = strconv.AppendInt(b, int64(refused), 10)
	b = append(b, `","errorMessage":`...)
	return append(json.AppendString(b, []byte(why)), "}}"...)
}

// Fault is the body of a google.rpc.Status for an HTTP status that is no success.
func (e Encoding) Fault(status int, message string) []byte {
	code := grpcCode(status)
	if e == Protobuf {
		return wire.AppendBytes(wire.AppendVarint(nil, 1, uint64(code)), 2, message)
	}
	b := strconv.AppendInt([]byte(`{"code":`), int64(code), 10)
	b = append(b, `,"message":`...)
	return append(json.AppendString(b, []byte(message)), '}')
}

// grpcCode is the google.rpc.Code of an HTTP status.
func grpcCode(status int) int {
	switch status {
	case 401:
		return 16 // UNAUTHENTICATED
	case 403:
		return 7 // PERMISSION_DENIED
	case 404, 405:
		return 12 // UNIMPLEMENTED
	case 413, 429:
		return 8 // RESOURCE_EXHAUSTED
	case 503:
		return 14 // UNAVAILABLE
	case 500:
		return 13 // INTERNAL
	}
	return 3 // INVALID_ARGUMENT
}
