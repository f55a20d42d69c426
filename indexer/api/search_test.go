package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

func TestSearchStreamsHitsAndEndsWithTheSummary(t *testing.T) {
	e := oneEvent(`say "hi"`)
	e.SeverityText, e.TraceID, e.SpanID, e.Template, e.ErrorClass = "ERR", "4bf9", "00f0", "t1", "server"
	e.Observed = e.Timestamp + 1e9
	e.Attrs = []pipeline.Attr{{Key: "http.response.status_code", Value: "503"}, {Key: "a\"b", Value: "\x01\xff"}}
	x := &index{
		search:   yields(search.Hit{Event: e, LineNumber: 7}, search.Hit{Event: oneEvent("x"), LineNumber: 9, Context: true, Group: true}),
		coverage: search.Coverage{Complete: true, Sources: []search.SourceCoverage{{Source: "web-1:/var/log/app.log", Lines: 9}}, Lines: 9},
	}
	s := newServer(t, DefaultConfig(), x)
	const (
		first  = `{"timestamp":"2026-11-22T08:00:00.25Z","source":"web-1:/var/log/app.log","host":"web-1","path":"/var/log/app.log","service":"shop","level":"error","generation":"18446744073709551615","offset":42,"n":7,"line":"say \"hi\""`
		fields = `,"observed_timestamp":"2026-11-22T08:00:01.25Z","severity_text":"ERR","trace_id":"4bf9","span_id":"00f0","template":"t1","error_class":"server","fields":{"http.response.status_code":"503","a\"b":"\u0001` + "\ufffd" + `"}}`
		second = `{"timestamp":"2026-11-22T08:00:00.25Z","source":"web-1:/var/log/app.log","host":"web-1","path":"/var/log/app.log","service":"shop","level":"error","generation":"18446744073709551615","offset":42,"n":9,"context":true,"group":true,"line":"x"}`
		end    = `{"summary":{"matched":2,"partial":false,"stats":{"blocks":0,"blocks_read":0,"lines_read":0,"bytes_decoded":0,"elapsed_ns":0,"prefilter_ns":0},"coverage":{"complete":true,"indexed_until":"0001-01-01T00:00:00Z","lag_records":0,"sources":[%s],"partitions":%s,"lines":9,"bytes":0,"disk_bytes":0}}}`
		source = `{"source":"web-1:/var/log/app.log","generations":0,"generation":"0","next_offset":0,"lines":9,"last_event":"0001-01-01T00:00:00Z","last_observed":"0001-01-01T00:00:00Z"}`
	)
	full := strings.NewReplacer("%s]", source+"]", "%s", "null").Replace(end)
	short := strings.NewReplacer("%s]", "]", "%s", "[]").Replace(end)
	for _, tc := range []struct{ name, target, contentType, want string }{
		{"NDJSON", "/api/v1/search?q=hi", "application/x-ndjson", first + fields + "\n" + second + "\n" + full + "\n"},
		{"without fields", "/api/v1/search?q=hi&fields=0&coverage=brief", "application/x-ndjson", first + "}\n" + second + "\n" + short + "\n"},
		{"one JSON object", "/api/v1/search?q=hi&fields=0&format=json", "application/json", `{"hits":[` + first + "},\n" + second + "]," + full[1:] + "\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := ask(t, s, "GET", tc.target, "")
			if ct := res.Header.Get("Content-Type"); ct != tc.contentType {
				t.Errorf("content type: have %q, want %q", ct, tc.contentType)
			}
			text := bodyText(t, res)
			if d := cmp.Diff(tc.want, text); d != "" {
				t.Errorf("body (-want +have)\n%s", d)
			}
			for line := range strings.Lines(text) {
				if tc.contentType == "application/x-ndjson" && !json.Valid([]byte(line)) {
					t.Errorf("no JSON: %s", line)
				}
			}
		})
	}
}

func TestCountsAndSources(t *testing.T) {
	x := &index{search: yields(search.Hit{Event: oneEvent("")})}
	s := newServer(t, DefaultConfig(), x)
	for mode, want := range map[string]string{
		"counts":  `{"source":"web-1:/var/log/app.log","host":"web-1","path":"/var/log/app.log","count":0}`,
		"sources": `{"source":"web-1:/var/log/app.log","host":"web-1","path":"/var/log/app.log"}`,
	} {
		text := bodyText(t, ask(t, s, "GET", "/api/v1/search?mode="+mode, ""))
		if have, _, _ := strings.Cut(text, "\n"); have != want {
			t.Errorf("%s: have %s, want %s", mode, have, want)
		}
	}
}

