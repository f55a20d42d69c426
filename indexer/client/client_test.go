package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/api"
	"foghorn/indexer/search"
)

func TestNew(t *testing.T) {
	for address, want := range map[string]string{
		"http://127.0.0.1:8514":        "http://127.0.0.1:8514",
		"http://127.0.0.1:8514/":       "http://127.0.0.1:8514",
		"logs.example.org:8514":        "http://logs.example.org:8514",
		"https://logs.example.org/fog": "https://logs.example.org/fog",
	} {
		if c, err := New(address); err != nil || c.server != want {
			t.Errorf("%s: have %+v, %v, want %s", address, c, err, want)
		}
	}
	for _, address := range []string{"", "ftp://x", "http://", "http://a b", "http://x?y=1"} {
		if _, err := New(address); err == nil || !strings.Contains(err.Error(), DefaultServer) {
			t.Errorf("%q: have %v, want an error with an example", address, err)
		}
	}
}

func TestAServerThatIsAwayIsToldWithWhatToStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c, err := New(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(stderr *bytes.Buffer) int{
		"grep": func(b *bytes.Buffer) int {
			return (&Grep{Patterns: []string{"x"}, MaxCount: -1}).Run(context.Background(), c, b, b, nil)
		},
		"search":             func(b *bytes.Buffer) int { return (&Find{Limit: 1}).Run(context.Background(), c, b, b, nil) },
		"tail":               func(b *bytes.Buffer) int { return (&Tail{}).Run(context.Background(), c, b, b) },
		"anomalies":          func(b *bytes.Buffer) int { return (&Anomalies{}).Run(context.Background(), c, b, b) },
		"anomalies --follow": func(b *bytes.Buffer) int { return (&Anomalies{Follow: true}).Run(context.Background(), c, b, b) },
	} {
		var stderr bytes.Buffer
		if code := run(&stderr); code != ExitError {
			t.Errorf("%s: exit code %d", name, code)
		}
		for _, want := range []string{"foghorn " + strings.Fields(name)[0] + ": ", l.Addr().String(), "connection refused", "foghorn up", "--server"} {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: have %q, want %q in it", name, &stderr, want)
			}
		}
	}
}

// answers is a server that gives one answer to every search.
func answers(t *testing.T, status int, contentType, body string) *Client {
	return clientOf(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})))
}

// An answer that ends early is an error and never taken for a whole one.
func TestAnAnswerThatEndsEarlyIsAnError(t *testing.T) {
	const hit = `{"timestamp":"2026-11-22T08:00:00Z","source":"h:/a","generation":"1","offset":0,"n":1,"line":"x"}` + "\n"
	const ndjson = "application/x-ndjson"
	for _, tc := range []struct {
		name, contentType, body string
		status                  int
		hits                    int
		want                    string
	}{
		{"no summary", ndjson, hit + hit, 200, 2, "lines may be missing"},
		{"nothing", ndjson, "", 200, 0, "lines may be missing"},
		{"half a hit", ndjson, hit + hit[:30], 200, 1, "lines may be missing"},
		{"half a summary", ndjson, hit + `{"summary":{"matched":1`, 200, 1, "lines may be missing"},
		{"no hit", ndjson, hit + "nonsense\n", 200, 1, "read a hit"},
		{"a number", ndjson, "17\n", 200, 0, "read a hit"},
		{"bad base64", ndjson, `{"line_base64":"!"}` + "\n", 200, 0, "base64"},
		{"bad generation", ndjson, `{"generation":"-1"}` + "\n", 200, 0, "read a hit"},
		{"an error on the way", ndjson, hit + `{"error":{"type":"x","title":"failed","status":500,"detail":"the disk"}}` + "\n", 200, 1, "failed: the disk"},
		{"an error that cannot be read", ndjson, `{"error":[]}` + "\n", 200, 0, "read the server's error"},
		{"a problem", api.ProblemType, `{"type":"x","title":"bad","status":400,"detail":"why"}`, 400, 0, "bad: why"},
		{"another server", "text/html", "<h1>nginx</h1>", 502, 0, "is it a Foghorn server?"},
		{"a problem that cannot be read", api.ProblemType, "nonsense", 500, 0, "500"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			hits := 0
			_, err := answers(t, tc.status, tc.contentType, tc.body).Search(context.Background(), api.Search{}, Receiver{Hit: func(*Hit) error { hits++; return nil }})
			if err == nil || !strings.Contains(err.Error(), tc.want) || hits != tc.hits {
				t.Errorf("have %d hits and %v, want %d and %q", hits, err, tc.hits, tc.want)
			}
		})
	}
}

func TestALineOfTheAnswerHasABound(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for range 2 * maxLine >> 20 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	_, err := clientOf(t, server).Search(context.Background(), api.Search{}, Receiver{Hit: func(*Hit) error { return nil }})
	if err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("have %v", err)
	}
}

func TestLongLinesArriveWhole(t *testing.T) {
	long := bytes.Repeat([]byte("\x01\"long "), 1<<20/7)
	m := &memory{coverage: search.Coverage{Complete: true}}
	m.add("h", "/a", 1, append(append(append([]byte("before\n"), long...), '\n'), "after\n"...))
	out, stderr, code := run(t, serve(t, m), "")
	if code != 0 || out != "before\n"+string(long)+"\nafter\n" {
		t.Errorf("exit code %d, %d bytes, %s", code, len(out), stderr)
	}
}

