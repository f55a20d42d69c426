package api

import (
	"strconv"
)

// Server-sent events as the HTML standard has them: "event: name", "data: one line", and
// an empty line; a line that starts with a colon is a comment.

func appendEventHead(b []byte, name string) []byte {
	b = append(b, "event: "...)
	b = append(b, name...)
	return append(b, "\ndata: "...)
}

func appendDropped(b []byte, n int64) []byte {
	b = appendEventHead(b, "dropped")
	b = append(b, `{"dropped":`...)
	b = strconv.AppendInt(b, n, 10)
	return append(b, "}\n\n"...)
}

func appendHeartbeat(b []byte) []byte { return append(b, ": heartbeat\n\n"...) }

func appendStop(b []byte) []byte {
	b = appendEventHead(b, "stop")
	return append(b, "{\"reason\":\"the server stops\"}\n\n"...)
}