func TestNothingFoundAsOneObject(t *testing.T) {
	s := newServer(t, DefaultConfig(), &index{search: yields()})
	text := bodyText(t, ask(t, s, "GET", "/api/v1/search?format=json", ""))
	if !strings.HasPrefix(text, `{"hits":[],"summary":{`) || !json.Valid([]byte(text)) {
		t.Errorf("have %s", text)
	}
}

// A line is given byte for byte: as base64 where it is not UTF-8.
func TestALineIsGivenByteForByte(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	ascii := all[:128]
	for _, body := range [][]byte{{}, ascii, all, []byte("äöü €\u2028 😀"), []byte("\xff"), []byte("cut \xe2\x82"), []byte("\xed\xa0\x80"), []byte("\\\"\r\t")} {
		x := &index{search: yields(search.Hit{Event: oneEvent(string(body))})}
		line, _, _ := strings.Cut(bodyText(t, ask(t, newServer(t, DefaultConfig(), x), "GET", "/api/v1/search", "")), "\n")
		var hit struct {
			Line   *string `json:"line"`
			Base64 *string `json:"line_base64"`
		}
		if err := json.Unmarshal([]byte(line), &hit); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		var have []byte
		switch {
		case (hit.Line == nil) == (hit.Base64 == nil):
			t.Fatalf("%q: want line or line_base64 in %s", body, line)
		case hit.Line != nil:
			have = []byte(*hit.Line)
		default:
			have, _ = base64.StdEncoding.DecodeString(*hit.Base64)
		}
		if !bytes.Equal(have, body) {
			t.Errorf("have %q, want %q", have, body)
		}
	}
}

func TestRequestReachesTheSearcher(t *testing.T) {
	var have search.Request
	x := &index{search: func(_ context.Context, req search.Request, _ func(*search.Hit) error) (search.Summary, error) {
		have = req
		return search.Summary{}, nil
	}}
	s := newServer(t, DefaultConfig(), x)
	parse := func(text string) query.Node {
		n, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	since, until := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Unix(1795334400, 0).UTC()
	for _, tc := range []struct {
		name, target, body string
		want               search.Request
	}{
		{"defaults", "/api/v1/search", "", search.Request{Query: query.All{}, Limit: 100, Budget: 30 * time.Second}},
		{"all of them", "/api/v1/search?q=a+b&where=level:error&since=2026-11-01T00:00:00Z&until=1795334400&order=file&limit=0&per_source=5&before=2&after=3&cursor=xyz&budget=10s", "",
			search.Request{Query: parse("a b"), Where: parse("level:error"), Since: since, Until: until, Order: search.ByFile, PerSource: 5, Before: 2, After: 3, Cursor: "xyz", Budget: 10 * time.Second}},
		{"the same as a body", "/api/v1/search", `{"q":"a b","where":"level:error","since":"2026-11-01T00:00:00Z","until":"1795334400","order":"file","limit":0,"per_source":5,"before":2,"after":3,"cursor":"xyz","budget":"10s"}`,
			search.Request{Query: parse("a b"), Where: parse("level:error"), Since: since, Until: until, Order: search.ByFile, PerSource: 5, Before: 2, After: 3, Cursor: "xyz", Budget: 10 * time.Second}},
		{"counts have no limit", "/api/v1/search?mode=counts", "", search.Request{Query: query.All{}, Mode: search.Counts, Order: search.ByFile, Budget: 30 * time.Second}},
		{"oldest", "/api/v1/search?order=oldest&limit=7", "", search.Request{Query: query.All{}, Order: search.Oldest, Limit: 7, Budget: 30 * time.Second}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			method := "GET"
			if tc.body != "" {
				method = "POST"
			}
			if res := ask(t, s, method, tc.target, tc.body); res.StatusCode != 200 {
				t.Fatalf("status %d: %s", res.StatusCode, bodyText(t, res))
			}
			nodes := cmp.FilterValues(func(a, b query.Node) bool { return true }, cmp.Comparer(func(a, b query.Node) bool {
				return a == nil && b == nil || a != nil && b != nil && a.String() == b.String()
			}))
			have.Since, have.Until = have.Since.UTC(), have.Until.UTC()
			if d := cmp.Diff(tc.want, have, nodes); d != "" {
				t.Errorf("request (-want +have)\n%s", d)
			}
		})
	}
}

