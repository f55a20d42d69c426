package intake

import (
	"encoding/base64"
	"strings"
	"testing"

	"foghorn/shipper/intake/wire"
)

// Small requests as agents write them.
const (
	otlpJSON = `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}},{"key":"host.name","value":{"stringValue":"web-1"}}]},` +
		`"scopeLogs":[{"logRecords":[{"timeUnixNano":"1700000000123456789","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"card declined"},` +
		`"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","attributes":[{"key":"http.response.status_code","value":{"intValue":"503"}}]}]}]}]}`
	lokiJSON = `{"streams":[{"stream":{"service":"cart","host":"web-1"},"values":[["1700000000123456789","level=warn msg=\"card declined\""]]}]}`
	bulkDocs = `{"create":{}}` + "\n" + `{"@timestamp":"2023-11-14T22:13:20.123Z","log.level":"error","message":"card declined","service":{"name":"cart"},"host":{"name":"web-1"}}` + "\n"
	ndjson   = "Content-Type: application/x-ndjson"
	asJSON   = "Content-Type: application/json"
	asProto  = "Content-Type: application/x-protobuf"
)

// lokiProto is a PushRequest with one entry.
func lokiProto(labels, line string) string {
	at := wire.AppendVarint(wire.AppendVarint(nil, 1, 1700000000), 2, 123456789)
	entry := wire.AppendBytes(wire.AppendBytes(nil, 1, at), 2, line)
	stream := wire.AppendBytes(wire.AppendBytes(nil, 1, labels), 2, entry)
	return string(wire.AppendBytes(nil, 1, stream))
}

// otlpProto is an ExportLogsServiceRequest with one record of a body nested n levels deep.
func otlpProto(line string, n int) string {
	value := wire.AppendBytes(nil, 1, line)
	for range n {
		value = wire.AppendBytes(nil, 5, wire.AppendBytes(nil, 1, value))
	}
	m := wire.AppendBytes(nil, 5, value)
	for _, number := range []int{2, 2, 1} { // record, scope, resource
		m = wire.AppendBytes(nil, number, m)
	}
	return string(m)
}