func TestABusyServerIsAskedAgain(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprintln(w, `{"summary":{"matched":5}}`)
	}))
	sum, err := clientOf(t, server).Search(context.Background(), api.Search{}, Receiver{})
	if err != nil || sum.Matched != 5 || asked != 3 {
		t.Errorf("have %+v, %v after %d", sum, err, asked)
	}
}

// An answer cut by the server's time budget is continued until it is complete.
func TestPartialAnswersAreContinued(t *testing.T) {
	_, m, _ := writeCorpus(t)
	m.budget = 2
	limit, all := 0, 0
	sum, err := serve(t, m).SearchAll(context.Background(), api.Search{Order: "file", Limit: &limit}, Receiver{Hit: func(*Hit) error { all++; return nil }})
	if err != nil || sum.Partial || all != len(m.rows) {
		t.Errorf("have %d of %d lines, %+v, %v", all, len(m.rows), sum.Summary, err)
	}
	stuck := answers(t, 200, "application/x-ndjson", `{"summary":{"partial":true,"cursor":"same"}}`+"\n")
	if _, err := stuck.SearchAll(context.Background(), api.Search{}, Receiver{}); err == nil || !strings.Contains(err.Error(), "does not come to an end") {
		t.Errorf("a search without progress: have %v", err)
	}
}

// The coverage of an answer in parts is that of the beginning, and every loss in any of them
// is told: also two of one file.
func TestAnAnswerInPartsIsAsCompleteAsItsBeginning(t *testing.T) {
	for _, tc := range []struct {
		name  string
		parts []string
		want  api.Summary
	}{
		{"lag at the beginning", []string{
			`{"matched":1,"partial":true,"cursor":"a","coverage":{"complete":false,"lag_records":5}}`,
			`{"matched":2,"coverage":{"complete":true,"lines":9}}`,
		}, api.Summary{Summary: search.Summary{Matched: 3}, Coverage: search.Coverage{LagRecords: 5}}},
		{"lag at the end", []string{
			`{"matched":1,"partial":true,"cursor":"a","coverage":{"complete":true,"lines":9}}`,
			`{"matched":2,"coverage":{"complete":false,"lag_records":5}}`,
		}, api.Summary{Summary: search.Summary{Matched: 3}, Coverage: search.Coverage{Complete: true, Lines: 9}}},
		{"damage", []string{
			`{"partial":true,"cursor":"a","missing":[{"file":"1","reason":"a","lines":3}],"coverage":{"complete":true}}`,
			`{"missing":[{"file":"1","reason":"b","lines":4},{"file":"1","reason":"a","lines":3}],"coverage":{"complete":true}}`,
		}, api.Summary{Summary: search.Summary{Missing: []search.Damage{{File: "1", Reason: "a", Lines: 3}, {File: "1", Reason: "b", Lines: 4}}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			part := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, "{\"summary\":%s}\n", tc.parts[part])
				part++
			}))
			have, err := clientOf(t, server).SearchAll(t.Context(), api.Search{}, Receiver{})
			if diff := cmp.Diff(tc.want, have); err != nil || diff != "" {
				t.Errorf("error %v (-want +have)\n%s", err, diff)
			}
		})
	}
}

func TestACancelledSearchSaysSo(t *testing.T) {
	reached := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then does the server notice a client that goes away
		close(reached)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-reached; cancel() }()
	if _, err := clientOf(t, server).Search(ctx, api.Search{Q: "x"}, Receiver{}); !errors.Is(err, context.Canceled) {
		t.Errorf("have %v", err)
	}
}

func FuzzDecodeHit(f *testing.F) {
	f.Add([]byte(`{"timestamp":"2026-11-22T08:00:00Z","source":"h:/a","host":"h","path":"/a","generation":"1","offset":0,"n":1,"line":"x","fields":{"a":"b"}}`))
	f.Add([]byte(`{"line_base64":"/w==","path_base64":"/w=="}`))
	f.Add([]byte(`{"fields":1,"line":{},"n":"x","context":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d decoder
		h, err := d.decode(raw)
		if (h == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", raw, h, err)
		}
	})
}

func FuzzEvents(f *testing.F) {
	f.Add([]byte("event: line\ndata: {}\n\n: heartbeat\n\nevent: dropped\r\ndata: 1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := newEventReader(bytes.NewReader(raw))
		for range len(raw) + 1 {
			if _, err := r.next(); err != nil {
				return
			}
		}
		t.Errorf("%q has more events than bytes", raw)
	})
}

// BenchmarkGrep measures lines/s from the server's encoder through loopback to grep's
// output.
func BenchmarkGrep(b *testing.B) {
	m := &memory{coverage: search.Coverage{Complete: true}}
	line := `10.0.0.9 - - [22/Nov/2026:08:00:00 +0000] "GET /video/17 HTTP/1.1" 200 5316 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"` + "\n"
	const lines = 100_000
	m.add("h", "/var/log/nginx/access.log", 1, []byte(strings.Repeat(line, lines)))
	c := serve(b, m)
	for b.Loop() {
		var out, stderr bytes.Buffer
		g := Grep{Patterns: []string{"video"}, Fixed: true, MaxCount: -1, Before: -1, After: -1}
		if code := g.Run(context.Background(), c, &out, &stderr, nil); code != 0 || out.Len() != lines*len(line) {
			b.Fatal(code, out.Len(), stderr.String())
		}
	}
	b.ReportMetric(float64(b.N)*lines/b.Elapsed().Seconds(), "lines/s")
}