func TestGrepOptionsSelectAsGrepDoes(t *testing.T) {
	var have search.Request
	x := &index{search: func(_ context.Context, req search.Request, _ func(*search.Hit) error) (search.Summary, error) {
		have = req
		return search.Summary{}, nil
	}}
	s := newServer(t, DefaultConfig(), x)
	for _, tc := range []struct {
		name, body, line string
		want             bool
	}{
		{"expression", `{"grep":{"patterns":["a+b|c"]}}`, "xaab", true},
		{"fixed", `{"grep":{"patterns":["a+b"],"fixed":true}}`, "xaab", false},
		{"several", `{"grep":{"patterns":["x","y"]}}`, "y", true},
		{"case counts", `{"grep":{"patterns":["ERR"]}}`, "err", false},
		{"any case", `{"grep":{"patterns":["ERR"],"ignore_case":true}}`, "err", true},
		{"word", `{"grep":{"patterns":["err"],"word":true}}`, "errors", false},
		{"line", `{"grep":{"patterns":["err"],"line":true}}`, "err ", false},
		{"invert", `{"grep":{"patterns":["err"],"invert":true}}`, "fine", true},
		{"no pattern", `{"grep":{"patterns":[]}}`, "anything", false},
		{"no pattern, invert", `{"grep":{"patterns":[],"invert":true}}`, "anything", true},
		{"empty pattern", `{"grep":{"patterns":[""]}}`, "anything", true},
		{"with a query", `{"q":"fine","grep":{"patterns":["err"]}}`, "err", false},
		{"with a query, both", `{"q":"fine","grep":{"patterns":["err"]}}`, "fine err", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if res := ask(t, s, "POST", "/api/v1/search", tc.body); res.StatusCode != 200 {
				t.Fatalf("status %d: %s", res.StatusCode, bodyText(t, res))
			}
			if got := query.Compile(have.Query).Match(&pipeline.Event{Body: []byte(tc.line)}); got != tc.want {
				t.Errorf("%q: have %v, want %v", tc.line, got, tc.want)
			}
		})
	}
}

// The coverage is that of the time when a search began: what came to the store since is not
// in the answer. What could not be read is counted in.
func TestTheCoverageIsThatOfTheBeginning(t *testing.T) {
	var damaged []search.Damage
	x := &index{}
	x.search = func(context.Context, search.Request, func(*search.Hit) error) (search.Summary, error) {
		x.coverage = search.Coverage{Complete: true, Lines: 2, IndexedUntil: time.Unix(2, 0).UTC()}
		return search.Summary{Missing: damaged}, nil
	}
	s := newServer(t, DefaultConfig(), x)
	for _, path := range []string{"/api/v1/search", "/api/v1/export"} {
		for _, missing := range [][]search.Damage{nil, {{File: "1.seg", Lines: 3}}} {
			x.coverage = search.Coverage{Complete: true, Lines: 1, IndexedUntil: time.Unix(1, 0).UTC()}
			damaged = missing
			var end struct{ Summary Summary }
			if err := json.Unmarshal([]byte(bodyText(t, ask(t, s, "GET", path, ""))), &end); err != nil {
				t.Fatal(err)
			}
			if c := end.Summary.Coverage; c.Lines != 1 || c.IndexedUntil.Unix() != 1 || c.Complete != (missing == nil) {
				t.Errorf("%s, %v missing: %+v", path, missing, c)
			}
		}
	}
}

// Every search ends with a summary or with an error object.
func TestAnErrorOnTheWayEndsTheStream(t *testing.T) {
	x := &index{search: func(_ context.Context, _ search.Request, hit func(*search.Hit) error) (search.Summary, error) {
		big := search.Hit{Event: oneEvent(strings.Repeat("x", lastPiece))}
		if err := hit(&big); err != nil {
			return search.Summary{}, err
		}
		return search.Summary{}, errDisk
	}}
	s := newServer(t, DefaultConfig(), x)
	res := ask(t, s, "GET", "/api/v1/search", "")
	lines := strings.Split(strings.TrimSpace(bodyText(t, res)), "\n")
	if res.StatusCode != 200 || len(lines) != 2 || !strings.HasPrefix(lines[1], `{"error":{"type":"urn:foghorn:problem:internal"`) || !strings.Contains(lines[1], "input/output error") {
		t.Errorf("status %d, last line %s", res.StatusCode, lines[len(lines)-1])
	}
	res = ask(t, s, "GET", "/api/v1/search?format=json", "")
	text := bodyText(t, res)
	if !strings.HasSuffix(text, "}}\n") || !strings.Contains(text, `],"error":{`) || !json.Valid([]byte(text)) {
		t.Errorf("as one object: have ...%s", text[max(0, len(text)-300):])
	}
}