// Each request is answered as the original system answers it.
func TestAnswersAreThoseOfTheOriginals(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for _, c := range []struct {
		name    string
		packing string
		request
		status int
		body   string   // "*" is any end
		want   []string // headers
		lines  int
	}{
		{"OTLP JSON", "", request{"", "/v1/logs", []string{asJSON}, otlpJSON}, 200, `{}`, []string{asJSON}, 1},
		{"OTLP JSON with a charset, gzip, as the collector sends it", "gzip", request{"", "/v1/logs", []string{asJSON + "; charset=utf-8", "Content-Encoding: gzip"}, otlpJSON}, 200, `{}`, nil, 1},
		{"OTLP protobuf", "", request{"", "/v1/logs", []string{asProto}, otlpProto("x", 0)}, 200, ``, []string{asProto}, 1},
		{"OTLP protobuf, zstd", "zstd", request{"", "/v1/logs", []string{asProto, "Content-Encoding: zstd"}, otlpProto("x", 0)}, 200, ``, nil, 1},
		{"OTLP protobuf, framed snappy, as the collector sends it", "framed", request{"", "/v1/logs", []string{asProto, "Content-Encoding: snappy"}, otlpProto("x", 0)}, 200, ``, nil, 1},
		{"OTLP where Loki takes it", "", request{"", "/otlp/v1/logs", []string{asJSON}, otlpJSON}, 200, `{}`, nil, 1},
		{"OTLP, nothing in it", "", request{"", "/v1/logs", []string{asProto}, ""}, 200, ``, nil, 0},
		{"OTLP, some records refused", "", request{"", "/v1/logs", []string{asProto}, otlpProto("x", 17) + otlpProto("y", 0)}, 200,
			"\x0a\x20\x08\x01\x12\x1cvalues are nested too deeply", nil, 1},
		{"OTLP, bad JSON", "", request{"", "/v1/logs", []string{asJSON}, `{"resourceLogs":1}`}, 400, `{"code":3,"message":"the body is no ExportLogsServiceRequest: byte 16: want an array, have '1'"}`, []string{asJSON}, 0},
		{"OTLP, bad protobuf", "", request{"", "/v1/logs", []string{asProto}, "\x0a\x05"}, 400, "\x08\x03\x12*", []string{asProto}, 0},
		{"OTLP, other content", "", request{"", "/v1/logs", []string{"Content-Type: text/plain"}, "x"}, 415, `{"code":3,"message":"Content-Type \"text/plain\": want application/x-protobuf or application/json"}`, nil, 0},
		{"OTLP, other encoding", "", request{"", "/v1/logs", []string{asJSON, "Content-Encoding: br"}, "x"}, 415, `{"code":3,*`, nil, 0},
		{"OTLP, broken gzip", "", request{"", "/v1/logs", []string{asJSON, "Content-Encoding: gzip"}, "\x1f\x8b\x08xxxxxxxxxxxxxxxxx"}, 400, `{"code":3,*`, nil, 0},
		{"OTLP, gzip that ends early", "", request{"", "/v1/logs", []string{asJSON, "Content-Encoding: gzip"}, pack(t, "gzip", otlpJSON)[:100]}, 400, `{"code":3,"message":"read the body: unexpected EOF"}`, nil, 0},
		{"OTLP, GET", "", request{"GET", "/v1/logs", nil, ""}, 405, `{"code":12,*`, []string{"Allow: POST"}, 0},

		{"Loki protobuf, as Promtail sends it", "snappy", request{"", "/loki/api/v1/push", []string{asProto}, lokiProto(`{job="a"}`, "x")}, 204, ``, nil, 1},
		{"Loki JSON", "", request{"", "/loki/api/v1/push", []string{asJSON}, lokiJSON}, 204, ``, nil, 1},
		{"Loki JSON, gzip, as Fluent Bit sends it", "gzip", request{"", "/loki/api/v1/push", []string{asJSON, "Content-Encoding: gzip"}, lokiJSON}, 204, ``, nil, 1},
		{"Loki JSON, deflate", "deflate", request{"", "/loki/api/v1/push", []string{asJSON, "Content-Encoding: deflate"}, lokiJSON}, 204, ``, nil, 1},
		{"Loki JSON, snappy, as Vector can send it", "snappy", request{"", "/loki/api/v1/push", []string{asJSON, "Content-Encoding: snappy"}, lokiJSON}, 204, ``, nil, 1},
		{"Loki at its old path", "", request{"", "/api/prom/push", []string{asJSON}, lokiJSON}, 204, ``, nil, 1},
		{"Loki, a bad stream among good ones", "", request{"", "/loki/api/v1/push", []string{asJSON}, `{"streams":[{"stream":{},"values":[["1","x"]]},{"stream":{"a":"b"},"values":[["1","y"]]}]}`}, 400, "error at least one label pair is required per stream\n", nil, 1},
		{"Loki, no streams", "", request{"", "/loki/api/v1/push", []string{asJSON}, `{"streams":[]}`}, 422, "error at least one valid stream is required for ingestion\n", nil, 0},
		{"Loki, bad labels", "snappy", request{"", "/loki/api/v1/push", []string{asProto}, lokiProto(`{job=}`, "x")}, 400, "error parsing labels '{job=}' with error: 1:6: parse error: unexpected '}', expected a string\n", nil, 0},
		{"Loki, not snappy", "", request{"", "/loki/api/v1/push", []string{asProto}, "plain"}, 400, "snappy: corrupt input\n", nil, 0},
		{"Loki, ready", "", request{"GET", "/ready", nil, ""}, 200, "ready\n", nil, 0},

		{"_bulk", "", request{"", "/_bulk", []string{ndjson}, bulkDocs}, 200, `{"took":*`, []string{"X-Elastic-Product: Elasticsearch", asJSON}, 1},
		{"_bulk as Filebeat sends it", "gzip", request{"", "/_bulk?filter_path=errors%2Citems.%2A.error%2Citems.%2A.status", []string{"Content-Type: application/vnd.elasticsearch+x-ndjson; compatible-with=8", "Content-Encoding: gzip"}, bulkDocs}, 200, `{"errors":false,"items":[{"create":{"status":201}}]}` + "\n", nil, 1},
		{"_bulk to an index, PUT", "", request{"PUT", "/app/_bulk", []string{ndjson}, bulkDocs}, 200, `{"took":*`, nil, 1},
		{"_bulk, one refused", "", request{"", "/app/_bulk?filter_path=errors,items.*.status", []string{ndjson}, bulkDocs + `{"delete":{"_id":"1"}}` + "\n"}, 200, `{"errors":true,"items":[{"create":{"status":201}},{"delete":{"status":400,*`, nil, 1},
		{"_bulk without its last line feed", "", request{"", "/_bulk", []string{ndjson}, strings.TrimSpace(bulkDocs)}, 400, `{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"The bulk request must be terminated by a newline [\\n]"}],*`, nil, 0},
		{"_bulk, nothing", "", request{"", "/_bulk", []string{ndjson}, ""}, 400, `{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"request body is required"}*`, nil, 0},
		{"info", "", request{"GET", "/", nil, ""}, 200, `{"name":"foghorn",*`, []string{"X-Elastic-Product: Elasticsearch"}, 0},
		{"ping", "", request{"HEAD", "/", nil, ""}, 200, ``, []string{"X-Elastic-Product: Elasticsearch"}, 0},
		{"license", "", request{"GET", "/_license?human=false", nil, ""}, 200, `{"license":{"status":"active",*`, nil, 0},
		{"license of old Beats", "", request{"GET", "/_xpack/license", nil, ""}, 200, `{"license":{"status":"active",*`, nil, 0},
		{"features", "", request{"GET", "/_xpack", nil, ""}, 200, `{"build":{},*`, nil, 0},
		{"Vector's health check", "", request{"GET", "/_cluster/health", nil, ""}, 200, `{"cluster_name":*`, nil, 0},
		{"Logstash's sniffing", "", request{"GET", "/_nodes/http", nil, ""}, 200, `{"_nodes":*`, nil, 0},
		{"Filebeat's policy", "", request{"GET", "/_ilm/policy/filebeat", nil, ""}, 200, "{}\n", nil, 0},
		{"Filebeat's template", "", request{"HEAD", "/_index_template/filebeat-8.19.0", nil, ""}, 200, "", nil, 0},
		{"Logstash's template", "", request{"PUT", "/_index_template/ecs-logstash", []string{asJSON}, `{}`}, 200, `{"acknowledged":true}` + "\n", nil, 0},
		{"what is not here", "", request{"GET", "/app/_search", nil, ""}, 404, `{"error":{"root_cause":[{"type":"resource_not_found_exception",*`, nil, 0},

		{"curl", "", request{"", "/api/v1/push?service=app&env=prod", []string{"Content-Type: application/x-www-form-urlencoded"}, "one\ntwo\n\nlast"}, 200, `{"lines":4,"bytes":10}` + "\n", []string{asJSON}, 4},
		{"curl, nothing", "", request{"", "/api/v1/push", nil, ""}, 200, `{"lines":0,"bytes":0}` + "\n", nil, 0},
		{"curl -F", "", request{"", "/api/v1/push", []string{"Content-Type: multipart/form-data; boundary=x"}, "x"}, 415, `{"status":415,"title":"unsupported media type","detail":*`, []string{"Content-Type: application/problem+json"}, 0},
		{"curl, a zone that is none", "", request{"", "/api/v1/push?zone=Mars", nil, "x"}, 400, `{"status":400,"title":"bad request","detail":"zone \"Mars\": want an IANA time zone like Europe/Berlin"}` + "\n", nil, 0},
		{"curl, labels that are none", "", request{"", "/api/v1/push", []string{"X-Foghorn-Labels: a"}, "x"}, 400, `{"status":400,*`, nil, 0},
		{"a line over the limit is cut", "", request{"", "/api/v1/push", nil, long}, 200, `{"lines":1,"bytes":2000}` + "\n", nil, 1},
		{"a web page", "", request{"", "/api/v1/push", []string{"Origin: http://example.org"}, "x"}, 403, `{"status":403,*`, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.MaxLine = 2000 }, nil)
			c.request.body = pack(t, c.packing, c.request.body)
			a := b.do(c.request)
			start, open := strings.CutSuffix(c.body, "*")
			if a.status != c.status || open && !strings.HasPrefix(a.body, start) || !open && a.body != c.body {
				t.Errorf("have %d %q\nwant %d %q", a.status, a.body, c.status, c.body)
			}
			for _, h := range c.want {
				name, value, _ := strings.Cut(h, ": ")
				if have := a.header.Get(name); have != value {
					t.Errorf("%s: have %q, want %q", name, have, value)
				}
			}
			b.wantLines(c.lines)
		})
	}
}

