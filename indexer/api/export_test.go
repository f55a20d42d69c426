package api

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// getExport asks without the transport's own compression.
func getExport(t *testing.T, target, accept string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		req.Header.Set("Accept-Encoding", accept)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestExportForms(t *testing.T) {
	long := oneEvent("two\nlines, \"quoted\"\xff")
	long.Attrs = []pipeline.Attr{{Key: "user", Value: " a,b"}}
	url, _ := running(t, newServer(t, DefaultConfig(), &index{search: yields(search.Hit{Event: oneEvent("plain"), LineNumber: 7}, search.Hit{Event: long, LineNumber: 8})}))
	for _, tc := range []struct{ name, target, contentType, file, want string }{
		{"raw", "?format=raw", "text/plain; charset=utf-8", "foghorn-export.log", "plain\ntwo\nlines, \"quoted\"\xff\n"},
		{"csv", "?format=csv", "text/csv; charset=utf-8; header=present", "foghorn-export.csv",
			"timestamp,host,path,service,level,line\r\n2026-11-22T08:00:00.25Z,web-1,/var/log/app.log,shop,error,plain\r\n" +
				"2026-11-22T08:00:00.25Z,web-1,/var/log/app.log,shop,error,\"two\nlines, \"\"quoted\"\"\xff\"\r\n"},
		{"columns", "?format=csv&columns=source,generation,offset,n,user", "text/csv; charset=utf-8; header=present", "foghorn-export.csv",
			"source,generation,offset,n,user\r\nweb-1:/var/log/app.log,18446744073709551615,42,7,\r\nweb-1:/var/log/app.log,18446744073709551615,42,8,\" a,b\"\r\n"},
		{"an empty column", "?format=csv&columns=user", "text/csv; charset=utf-8; header=present", "foghorn-export.csv", "user\r\n\"\"\r\n\" a,b\"\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := getExport(t, url+"/api/v1/export"+tc.target, "")
			text := bodyText(t, res)
			if d := cmp.Diff(tc.want, text); d != "" || res.Header.Get("Content-Type") != tc.contentType ||
				res.Header.Get("Content-Disposition") != `attachment; filename="`+tc.file+`"` {
				t.Errorf("header %v (-want +have)\n%s", res.Header, d)
			}
			if res.Trailer.Get(TrailerCursor) != "" || res.Trailer.Get(TrailerMatched) != "2" {
				t.Errorf("trailer %v", res.Trailer)
			}
			if strings.HasPrefix(tc.target, "?format=csv") {
				if rows, err := stdcsv.NewReader(strings.NewReader(text)).ReadAll(); err != nil || len(rows) != 3 {
					t.Errorf("%d rows, %v", len(rows), err)
				}
			}
		})
	}
	lines := strings.Split(bodyText(t, getExport(t, url+"/api/v1/export", "")), "\n")
	if len(lines) != 4 || !strings.Contains(lines[1], `"fields":{"user":" a,b"}`) || !strings.HasPrefix(lines[2], `{"summary":{"matched":2,`) {
		t.Errorf("NDJSON: %q", lines)
	}
}

func TestExportIsCompressedAsTheClientAccepts(t *testing.T) {
	hits := make([]search.Hit, 5000)
	for i := range hits {
		hits[i] = search.Hit{Event: oneEvent(fmt.Sprintf("line number %d", i))}
	}
	url, _ := running(t, newServer(t, DefaultConfig(), &index{search: yields(hits...)}))
	want := bodyText(t, getExport(t, url+"/api/v1/export?format=raw", ""))
	for _, tc := range []struct{ accept, coding string }{
		{"zstd", "zstd"}, {"gzip", "gzip"}, {"gzip, zstd", "zstd"}, {"gzip;q=1.0, zstd;q=0.5", "gzip"}, {"*", "zstd"}, {"GZIP", "gzip"},
		{"br", ""}, {"gzip;q=0", ""}, {"identity, gzip;q=0.5", ""}, {"gzip;q=x", ""}, {"zstd;q=0, *;q=0.1", "gzip"},
	} {
		res := getExport(t, url+"/api/v1/export?format=raw", tc.accept)
		if have := res.Header.Get("Content-Encoding"); have != tc.coding || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: have %q, want %q; Vary %q", tc.accept, have, tc.coding, res.Header.Get("Vary"))
			continue
		}
		packed := []byte(bodyText(t, res))
		var plain []byte
		var err error
		switch tc.coding {
		case "zstd":
			d, derr := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderMaxWindow(1<<20))
			if err = derr; err == nil {
				plain, err = io.ReadAll(d)
				d.Close()
			}
		case "gzip":
			d, derr := gzip.NewReader(bytes.NewReader(packed))
			if err = derr; err == nil {
				plain, err = io.ReadAll(d)
			}
		default:
			plain = packed
		}
		if err != nil || string(plain) != want || tc.coding != "" && len(packed) > len(want)/3 {
			t.Errorf("%s: %v, %d bytes packed, %d plain, want %d", tc.accept, err, len(packed), len(plain), len(want))
		}
		if res.Trailer.Get(TrailerMatched) != "5000" {
			t.Errorf("%s: trailer %v", tc.accept, res.Trailer)
		}
	}
}