func TestAnErrorBeforeTheFirstHitIsAStatus(t *testing.T) {
	x := &index{search: func(context.Context, search.Request, func(*search.Hit) error) (search.Summary, error) {
		return search.Summary{}, errDisk
	}}
	res := ask(t, newServer(t, DefaultConfig(), x), "GET", "/api/v1/search", "")
	if p := problemIn(t, res); p.Status != 500 || !strings.Contains(p.Detail, "block 7") {
		t.Errorf("have %+v", p)
	}
}

func TestHitsAreSentWhileTheSearchGoesOn(t *testing.T) {
	goOn := make(chan struct{})
	x := &index{search: func(_ context.Context, _ search.Request, hit func(*search.Hit) error) (search.Summary, error) {
		h := search.Hit{Event: oneEvent("early")}
		if err := hit(&h); err != nil {
			return search.Summary{}, err
		}
		<-goOn
		return search.Summary{}, nil
	}}
	url, _ := running(t, newServer(t, DefaultConfig(), x))
	res, err := http.Get(url + "/api/v1/search")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := linesOf{t, bufio.NewReader(res.Body)}
	if have := lines.next(); !strings.Contains(have, "early") {
		t.Errorf("have %s", have)
	}
	close(goOn)
	if have := lines.next(); !strings.HasPrefix(have, `{"summary":`) {
		t.Errorf("have %s", have)
	}
}

// A client that goes away ends its search.
func TestAClientThatGoesAwayEndsItsSearch(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			started, ended := make(chan struct{}), make(chan error, 1)
			x := &index{search: func(ctx context.Context, _ search.Request, _ func(*search.Hit) error) (search.Summary, error) {
				close(started)
				<-ctx.Done()
				ended <- ctx.Err()
				return search.Summary{}, ctx.Err()
			}}
			url, _ := running(t, newServer(t, DefaultConfig(), x))
			ctx, cancel := context.WithCancel(context.Background())
			go func() { <-started; cancel() }()
			var body io.Reader
			if method == "POST" {
				body = strings.NewReader(`{"q":"x"}`)
			}
			req, _ := http.NewRequestWithContext(ctx, method, url+"/api/v1/search", body)
			req.Header.Set("Content-Type", "application/json")
			if _, err := http.DefaultClient.Do(req); err == nil {
				t.Error("have an answer, want the cancellation")
			}
			select {
			case err := <-ended:
				if err == nil {
					t.Error("the search's context has not ended")
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the search goes on")
			}
		})
	}
}

func TestTooManySearchesAreRefused(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxSearches = 1
	started, goOn := make(chan struct{}), make(chan struct{})
	x := &index{}
	x.search = func(context.Context, search.Request, func(*search.Hit) error) (search.Summary, error) {
		close(started)
		<-goOn
		return search.Summary{}, nil
	}
	url, _ := running(t, newServer(t, cfg, x))
	first := make(chan string)
	go func() {
		res, err := http.Get(url + "/api/v1/search")
		if err != nil {
			first <- err.Error()
			return
		}
		b, _ := io.ReadAll(res.Body)
		first <- string(b)
	}()
	<-started
	res, err := http.Get(url + "/api/v1/search")
	if err != nil {
		t.Fatal(err)
	}
	if p := problemIn(t, res); p.Status != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("have %+v, Retry-After %q", p, res.Header.Get("Retry-After"))
	}
	close(goOn)
	if text := <-first; !strings.HasPrefix(text, `{"summary"`) {
		t.Errorf("the first search: %s", text)
	}
	// The slot is free again: the next search reaches the index.
	x.search = yields()
	if res := ask(t, newServer(t, cfg, x), "GET", "/api/v1/search", ""); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}