func TestToken(t *testing.T) {
	token := writeFile(t, "s3cret\n")
	b := newBench(t, func(c *Config) { c.TokenFile = token }, nil)
	basic := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct {
		header string
		want   int
	}{
		{"Authorization: Bearer s3cret", 200},
		{"Authorization: bearer s3cret", 200},
		{"Authorization: Basic " + basic("any:s3cret"), 200},
		{"Authorization: ApiKey s3cret", 200},
		{"Authorization: ApiKey " + basic("id:s3cret"), 200},
		{"Authorization: Bearer s3cre", 401},
		{"Authorization: Basic " + basic("s3cret:"), 401},
		{"Authorization: s3cret", 401},
		{"X-None: x", 401},
	} {
		for _, path := range []string{"/api/v1/push", "/_ilm/policy/x"} {
			if a := b.do(request{"PUT", path, []string{c.header}, "x"}); a.status != c.want {
				t.Errorf("%s %s: have %d, want %d", path, c.header, a.status, c.want)
			}
		}
	}
	if a := b.do(request{"", "/api/v1/push", nil, "x"}); !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("no challenge: %v", a.header)
	}
	rewrite(t, token, "other")
	if changed, err := b.srv.token.Refresh(); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if a := b.do(request{"", "/api/v1/push", []string{"Authorization: Bearer other"}, "x"}); a.status != 200 {
		t.Errorf("the new token: %d", a.status)
	}
	rewrite(t, token, " \n")
	if _, err := b.srv.token.Refresh(); err == nil {
		t.Error("an empty token is taken")
	}
	if a := b.do(request{"", "/api/v1/push", []string{"Authorization: Bearer other"}, "x"}); a.status != 200 {
		t.Errorf("the old token does not stay: %d", a.status)
	}
}