// An export goes on through time budgets; one that broke off goes on from its last cursor,
// and one with a limit from its trailer: the parts add up to the whole.
func TestExportResumesByCursor(t *testing.T) {
	s := newServer(t, DefaultConfig(), &index{})
	s.deps.Searcher = overStore(t)
	s.cfg.Budget = 1 // a nanosecond: each answer of the index is partial
	url, _ := running(t, s)
	for _, order := range []string{"oldest", "newest", "file"} {
		whole := getExport(t, url+"/api/v1/export?format=raw&order="+order, "")
		want := bodyText(t, whole)
		if strings.Count(want, "\n") != 8 || whole.Trailer.Get(TrailerCursor) != "" {
			t.Fatalf("%s: have %q, trailer %v", order, want, whole.Trailer)
		}
		have, cursor := "", ""
		for range 10 {
			res := getExport(t, url+"/api/v1/export?format=raw&limit=3&order="+order+"&cursor="+cursor, "")
			have += bodyText(t, res)
			if cursor = res.Trailer.Get(TrailerCursor); cursor == "" {
				break
			}
		}
		if have != want {
			t.Errorf("%s, by threes: have %q, want %q", order, have, want)
		}
	}
}

// NDJSON tells a cursor now and then.
func TestExportTellsItsCursorOnTheWay(t *testing.T) {
	hits := make([]search.Hit, 2*cursorEvery+1)
	for i := range hits {
		hits[i] = search.Hit{Event: oneEvent("x")}
	}
	text := bodyText(t, ask(t, newServer(t, DefaultConfig(), &index{search: yields(hits...)}), "GET", "/api/v1/export", ""))
	if n := strings.Count(text, "\n{\"cursor\":\""); n != 2 {
		t.Errorf("%d cursors, want 2", n)
	}
}

// An export that fails on its way breaks the connection off, so that no part of an answer
// passes for the whole; NDJSON tells why before. One that fails before it starts is a problem.
func TestAFailedExportIsNotTakenForAWholeOne(t *testing.T) {
	x := &index{}
	url, _ := running(t, newServer(t, DefaultConfig(), x))
	many := make([]search.Hit, 2000)
	for i := range many {
		many[i] = search.Hit{Event: oneEvent(strings.Repeat("x", 100))}
	}
	x.search = func(ctx context.Context, req search.Request, hit func(*search.Hit) error) (search.Summary, error) {
		if _, err := yields(many...)(ctx, req, hit); err != nil {
			return search.Summary{}, err
		}
		return search.Summary{}, errDisk
	}
	for _, target := range []string{"?format=raw", "?format=csv", ""} {
		for _, accept := range []string{"", "gzip"} {
			res := getExport(t, url+"/api/v1/export"+target, accept)
			text, err := io.ReadAll(res.Body)
			if !errors.Is(err, io.ErrUnexpectedEOF) || len(text) == 0 {
				t.Errorf("%q: %d bytes, error %v, want an answer that breaks off", target, len(text), err)
			}
			if target == "" && accept == "" && !strings.Contains(string(text), "\n"+`{"error":{"type":"urn:foghorn:problem:internal"`) {
				t.Errorf("NDJSON ends with %q", text[max(0, len(text)-200):])
			}
		}
	}
	x.search = func(context.Context, search.Request, func(*search.Hit) error) (search.Summary, error) {
		return search.Summary{}, search.ErrBadCursor
	}
	for _, target := range []string{"?format=raw", "?format=csv", "?cursor=x"} {
		res := getExport(t, url+"/api/v1/export"+target, "gzip")
		if p := problemIn(t, res); p.Status != 400 || p.Pointer != "#/cursor" || res.Header.Get("Content-Encoding") != "" || res.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s: %+v, %v", target, p, res.Header)
		}
	}
}

func TestExportRefusals(t *testing.T) {
	s := newServer(t, DefaultConfig(), &index{search: yields()})
	for _, tc := range []struct{ target, body, pointer string }{
		{"?format=xml", "", "#/format"}, {"?columns=a", "", "#/columns"}, {"?format=csv&columns=a,,b", "", "#/columns"},
		{"?format=raw&fields=0", "", "#/fields"}, {"?limit=-1", "", "#/limit"}, {"?limit=x", "", "#/limit"}, {"?order=up", "", "#/order"},
		{"?before=1", "", "#/before"}, {"?q=(a", "", "#/q"}, {"", `{"format":"xml"}`, "#/format"}, {"", `{"grep":{"patterns":["(a"]}}`, "#/grep/patterns"},
	} {
		method := "GET"
		if tc.body != "" {
			method = "POST"
		}
		if p := problemIn(t, ask(t, s, method, "/api/v1/export"+tc.target, tc.body)); p.Status != 400 || p.Pointer != tc.pointer {
			t.Errorf("%s %s: %+v", tc.target, tc.body, p)
		}
	}
}

// POST takes the same members.
func TestExportWithABody(t *testing.T) {
	var have search.Request
	x := &index{search: func(_ context.Context, req search.Request, _ func(*search.Hit) error) (search.Summary, error) {
		have = req
		return search.Summary{}, nil
	}}
	body, err := json.Marshal(Export{Q: "a", Where: "b", Order: "file", Limit: 5, Grep: &Grep{Patterns: []string{"c"}}, Format: "raw"})
	if err != nil {
		t.Fatal(err)
	}
	bodyText(t, ask(t, newServer(t, DefaultConfig(), x), "POST", "/api/v1/export", string(body)))
	if have.Order != search.ByFile || have.Limit != 5 || !have.BodyOnly || have.Where == nil || have.Query.String() != "a AND _grep_:'c'" {
		t.Errorf("have %+v, query %s", have, have.Query)
	}
}
