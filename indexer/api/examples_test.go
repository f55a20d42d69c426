package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// overStore is a searcher over a store that holds the lines of the examples: some of
// web-1:/var/log/app.log, one of them at offset 4711.
func overStore(t *testing.T) *search.Searcher {
	t.Helper()
	st, x := openStore(t)
	at, offset := time.Now().Add(-time.Minute), int64(4711-3*20)
	var events []pipeline.Event
	for i := range 8 {
		body := fmt.Sprintf("retrying in %d ms.", 10+i)
		e := pipeline.Event{Severity: pipeline.SeverityInfo, Service: "shop"}
		if i == 3 {
			body, e.Severity = "connection refused", pipeline.SeverityError
			e.Attrs = []pipeline.Attr{{Key: pipeline.FieldStatus, Value: "503"}}
		}
		e.ID = pipeline.LineID{Source: "web-1:/var/log/app.log", Generation: 12345678901234567890, Offset: offset}
		e.Host, e.Path, e.Body = "web-1", "/var/log/app.log", []byte(body)
		e.Timestamp = at.Add(time.Duration(i) * time.Second).UnixNano()
		e.Observed, e.Size = e.Timestamp, 20
		offset += 20
		e.Sizes = []int64{20}
		events = append(events, e)
	}
	if _, err := st.Append(t.Context(), 0, 8, events); err != nil {
		t.Fatal(err)
	}
	if err := st.Seal(); err != nil {
		t.Fatal(err)
	}
	return x
}

// openStore is an empty store, at work, and a searcher over it.
func openStore(t *testing.T) (*store.Store, *search.Searcher) {
	t.Helper()
	st, err := store.Open(store.DefaultConfig(t.TempDir()), store.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- st.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	x, err := search.New(st, search.DefaultConfig(), search.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return st, x
}

// Every example of the description, and every operation without one, is answered as the
// description says: with 200 and what fits the schema of its media type.
func TestEachExampleOfTheDescriptionRuns(t *testing.T) {
	d := readDescription(t)
	s := withTemplates(t)
	s.deps.Searcher = overStore(t)
	s.deps.Board = &index{anomalies: []pipeline.Anomaly{anomaly("a1", 1, pipeline.AnomalyOpen, "r1", time.Now().Add(-time.Minute))}, missed: func() int64 { return 0 }}
	s.deps.Gatherer = prometheus.NewRegistry()
	base, _ := running(t, s)
	var known struct {
		Templates []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(bodyText(t, fetch(t, "GET", base+"/api/v1/templates", nil))), &known); err != nil || len(known.Templates) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, path := range slices.Sorted(maps.Keys(at(d, "paths").(map[string]any))) {
		for _, method := range slices.Sorted(maps.Keys(at(d, "paths", path).(map[string]any))) {
			op := at(d, "paths", path, method)
			values := url.Values{}
			for _, p := range list(at(op, "parameters")) {
				switch example := at(p, "example"); {
				case example != nil:
					values.Set(at(p, "name").(string), fmt.Sprint(example))
				case at(p, "required") == true:
					t.Errorf("%s %s: the parameter %v has no example", method, path, at(p, "name"))
				}
			}
			var body []byte
			if request := at(op, "requestBody", "content", "application/json"); request != nil {
				example := at(request, "example")
				if m, ok := example.(map[string]any); ok && path == "/api/v1/templates" {
					m["id"] = known.Templates[0].ID
				}
				body = jsonOf(t, example)
				fits(t, d, at(request, "schema"), body, path+": the example of the body")
			}
			target := base + path
			if len(values) > 0 {
				target += "?" + values.Encode()
			}
			t.Run(method+" "+path, func(t *testing.T) {
				checkAnswer(t, d, at(op, "responses", "200"), fetch(t, strings.ToUpper(method), target, body))
			})
			for media, content := range content(d, at(op, "responses", "200")) {
				if example := at(content, "example"); media == "application/json" && example != nil {
					partly(t, d, at(content, "schema"), jsonOf(t, example), path+": the example of the answer")
				}
			}
		}
	}
}

func content(d description, response any) map[string]any {
	c, _ := d.resolve(response)["content"].(map[string]any)
	return c
}

// fetch sends a request; the first bytes of an answer without end are its body.
func fetch(t *testing.T, method, target string, body []byte) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		line, err := bufio.NewReader(res.Body).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		res.Body = io.NopCloser(strings.NewReader(line))
	}
	return res
}

func checkAnswer(t *testing.T, d description, described any, res *http.Response) {
	t.Helper()
	text := bodyText(t, res)
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode != http.StatusOK || err != nil {
		t.Fatalf("status %d, %v: %s", res.StatusCode, err, text)
	}
	if media == "text/yaml" {
		media = "application/yaml"
	}
	content := content(d, described)
	if content[media] == nil {
		t.Fatalf("the description has no %s", media)
	}
	schema := at(content[media], "schema")
	switch media {
	case "application/json":
		fits(t, d, schema, []byte(text), "the answer")
	case "application/x-ndjson":
		if !strings.HasSuffix(text, "\n") {
			t.Errorf("the last line has no end: %q", text)
		}
		for line := range strings.Lines(text) {
			fits(t, d, schema, []byte(line), "a line")
		}
	default:
		if text == "" && !strings.Contains(res.Request.URL.Path, "metrics") {
			t.Error("an empty answer")
		}
	}
}

func fits(t *testing.T, d description, schema any, text []byte, what string) {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v: %s", what, err, text)
	}
	for _, fault := range d.check(schema, v, what) {
		t.Errorf("%s\nof %s", fault, text)
	}
}

// partly is fits for an example that leaves members out.
func partly(t *testing.T, d description, schema any, text []byte, what string) {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	for _, fault := range d.check(schema, v, what) {
		if !strings.HasSuffix(fault, " is missing") && !strings.Contains(fault, "fits 0 of") {
			t.Errorf("%s\nof %s", fault, text)
		}
	}
}

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
