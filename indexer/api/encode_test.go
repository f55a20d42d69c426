package api

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

func TestSourceChangesBetweenHits(t *testing.T) {
	c := &encoder{mode: search.Sources}
	var b []byte
	for _, e := range []pipeline.Event{
		{ID: pipeline.LineID{Source: "a:/x"}, Host: "a", Path: "/x"},
		{ID: pipeline.LineID{Source: "a:/x"}, Host: "a", Path: "/x"},
		{ID: pipeline.LineID{Source: "logs.raw/3"}, Path: "logs.raw/3"},
		{ID: pipeline.LineID{Source: "logs.raw/3"}, Host: "h", Path: "logs.raw/3"},
		{ID: pipeline.LineID{Source: "b:/\xff"}, Host: "b", Path: "/\xff"},
		{},
	} {
		b = append(c.appendHit(b, &search.Hit{Event: &e}), '\n')
	}
	const want = `{"source":"a:/x","host":"a","path":"/x"}
{"source":"a:/x","host":"a","path":"/x"}
{"source":"logs.raw/3","path":"logs.raw/3"}
{"source":"logs.raw/3","host":"h","path":"logs.raw/3"}
{"source_base64":"Yjov/w==","host":"b","path_base64":"L/8="}
{"source":""}
`
	if string(b) != want {
		t.Errorf("have\n%swant\n%s", b, want)
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a", "\x00\x1f\x7f", `"\`, "ä\xff€", "\u2028\u2029", "\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var have string
		text := appendString(nil, s)
		if err := json.Unmarshal(text, &have); err != nil {
			t.Fatalf("%q gives %s: %v", s, text, err)
		}
		if want := strings.ToValidUTF8(s, "\x00"); utf8.ValidString(s) && have != s {
			t.Errorf("have %q, want %q", have, want)
		}
		if !json.Valid(append(appendBytes([]byte("{"), "x", s), '}')) {
			t.Errorf("%q gives no JSON", s)
		}
	})
}

// BenchmarkEncode measures the lines/s of one connection: with what the parser found, and
// without, as grep asks for them.
func BenchmarkEncode(b *testing.B) {
	e := oneEvent(`10.0.0.9 - - [22/Nov/2026:08:00:00 +0000] "GET /video/17?q=\"x\" HTTP/1.1" 200 5316 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"`)
	e.Attrs = []pipeline.Attr{{Key: "client.address", Value: "10.0.0.9"}, {Key: "http.request.method", Value: "GET"}, {Key: "http.response.status_code", Value: "200"}, {Key: "url.path", Value: "/video/17"}}
	for name, fields := range map[string]bool{"fields": true, "lines": false} {
		b.Run(name, func(b *testing.B) {
			c := &encoder{fields: fields}
			h := &search.Hit{Event: e, LineNumber: 123456}
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				if buf = c.appendHit(buf, h); len(buf) > lastPiece {
					buf = buf[:0]
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkRequest measures what a search costs that finds nothing, without the search: the
// parameters, the guard, the summary.
func BenchmarkRequest(b *testing.B) {
	s := newServer(b, DefaultConfig(), &index{search: yields()})
	h := s.Handler()
	for name, target := range map[string]string{"search": "/api/v1/search?q=absent&limit=1000&fields=0&coverage=brief", "healthz": "/healthz"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("GET", target, nil)
				r.Host = "127.0.0.1:8514"
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
