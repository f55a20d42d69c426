package api

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRefusals(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxBody, cfg.MaxURL = 1000, 2000
	s := newServer(t, cfg, &index{search: yields()})
	titles := make(map[string]string)
	for _, tc := range []struct {
		name, method, target, body string
		header                     []string
		want                       Problem // Detail is a part of what is there
	}{
		{"query", "GET", "/api/v1/search?q=status:%3E%3D", "", nil, Problem{Type: "bad-query", Status: 400, Pointer: "#/q", Detail: "column"}},
		{"query of where", "GET", "/api/v1/search?where=(a", "", nil, Problem{Type: "bad-query", Status: 400, Pointer: "#/where"}},
		{"query of tail", "GET", "/api/v1/tail?q=(a", "", nil, Problem{Type: "bad-query", Status: 400, Pointer: "#/q"}},
		{"grep pattern", "POST", "/api/v1/search", `{"grep":{"patterns":["(a"]}}`, nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/grep/patterns"}},
		{"since", "GET", "/api/v1/search?since=soon", "", nil, Problem{Type: "bad-time", Status: 400, Pointer: "#/since", Detail: "expected"}},
		{"until before since", "GET", "/api/v1/search?since=1h&until=2h", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/until", Detail: "not after"}},
		{"order", "GET", "/api/v1/search?order=up", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/order", Detail: "file, newest, oldest"}},
		{"mode", "GET", "/api/v1/search?mode=all", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/mode", Detail: "counts, lines, sources"}},
		{"format", "GET", "/api/v1/search?format=xml", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/format"}},
		{"coverage", "GET", "/api/v1/search?coverage=some", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/coverage"}},
		{"fields", "GET", "/api/v1/search?fields=some", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/fields"}},
		{"fields of tail", "GET", "/api/v1/tail?fields=some", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/fields"}},
		{"limit", "GET", "/api/v1/search?limit=many", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/limit"}},
		{"negative limit", "GET", "/api/v1/search?limit=-1", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/limit"}},
		{"context without file order", "GET", "/api/v1/search?before=1", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/before", Detail: "order=file"}},
		{"budget", "GET", "/api/v1/search?budget=9h", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/budget"}},
		{"unknown parameter", "GET", "/api/v1/search?limt=5", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/limt", Detail: "limit"}},
		{"parameter twice", "GET", "/api/v1/search?q=a&q=b", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/q", Detail: "more than once"}},
		{"bad URL", "GET", "/api/v1/search?q=%zz", "", nil, Problem{Type: "bad-parameter", Status: 400}},
		{"unknown member", "POST", "/api/v1/search", `{"limt":5}`, nil, Problem{Type: "bad-body", Status: 400, Detail: "limt"}},
		{"no JSON", "POST", "/api/v1/search", `q=a`, nil, Problem{Type: "bad-body", Status: 400}},
		{"a member of another kind", "POST", "/api/v1/search", `{"grep":{"word":"yes"}}`, nil, Problem{Type: "bad-body", Status: 400, Pointer: "#/grep/word", Detail: "string is no truth value"}},
		{"an array", "POST", "/api/v1/search", `[1]`, nil, Problem{Type: "bad-body", Status: 400, Detail: "expected an object, found array"}},
		{"half a body", "POST", "/api/v1/search", `{"q":"a`, nil, Problem{Type: "bad-body", Status: 400, Detail: "ends before"}},
		{"a comma too many", "POST", "/api/v1/search", `{"q":"a",}`, nil, Problem{Type: "bad-body", Status: 400, Detail: "byte 10"}},
		{"more than one object", "POST", "/api/v1/search", `{} {}`, nil, Problem{Type: "bad-body", Status: 400}},
		{"a form", "POST", "/api/v1/search", `q=a`, []string{"Content-Type", "application/x-www-form-urlencoded"}, Problem{Type: "bad-body", Status: 415}},
		{"URL and body", "POST", "/api/v1/search?q=a", `{}`, nil, Problem{Type: "bad-parameter", Status: 400}},
		{"large body", "POST", "/api/v1/search", `{"q":"` + strings.Repeat("x", 2000) + `"}`, nil, Problem{Type: "too-large", Status: 413}},
		{"long URL", "GET", "/api/v1/search?q=" + strings.Repeat("x", 2000), "", nil, Problem{Type: "too-large", Status: 414}},
		{"method", "DELETE", "/api/v1/search", "", nil, Problem{Type: "bad-method", Status: 405, Detail: "GET and POST"}},
		{"path", "GET", "/api/v2", "", nil, Problem{Type: "not-found", Status: 404}},
		{"foreign host", "GET", "/api/v1/search", "", []string{"Host", "evil.example:8514"}, Problem{Type: "foreign-host", Status: 403, Detail: "evil.example"}},
		{"foreign origin", "GET", "/api/v1/search", "", []string{"Origin", "http://evil.example"}, Problem{Type: "foreign-origin", Status: 403}},
		{"no origin", "GET", "/api/v1/search", "", []string{"Origin", "null"}, Problem{Type: "foreign-origin", Status: 403}},
		{"other port", "GET", "/api/v1/search", "", []string{"Origin", "http://127.0.0.1:9999"}, Problem{Type: "foreign-origin", Status: 403}},
		{"cross-site", "GET", "/metrics", "", []string{"Sec-Fetch-Site", "cross-site"}, Problem{Type: "foreign-origin", Status: 403}},
		{"anomaly state", "GET", "/api/v1/anomalies?state=open", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/state"}},
		{"anomaly limit", "GET", "/api/v1/anomalies?limit=-1", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/limit"}},
		{"anomaly follow", "GET", "/api/v1/anomalies?follow=maybe", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/follow"}},
		{"context without a source", "GET", "/api/v1/context?generation=1&offset=0", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/source"}},
		{"context without a generation", "GET", "/api/v1/context?source=a&offset=0", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/generation"}},
		{"context without an offset", "GET", "/api/v1/context?source=a&generation=1", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/offset"}},
		{"context, negative offset", "GET", "/api/v1/context?source=a&generation=1&offset=-1", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/offset"}},
		{"too much context", "GET", "/api/v1/context?source=a&generation=1&offset=0&before=10001", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/before", Detail: "10000"}},
		{"format of context", "GET", "/api/v1/context?source=a&generation=1&offset=0&format=xml", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/format"}},
		{"fields of context", "GET", "/api/v1/context?source=a&generation=1&offset=0&fields=some", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/fields"}},
		{"interval", "GET", "/api/v1/histogram?interval=soon", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/interval", Detail: "expected"}},
		{"no interval", "GET", "/api/v1/histogram?interval=0s", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/interval", Detail: "above zero"}},
		{"query of histogram", "GET", "/api/v1/histogram?q=(a", "", nil, Problem{Type: "bad-query", Status: 400, Pointer: "#/q"}},
		{"no field", "GET", "/api/v1/facets", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/field", Detail: "1 to 16"}},
		{"too many fields", "GET", "/api/v1/facets?field=" + strings.Repeat("a,", 16) + "a", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/field", Detail: "1 to 16"}},
		{"top", "GET", "/api/v1/facets?field=a&top=0", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/top"}},
		{"coverage parameter", "GET", "/api/v1/coverage?x=1", "", nil, Problem{Type: "bad-parameter", Status: 400, Pointer: "#/x"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := ask(t, s, tc.method, tc.target, tc.body, tc.header...)
			have := problemIn(t, res)
			if have.Type != "urn:foghorn:problem:"+tc.want.Type || have.Status != tc.want.Status || have.Pointer != tc.want.Pointer || !strings.Contains(have.Detail, tc.want.Detail) {
				t.Errorf("have %+v, want %+v", have, tc.want)
			}
			if title, ok := titles[have.Type]; ok && title != have.Title { // RFC 9457, 3.1.3
				t.Errorf("%s has the titles %q and %q", have.Type, title, have.Title)
			}
			titles[have.Type] = have.Title
			if (have.Column > 0) != (tc.want.Type == "bad-query") {
				t.Errorf("column %d", have.Column)
			}
			if tc.want.Status == 405 && res.Header.Get("Allow") != "GET, POST" {
				t.Errorf("Allow: %q", res.Header.Get("Allow"))
			}
		})
	}
}

// What costs little answers HEAD as GET, without the body; what searches does not.
func TestHeadIsAnsweredWhereItCostsLittle(t *testing.T) {
	s := newServer(t, DefaultConfig(), &index{search: yields()})
	url, _ := running(t, s)
	for _, r := range s.routes() {
		res, err := http.Head(url + r.path)
		if err != nil {
			t.Fatal(err)
		}
		want := http.StatusMethodNotAllowed
		switch r.path {
		case "/healthz", "/readyz", "/metrics", "/api/v1/coverage", "/api/v1/openapi.yaml":
			want = http.StatusOK
		}
		if res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", r.path, res.StatusCode, want)
		}
	}
	if have := ask(t, s, "DELETE", "/healthz", "").Header.Get("Allow"); have != "GET, HEAD" {
		t.Errorf("Allow: %q", have)
	}
}

// A problem does not give back a pattern of any length.
func TestAProblemIsShort(t *testing.T) {
	s := newServer(t, DefaultConfig(), &index{search: yields()})
	res := ask(t, s, "POST", "/api/v1/search", `{"grep":{"patterns":["`+strings.Repeat("(ä", 100_000)+`"]}}`)
	if text := bodyText(t, res); res.StatusCode != 400 || len(text) > 4*maxDetail {
		t.Errorf("status %d with %d bytes", res.StatusCode, len(text))
	}
}

func TestOwnNamesAreServed(t *testing.T) {
	cfg := DefaultConfig()
	cfg.AllowedHosts = []string{"logs.example.org"}
	s := newServer(t, cfg, &index{search: yields()})
	for _, host := range []string{"localhost", "localhost:8514", "LOCALHOST.", "127.0.0.1", "[::1]:8514", "10.1.2.3:80", "logs.example.org", "Logs.Example.org:443"} {
		if res := ask(t, s, "GET", "/healthz", "", "Host", host, "Origin", "http://"+host); res.StatusCode != 200 {
			t.Errorf("%s: status %d: %s", host, res.StatusCode, bodyText(t, res))
		}
	}
	for _, host := range []string{"", "evil", "localhost.evil.example", "127.0.0.1.evil.example", "logs.example.org.evil.example"} {
		if res := ask(t, s, "GET", "/healthz", "", "Host", host); res.StatusCode != 403 {
			t.Errorf("%q: status %d, want 403", host, res.StatusCode)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	s := newServer(t, DefaultConfig(), &index{})
	if res := ask(t, s, "GET", "/healthz", ""); res.StatusCode != 200 {
		t.Errorf("healthz: status %d", res.StatusCode)
	}
	if res := ask(t, s, "GET", "/readyz", ""); res.StatusCode != 200 {
		t.Errorf("readyz: status %d", res.StatusCode)
	}
	s.deps.Ready = func() error { return errors.Join(errors.New("the disk is full"), errors.New("no broker")) }
	res := ask(t, s, "GET", "/readyz", "")
	p := problemIn(t, res)
	if d := cmp.Diff([]string{"the disk is full", "no broker"}, p.Reasons); p.Status != 503 || d != "" || res.Header.Get("Retry-After") == "" {
		t.Errorf("%+v\n%s", p, d)
	}
	if res := ask(t, s, "GET", "/metrics", ""); res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("metrics: status %d, %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
}

// Every route of the mux is in openapi.yaml and vice versa.
func TestDescriptionAndRoutesAreTheSame(t *testing.T) {
	s := newServer(t, DefaultConfig(), &index{})
	var doc struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal([]byte(bodyText(t, ask(t, s, "GET", "/api/v1/openapi.yaml", ""))), &doc); err != nil {
		t.Fatal(err)
	}
	described, served := map[string]bool{}, map[string]bool{}
	for path, methods := range doc.Paths {
		for m := range methods {
			described[strings.ToUpper(m)+" "+path] = true
		}
	}
	for _, r := range s.routes() {
		for _, m := range r.methods {
			served[m+" "+r.path] = true
		}
	}
	if d := cmp.Diff(served, described); d != "" || len(served) < 8 {
		t.Errorf("(-served +described)\n%s", d)
	}
}

// The parameters that the description names are those that are accepted.
func TestDescribedParametersAreAccepted(t *testing.T) {
	s := newServer(t, DefaultConfig(), &index{search: yields()})
	var doc struct {
		Paths map[string]struct {
			Get struct {
				Parameters []struct {
					Name string `yaml:"name"`
				} `yaml:"parameters"`
			} `yaml:"get"`
		} `yaml:"paths"`
	}
	if err := yaml.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	for path, p := range doc.Paths {
		var described []string
		for _, param := range p.Get.Parameters {
			described = append(described, param.Name)
		}
		if len(described) == 0 {
			continue
		}
		// An unknown parameter is refused with the list of those known.
		problem := problemIn(t, ask(t, s, "GET", path+"?nonsense=1", ""))
		_, known, _ := strings.Cut(problem.Detail, "known are ")
		if d := cmp.Diff(strings.Split(known, ", "), described); d != "" {
			t.Errorf("%s (-accepted +described)\n%s", path, d)
		}
	}
}

func TestRunSaysThatTheAddressCannotBeHad(t *testing.T) {
	l := listen(t)
	defer l.Close()
	cfg := DefaultConfig()
	cfg.Listen = l.Addr().String()
	if err := newServer(t, cfg, &index{}).Run(context.Background()); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("have %v", err)
	}
}

func TestStopLetsASearchEnd(t *testing.T) {
	started, goOn := make(chan struct{}), make(chan struct{})
	x := &index{search: func(_ context.Context, _ search.Request, hit func(*search.Hit) error) (search.Summary, error) {
		close(started)
		<-goOn
		return search.Summary{Matched: 1}, nil
	}}
	s := newServer(t, DefaultConfig(), x)
	url, stop := running(t, s)
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get(url + "/api/v1/search")
		if err != nil {
			answer <- err.Error()
			return
		}
		answer <- bodyText(t, res)
	}()
	<-started
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	<-s.stopping
	close(goOn)
	if text := <-answer; !strings.HasPrefix(text, `{"summary":{"matched":1`) {
		t.Errorf("have %s", text)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestStopEndsASearchThatDoesNotEnd(t *testing.T) {
	cfg := DefaultConfig()
	cfg.StopTimeout = 200 * time.Millisecond
	started := make(chan struct{})
	x := &index{search: func(ctx context.Context, _ search.Request, hit func(*search.Hit) error) (search.Summary, error) {
		h := search.Hit{Event: oneEvent("x")}
		hit(&h)
		close(started)
		<-ctx.Done()
		return search.Summary{}, ctx.Err()
	}}
	url, stop := running(t, newServer(t, cfg, x))
	res, err := http.Get(url + "/api/v1/search")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	<-started
	lines := linesOf{t, bufio.NewReader(res.Body)}
	lines.next()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if have := lines.next(); !strings.HasPrefix(have, `{"error":{"type":"urn:foghorn:problem:stopping"`) {
		t.Errorf("have %s", have)
	}
}

func TestConfigFaultsAreToldTogether(t *testing.T) {
	cfg := DefaultConfig()
	if err := cfg.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	cfg.Listen, cfg.MaxSearches, cfg.Budget = "8514", 0, -time.Hour
	_, err := New(cfg, Deps{})
	for _, want := range []string{"listen", "max_searches", "budget"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("have %v, want %s in it", err, want)
		}
	}
}

func anomaly(id string, seq int, state pipeline.AnomalyState, rule string, started time.Time) pipeline.Anomaly {
	return pipeline.Anomaly{ID: id, Seq: seq, State: state, Rule: rule, Severity: "high", Started: started, LastSeen: started.Add(time.Minute)}
}
