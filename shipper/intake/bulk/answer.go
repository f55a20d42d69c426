package bulk

import (
	"strconv"
	"strings"

	"foghorn/shipper/intake/json"
)

// Answer appends the body of a successful answer. filter is the request's filter_path, or
// "": a sender that asks for some fields gets no others, as far as whole groups go.
func Answer(dst []byte, items []Item, tookMillis int64, index, filter string) []byte {
	failed := false
	for i := range items {
		failed = failed || items[i].Type != ""
	}
	all := filter == ""
	dst = append(dst, '{')
	if all || strings.Contains(filter, "took") {
		dst = strconv.AppendInt(append(dst, `"took":`...), tookMillis, 10)
		dst = append(dst, ',')
	}
	dst = strconv.AppendBool(append(dst, `"errors":`...), failed)
	if all || strings.Contains(filter, "items") {
		if index == "" {
			index = DefaultIndex
		}
		dst = append(dst, `,"items":[`...)
		for i := range items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendItem(dst, &items[i], index, all || !strings.Contains(filter, "items."))
		}
		dst = append(dst, ']')
	}
	return append(dst, '}', '\n')
}

func appendItem(dst []byte, it *Item, index string, full bool) []byte {
	dst = append(append(append(dst, `{"`...), it.Action...), `":{`...)
	if full {
		dst = append(dst, `"_index":`...)
		if len(it.Index) > 0 {
			dst = json.AppendString(dst, it.Index)
		} else {
			dst = json.AppendString(dst, []byte(index))
		}
		if len(it.ID) > 0 {
			dst = json.AppendString(append(dst, `,"_id":`...), it.ID)
		}
		dst = append(dst, ',')
	}
	if it.Type == "" {
		if full {
			dst = append(dst, `"_version":1,"result":"created",`...)
		}
		return append(dst, `"status":201}}`...)
	}
	dst = json.AppendString(append(dst, `"status":400,"error":{"type":`...), []byte(it.Type))
	dst = json.AppendString(append(dst, `,"reason":`...), []byte(it.Reason))
	return append(dst, "}}}"...)
}

// Fault is the body of a request's error, as Elasticsearch writes it.
func Fault(status int, reason string) []byte {
	kind := faultType(status)
	cause := json.AppendString([]byte(`{"type":`), []byte(kind))
	cause = json.AppendString(append(cause, `,"reason":`...), []byte(reason))
	dst := append([]byte(`{"error":{"root_cause":[`), cause...)
	dst = append(dst, `}],`...)
	dst = append(dst, cause[1:]...)
	dst = strconv.AppendInt(append(dst, `},"status":`...), int64(status), 10)
	return append(dst, '}', '\n')
}

func faultType(status int) string {
	switch status {
	case 401, 403:
		return "security_exception"
	case 404:
		return "resource_not_found_exception"
	case 413:
		return "content_too_long_exception"
	case 415:
		return "media_type_header_exception"
	case 429:
		return "es_rejected_execution_exception"
	case 500, 503:
		return "cluster_block_exception"
	}
	return typeArgument
}
