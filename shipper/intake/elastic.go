package intake

import (
	"net/http"
	"strings"

	"foghorn/shipper/intake/bulk"
)

// elasticProtocol is how Elasticsearch answers errors.
type elasticProtocol struct{}

const elasticType = "application/json"

// elasticHeaders are what clients look for to know that they speak with Elasticsearch.
func elasticHeaders(rw http.ResponseWriter) {
	rw.Header().Set("X-Elastic-Product", "Elasticsearch")
}

func (elasticProtocol) fail(rw http.ResponseWriter, _ *http.Request, f *fault) {
	elasticHeaders(rw)
	write(rw, f.status, elasticType, bulk.Fault(f.status, f.message))
}

// elasticVersion is the version of which the answers are: Beats and Logstash of 7.x, 8.x
// and 9.x send to it.
const elasticVersion = "8.19.0"

// Answers to what agents ask before they send.
const (
	elasticInfo = `{"name":"foghorn","cluster_name":"foghorn","cluster_uuid":"Zm9naG9ybi1sb2ctaW50YWtl","version":{"number":"` + elasticVersion + `",` +
		`"build_flavor":"default","build_type":"tar","build_hash":"0000000000000000000000000000000000000000","build_date":"2025-07-23T00:00:00.000Z","build_snapshot":false,` +
		`"lucene_version":"9.12.2","minimum_wire_compatibility_version":"7.17.0","minimum_index_compatibility_version":"7.0.0"},"tagline":"You Know, for Search"}` + "\n"
	elasticLicense = `{"license":{"status":"active","uid":"00000000-0000-0000-0000-000000000000","type":"basic","issue_date":"2025-01-01T00:00:00.000Z",` +
		`"issue_date_in_millis":1735689600000,"max_nodes":1000,"issued_to":"foghorn","issuer":"elasticsearch","start_date_in_millis":-1}}` + "\n"
	elasticXpack = `{"build":{},"license":{"uid":"00000000-0000-0000-0000-000000000000","type":"basic","mode":"basic","status":"active"},` +
		`"features":{"ilm":{"available":false,"enabled":false},"monitoring":{"available":false,"enabled":false},"security":{"available":false,"enabled":false}},"tagline":"You know, for X"}` + "\n"
	elasticHealth = `{"cluster_name":"foghorn","status":"green","timed_out":false,"number_of_nodes":1,"number_of_data_nodes":1,"active_shards_percent_as_number":100.0}` + "\n"
	elasticNodes  = `{"_nodes":{"total":0,"successful":0,"failed":0},"cluster_name":"foghorn","nodes":{}}` + "\n"
	elasticDone   = `{"acknowledged":true}` + "\n"
)

// elastic answers what agents ask an Elasticsearch before they send to it. Templates,
// policies, pipelines and data streams are there already, whatever their names, and setting
// them up has no effect.
func (s *Server) elastic(rw http.ResponseWriter, r *http.Request) {
	answer := func(body string) {
		elasticHeaders(rw)
		if r.Method == http.MethodHead {
			body = ""
		}
		write(rw, http.StatusOK, elasticType, []byte(body))
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	asks := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case asks && r.URL.Path == "/":
		answer(elasticInfo)
	case asks && (first == "_license" || r.URL.Path == "/_xpack/license"):
		answer(elasticLicense)
	case asks && first == "_xpack":
		answer(elasticXpack)
	case asks && first == "_cluster":
		answer(elasticHealth)
	case asks && first == "_nodes":
		answer(elasticNodes)
	case !setUp[first]:
		s.fail(rw, r, elasticProtocol{}, refuse(http.StatusNotFound, "no handler for %s %.256s: logs are taken at /v1/logs, /loki/api/v1/push, /_bulk and /api/v1/push", r.Method, r.URL.Path))
	case asks:
		answer("{}\n")
	case r.Method == http.MethodPut || r.Method == http.MethodPost:
		answer(elasticDone)
	default:
		s.fail(rw, r, elasticProtocol{}, refuse(http.StatusMethodNotAllowed, "method %.16q: want GET, HEAD, PUT or POST", r.Method))
	}
}

// setUp are the first parts of the paths at which agents look for, or set up, what they
// want of the store.
var setUp = map[string]bool{
	"_ilm": true, "_index_template": true, "_template": true, "_component_template": true,
	"_data_stream": true, "_ingest": true, "_alias": true, "_logstash": true, "_slm": true,
}
